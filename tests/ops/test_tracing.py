"""Spans and what is handed on: a thing goes on with its trace, and a batch is linked with what is in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from opentelemetry import trace as of_this_process

from amends.ops.tracing import OtlpTracer
from tests.journeys.running import free_port
from tests.support.collector import Collector, a_collector


def is_kept(header: str) -> bool:
    """Whether the last field's lowest bit says that this trace is kept (W3C Trace Context, 3.2.2.5)."""
    return bool(int(header.rpartition("-")[2], 16) & 1)


PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with a_collector() as collector:
        yield collector


def test_a_thing_goes_on_with_its_trace_or_begins_one(collector: Collector) -> None:
    tracer = OtlpTracer(collector.url, service="amends.triage")
    with tracer.batch("triage", [PARENT, ""], ids=["one", "two"]) as given:
        pass
    tracer.close()

    one, two = collector.named("triage")
    assert [handed.rpartition("-")[0] for handed in given] == [f"00-{span.trace}-{span.span}" for span in (one, two)]
    assert all(is_kept(handed) for handed in given)
    assert (one.trace, one.parent) == tuple(PARENT.split("-")[1:3])
    assert (two.parent, two.trace != one.trace) == ("", True)
    assert [span.facts["amends.record"] for span in (one, two)] == ["one", "two"]
    assert {span.service for span in collector.spans} == {"amends.triage"}


def test_a_batch_is_linked_with_what_is_in_it_and_has_its_parts(collector: Collector) -> None:
    tracer = OtlpTracer(collector.url, service="amends")
    with tracer.batch("triage", [PARENT, ""]), tracer.part("prepare"):
        pass
    tracer.close()

    (whole,) = collector.named("triage batch")
    (part,) = collector.named("prepare")
    assert whole.links == (tuple(PARENT.split("-")[1:3]),)
    assert {span.links for span in collector.named("triage")} == {((whole.trace, whole.span),)}
    assert (part.trace, part.parent) == (whole.trace, whole.span)
    assert whole.took_ns >= part.took_ns


@pytest.mark.parametrize(
    "header",
    ["", "nonsense", "00-00000000000000000000000000000000-b7ad6b7169203331-01", PARENT + "\r\nx: y", "ff" * 999],
)
def test_a_header_that_cannot_be_read_begins_a_trace_and_is_not_logged(
    collector: Collector, caplog: pytest.LogCaptureFixture, header: str
) -> None:
    tracer = OtlpTracer(collector.url, service="amends")
    with tracer.batch("ingest", [header]) as (given,):
        pass
    tracer.close()

    (span,) = collector.named("ingest")
    assert span.parent == ""
    assert re.fullmatch(rf"00-{span.trace}-{span.span}-[0-9a-f]{{2}}", given)
    assert is_kept(given)
    assert caplog.text == ""


def test_an_error_is_told_by_its_kind_and_ends_every_span(collector: Collector) -> None:
    tracer = OtlpTracer(collector.url, service="amends")
    with pytest.raises(ValueError, match="ines"), tracer.batch("triage", ["", ""]), tracer.part("prepare"):
        raise ValueError("ines@example.org")
    tracer.close()

    assert {span.name: span.error for span in collector.spans} == dict.fromkeys(
        ("triage", "triage batch", "prepare"), "ValueError"
    )
    assert len(collector.spans) == 4
    assert "example.org" not in repr(collector.spans)


def test_a_share_of_nothing_sends_nothing_and_later_stages_keep_to_it(collector: Collector) -> None:
    first, second = OtlpTracer(collector.url, service="one", share=0.0), OtlpTracer(collector.url, service="two")
    with first.batch("ingest", [""]) as (given,):
        pass
    with second.batch("triage", [given]) as (on,):
        pass
    for tracer in (first, second):
        tracer.close()

    assert not is_kept(given)
    assert not is_kept(on)
    assert collector.named("ingest") == collector.named("triage") == []


def test_a_receiver_that_is_down_costs_spans_and_nothing_else() -> None:
    tracer = OtlpTracer(f"http://127.0.0.1:{free_port()}/v1/traces", service="amends")
    with tracer.batch("triage", [""]) as given:
        pass
    tracer.close()

    assert len(given) == 1


def test_nothing_of_it_is_global(collector: Collector) -> None:
    OtlpTracer(collector.url, service="amends").close()

    assert not isinstance(of_this_process.get_tracer_provider(), type(OtlpTracer(collector.url, service="x")._provider))

"""Traces of OpenTelemetry, sent to an OTLP/HTTP receiver. Needs the extra `traces`.

Each message has one trace from intake to delivery: a span for each stage that it goes
through, `ingest`, `triage`, `respond`, `deliver`, which lasts as long as the batch that it
was done in, for that is how long it took. A batch is a trace of its own, with its parts
`prepare` and `apply`, and the two are linked. Spans hold ids and codes; an error is told
by its kind, never by its words.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_NAMESPACE, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import (
    Link,
    Span,
    SpanKind,
    Status,
    StatusCode,
    get_current_span,
    set_span_in_context,
    use_span,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from amends.tracer import TRACEPARENT

#: How long one hand-over to the receiver may take. One that does not come costs spans, never a message.
_TIMEOUT_S = 5
#: A span is linked with no more than this, whatever the batch holds.
_MOST_LINKS = 128
_W3C = TraceContextTextMapPropagator()
#: What is worth reading. Anybody may send anything to the web form, and OpenTelemetry logs what it cannot read.
_READABLE = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class OtlpTracer:
    """Follows messages (`amends.tracer.Tracer`). It has a provider of its own and touches no global one."""

    def __init__(self, endpoint: str, *, service: str, share: float = 1.0) -> None:
        """Send to `endpoint` as `service`. `share` of the traces that begin here are kept; others decide for theirs."""
        resource = Resource.create(
            {
                SERVICE_NAME: service,
                SERVICE_NAMESPACE: "amends",
                SERVICE_VERSION: importlib.metadata.version("amends"),
            }
        )
        self._provider = TracerProvider(resource=resource, sampler=ParentBased(TraceIdRatioBased(share)))
        exporter = OTLPSpanExporter(endpoint=endpoint, timeout=_TIMEOUT_S)
        self._provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=16_384))
        self._tracer = self._provider.get_tracer("amends")

    @contextmanager
    def batch(self, name: str, parents: Sequence[str], *, ids: Sequence[str] = ()) -> Iterator[Sequence[str]]:
        """Follow a batch, and each thing in it."""
        contexts = [_context_of(parent) for parent in parents]
        came_from = [get_current_span(context).get_span_context() for context in contexts]
        whole = self._tracer.start_span(
            f"{name} batch",
            context=Context(),
            links=[Link(one) for one in came_from if one.is_valid][:_MOST_LINKS],
            attributes={"amends.records": len(parents)},
        )
        to_batch = [Link(whole.get_span_context())]
        spans = [
            self._tracer.start_span(name, context=context, kind=SpanKind.CONSUMER, links=to_batch)
            for context in contexts
        ]
        for span, record_id in zip(spans, ids, strict=False):
            span.set_attribute("amends.record", record_id)
        try:
            with use_span(whole, record_exception=False, set_status_on_exception=False):
                yield [_header_of(span) for span in spans]
        except BaseException as why:
            for span in (whole, *spans):
                _failed(span, why)
            raise
        finally:
            for span in (*spans, whole):
                span.end()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Follow a part of the batch."""
        with self._tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False) as span:
            try:
                yield
            except BaseException as why:
                _failed(span, why)
                raise

    def close(self) -> None:
        """Hand over what was made."""
        self._provider.shutdown()


def _context_of(parent: str) -> Context:
    return _W3C.extract({TRACEPARENT: parent}, Context()) if _READABLE.fullmatch(parent) else Context()


def _header_of(span: Span) -> str:
    carrier: dict[str, str] = {}
    _W3C.inject(carrier, set_span_in_context(span, Context()))
    return carrier[TRACEPARENT]


def _failed(span: Span, why: BaseException) -> None:
    span.set_status(Status(StatusCode.ERROR, type(why).__name__))

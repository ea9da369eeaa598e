"""The table of metrics, against its document, its rules and what the stages come to."""

from __future__ import annotations

import re

import pytest

from amends.compose import SERVICES, STAGES
from amends.domain.arrival import Fate
from amends.domain.reply import ReplyState
from amends.domain.verdict import Kind
from amends.ops.health import BOUND_S
from amends.ops.metrics import LABELS, METRICS, OUTCOMES, Metric, Type
from tests.architecture.documents import document, first_cells
from tests.architecture.generated import written_between
from tests.architecture.metrics_table import DOCUMENT, TABLES

METRICS_PAGE = document("docs/metrics.md")


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_of_metrics_are_what_the_code_says(name: str) -> None:
    written = written_between(DOCUMENT.read_text("utf-8"), name)

    assert written == TABLES[name](), "run: python -m tests.architecture.metrics_table --write"


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_is_named_as_prometheus_would_have_it(metric: Metric) -> None:
    assert re.fullmatch(r"(amends|process)_[a-z_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.type is Type.COUNTER)
    assert set(metric.labels) <= set(LABELS)
    assert bool(metric.buckets) == (metric.type is Type.HISTOGRAM)
    assert list(metric.buckets) == sorted(metric.buckets)
    if metric.unit in {"seconds", "bytes"}:
        assert metric.name.removesuffix("_total").endswith(f"_{metric.unit}")


def test_every_label_is_used() -> None:
    assert {label for metric in METRICS for label in metric.labels} == set(LABELS)


def test_every_service_has_a_bound_and_every_stage_its_outcomes() -> None:
    assert set(BOUND_S) == set(SERVICES)
    assert set(OUTCOMES) == {"ingest", "relay", *STAGES}


def test_outcomes_are_the_words_of_the_domain() -> None:
    assert set(OUTCOMES["ingest"]) == set(Fate)
    assert set(OUTCOMES["triage"]) == {*Kind, "parked", "repeat", "dead"}
    assert set(OUTCOMES["respond"]) | set(OUTCOMES["deliver"]) <= {*ReplyState, "dead"}


def test_the_page_names_every_outcome_of_every_stage_and_no_other() -> None:
    rows = [row.split("|")[1:3] for row in METRICS_PAGE.partition("| `stage` | what")[2].splitlines()[2:] if row]
    table = {first.strip(" `"): set(re.findall(r"`([a-z_]+)`", second)) for first, second in rows[: len(OUTCOMES)]}

    assert table == {stage: set(outcomes) for stage, outcomes in OUTCOMES.items()}


def test_the_page_names_every_address() -> None:
    assert first_cells(METRICS_PAGE, "address") == ["/livez", "/readyz", "/metrics"]

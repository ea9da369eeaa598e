"""The dashboard, the alerts and the scrape configuration, against the table of metrics and the pages."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from amends.compose import SERVICES
from amends.domain.channel_alert import AlertKind
from amends.domain.clock import ClockKind
from amends.domain.task import TaskKind
from amends.domain.verdict import Severity
from amends.ops.metrics import BY_NAME, METRICS, OUTCOMES, Metric, Origin, Type
from tests.architecture.documents import document
from tests.architecture.promql import Named, grouped_by, named_in
from tests.support.places import REPOSITORY

PROMETHEUS = REPOSITORY / "deploy" / "prometheus"
OPERATE = document("docs/operate.md")
#: What Prometheus itself adds to every series; `service` is our scrape configuration's.
ADDED = {"job", "instance", "service"}
#: What Prometheus makes for each thing that it asks.
ITS_OWN = {"up": ADDED}
#: The values that labels may be matched with, where the code knows them.
VALUES = {
    "stage": set(OUTCOMES),
    "outcome": {outcome for outcomes in OUTCOMES.values() for outcome in outcomes},
    "kind": {*TaskKind, *ClockKind},
    "severity": {*(level.word for level in Severity), "none"},
    "unusual": set(AlertKind),
    "job": {"amends"},
}


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((REPOSITORY / "deploy" / "grafana" / "amends.json").read_text("utf-8"))
    return found


def panels() -> list[dict[str, Any]]:
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def alerts() -> list[dict[str, Any]]:
    read = yaml.safe_load((PROMETHEUS / "amends-alerts.yml").read_text("utf-8"))
    return [rule for group in read["groups"] for rule in group["rules"]]


def expressions() -> list[tuple[str, str]]:
    """Give each expression with the name of the alert or the panel that it belongs to."""
    shown = [(panel["title"], target["expr"]) for panel in panels() for target in panel["targets"]]
    return [*((alert["alert"], alert["expr"]) for alert in alerts()), *shown]


def metric_of(named: Named) -> Metric | None:
    """Find the metric that a name stands for: a histogram's series have endings of their own."""
    for ending in ("_bucket", "_sum", "_count"):
        whole = BY_NAME.get(named.metric.removesuffix(ending))
        if named.metric.endswith(ending) and whole is not None and whole.type is Type.HISTOGRAM:
            return whole
    found = BY_NAME.get(named.metric)
    return None if found is None or found.type is Type.HISTOGRAM else found


@pytest.mark.parametrize(("where", "expression"), expressions())
def test_an_expression_names_metrics_and_labels_that_there_are(where: str, expression: str) -> None:
    named = named_in(expression.replace("$__rate_interval", "5m"))

    assert named, where
    may_group = set(ADDED)
    for one in named:
        metric = metric_of(one)
        labels = ITS_OWN.get(one.metric) or ({*metric.labels, *ADDED} if metric else set())
        assert labels, f"{where}: there is no metric {one.metric}"
        if metric is not None and metric.type is Type.HISTOGRAM:
            labels = {*labels, "le"}
        assert set(one.matches) <= labels, f"{where}: {one}"
        may_group |= labels
        for label, value in one.matches.items():
            assert value in VALUES[label], f"{where}: {label} is never {value!r}"
    assert grouped_by(expression) <= may_group, where


@pytest.mark.parametrize(("where", "expression"), expressions())
def test_figures_of_the_database_are_not_added_up_over_services(where: str, expression: str) -> None:
    for one in named_in(expression):
        metric = metric_of(one)
        if metric is not None and metric.origin is Origin.DATABASE:
            inside = rf"(?:max\s*(?:by\s*\([^)]*\)\s*)?\(\s*(?:deriv|delta)?\(?|absent\(){re.escape(one.metric)}"
            assert re.search(inside, expression), f"{where}: every service gives the same figure, so take the greatest"


@pytest.mark.parametrize(("where", "expression"), expressions())
def test_counters_are_shown_as_rates(where: str, expression: str) -> None:
    for one in named_in(expression):
        metric = metric_of(one)
        if metric is not None and (metric.type is not Type.GAUGE):
            assert re.search(rf"(?:rate|increase)\({re.escape(one.metric)}\b", expression), where


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_an_alert_says_what_is_wrong_and_where_it_stands_what_to_do(alert: dict[str, Any]) -> None:
    assert set(alert) == {"alert", "expr", "for", "labels", "annotations"}
    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert re.fullmatch(r"[0-9]+[smh]", alert["for"])
    assert alert["annotations"]["summary"].endswith(".")
    assert alert["annotations"]["runbook"] == f"docs/operate.md#{alert['alert'].lower()}"
    assert f"\n### {alert['alert']}\n" in OPERATE
    shown = set(re.findall(r"\$labels\.([a-z_]+)", alert["annotations"]["summary"]))
    assert shown <= grouped_by(alert["expr"]) | (ADDED if named_in(alert["expr"])[0].metric == "up" else set())


def test_every_section_of_alerts_has_its_alert() -> None:
    told = re.findall(r"^### (Amends\w+)$", OPERATE.partition("## Alerts")[2].partition("\n## ")[0], re.M)

    assert told == [alert["alert"] for alert in alerts()]


def test_every_metric_of_ours_is_on_the_dashboard_or_raises_an_alert() -> None:
    shown = {
        metric.name for _, expression in expressions() for one in named_in(expression) if (metric := metric_of(one))
    }

    assert {metric.name for metric in METRICS if metric.origin is not Origin.SYSTEM} - shown == set()


def test_the_dashboard_has_its_rows_and_no_panel_lies_on_another() -> None:
    rows = [panel["title"] for panel in dashboard()["panels"] if panel["type"] == "row"]
    assert rows == ["Is all well?", "Flow", "Latency", "Lag and outbox", "Set aside", "People's queues"]
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not taken & cells, panel["title"]
        taken |= cells
    ids = [panel["id"] for panel in dashboard()["panels"]]
    assert len(ids) == len(set(ids))
    assert all(panel["description"] and panel["targets"] for panel in panels())


def test_the_legend_of_a_panel_names_labels_that_its_figures_have() -> None:
    for panel in panels():
        for target in panel["targets"]:
            shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            found = [metric for one in named_in(target["expr"]) if (metric := metric_of(one))]
            there = grouped_by(target["expr"]) or {label for metric in found for label in metric.labels} | ADDED
            assert shown <= there, panel["title"]


def test_prometheus_asks_every_service_on_its_own_port() -> None:
    read = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text("utf-8"))
    (job,) = read["scrape_configs"]

    asked = {one["labels"]["service"]: one["targets"] for one in job["static_configs"]}

    assert job["job_name"] == "amends"
    assert asked == {name: [f"127.0.0.1:{9100 + place}"] for place, name in enumerate(SERVICES)}
    assert read["rule_files"] == ["amends-alerts.yml"]


def test_the_reader_of_expressions_reads_them() -> None:
    expression = 'sum by (le) (rate(a_bucket{stage="triage", outcome!="x"}[5m])) > 0.9 and on (job) up == 0'

    assert named_in(expression) == [
        Named(metric="a_bucket", matches={"stage": "triage", "outcome": "x"}),
        Named(metric="up", matches={}),
    ]
    assert grouped_by(expression) == {"le", "job"}
    for broken in ("sum(a", 'a{stage="x"', "a{stage=x}"):
        with pytest.raises(ValueError, match=r"brackets|matchers"):
            named_in(broken)

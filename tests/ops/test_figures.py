"""The page of figures: what was told is on it, it says no more than the table, and asking costs little."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from amends.errors import Unavailable
from amends.meter import Levels
from amends.ops.figures import KEPT_S, Figures, Running
from amends.ops.health import Check, Checks, Health, Pulse
from amends.ops.metrics import BY_NAME, METRICS, OUTCOMES, Origin, Type
from tests.journeys.running import wait_until
from tests.ops.test_health import Seconds
from tests.support.clock import MONDAY, FakeClock

NOTHING = Levels(
    lag={("triage", "messages"): 0},
    unshipped=0,
    unshipped_since=None,
    dead_letters={"triage": 0},
    parked={},
    replies={"in_review": 0},
    tasks={"settle_delivery": 0},
    overdue={"response": 0},
    cases={"critical": 0},
    channel_alerts={("email", "silent"): 0},
)
Sample = tuple[str, tuple[tuple[str, str], ...]]


@dataclass
class Desk:
    """Figures of a service with a database that a test fills."""

    levels: Levels | None = NOTHING
    read: int = 0
    clock: Seconds = field(default_factory=Seconds)
    service: str = "triage"

    def __post_init__(self) -> None:
        stage = "ingest" if self.service == "form" else self.service
        running = Running(
            service=self.service, stage=stage, version="9.9", pack="standard 2026", model="m-1", has_broker=True
        )
        self.health = Health(pulse=Pulse(bound_s=60, clock=self.clock), checks=Checks([], clock=self.clock))
        self.figures = Figures(running, self.health, self.read_levels, now=FakeClock(), clock=self.clock)

    def read_levels(self) -> Levels:
        self.read += 1
        if self.levels is None:
            raise Unavailable("the database cannot be used now")
        return self.levels

    def samples(self) -> dict[Sample, float]:
        page, _ = self.figures.page("")
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(page.decode())
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float | None:
        return self.samples().get((name, tuple(sorted(labels.items()))))


def test_a_batch_is_counted_by_outcome_size_time_and_age() -> None:
    desk = Desk()
    desk.figures.did("triage", {"complaint": 3, "praise": 1}, records=4, seconds=0.2, ages_s=[0.3, 2.0, -1.0])

    assert desk.value("amends_outcomes_total", stage="triage", outcome="complaint") == 3
    assert desk.value("amends_outcomes_total", stage="triage", outcome="praise") == 1
    assert desk.value("amends_batch_records_sum", stage="triage") == 4
    assert desk.value("amends_batch_seconds_sum", stage="triage") == pytest.approx(0.2)
    # Two clocks may differ: no age is less than nothing.
    assert desk.value("amends_latency_seconds_sum", stage="triage") == pytest.approx(2.3)
    assert desk.value("amends_latency_seconds_bucket", stage="triage", le="0.5") == 2
    assert desk.value("amends_latency_seconds_count", stage="triage") == 3


def test_what_may_happen_is_there_before_it_does_so_that_its_first_time_is_a_rise() -> None:
    desk = Desk()

    shown = {dict(labels)["outcome"] for name, labels in desk.samples() if name == "amends_outcomes_total"}

    assert shown == set(OUTCOMES["triage"])
    assert desk.value("amends_positions_lost_total", stage="triage") == 0
    assert desk.value("amends_waits_total", stage="triage") == 0


def test_pauses_and_lost_positions_are_counted() -> None:
    desk = Desk()
    desk.figures.waits("triage", "TimeoutError", 1.0)
    desk.figures.lost_position("triage")
    desk.figures.failing("triage", 0.25)

    assert desk.value("amends_waits_total", stage="triage") == 1
    assert desk.value("amends_positions_lost_total", stage="triage") == 1
    assert desk.value("amends_failed_share", stage="triage") == 0.25


def test_the_time_since_the_last_batch_grows_until_there_is_one() -> None:
    desk = Desk()
    desk.clock.time += 70
    assert desk.value("amends_since_last_batch_seconds", stage="triage") == 70
    assert desk.value("amends_live") == 0
    desk.figures.did("triage", {}, records=1, seconds=0.1)
    assert desk.value("amends_since_last_batch_seconds", stage="triage") == 0
    assert desk.value("amends_live") == 1


def test_a_form_counts_for_intake_and_has_no_batches() -> None:
    desk = Desk(service="form")
    desk.figures.came_to("ingest", "ingested")

    assert desk.value("amends_outcomes_total", stage="ingest", outcome="ingested") == 1
    assert not [name for name, _ in desk.samples() if name == "amends_since_last_batch_seconds"]


def test_what_waits_is_read_from_the_database() -> None:
    desk = Desk(
        levels=replace(
            NOTHING,
            lag={("triage", "messages"): 7},
            unshipped=3,
            unshipped_since=MONDAY - timedelta(seconds=90),
            parked={"honeypot": 2},
            overdue={"response": 4},
        )
    )

    assert desk.value("amends_lag_records", stage="triage", topic="messages") == 7
    assert desk.value("amends_outbox_records") == 3
    assert desk.value("amends_outbox_age_seconds") == 90
    assert desk.value("amends_parked", reason="honeypot") == 2
    assert desk.value("amends_clocks_overdue", kind="response") == 4


def test_asking_often_reads_the_database_seldom() -> None:
    desk = Desk()
    for _ in range(20):
        desk.samples()
        desk.clock.time += KEPT_S / 40
    assert desk.read == 1
    desk.clock.time += KEPT_S
    desk.samples()
    assert desk.read == 2


def test_a_database_that_is_down_leaves_the_other_figures() -> None:
    desk = Desk(levels=None)
    desk.figures.did("triage", {"complaint": 1}, records=1, seconds=0.1)

    assert desk.value("amends_outcomes_total", stage="triage", outcome="complaint") == 1
    assert not [name for name, _ in desk.samples() if name == "amends_lag_records"]


def test_a_database_that_is_known_to_be_down_is_not_asked() -> None:
    desk = Desk()

    def is_down() -> None:
        raise Unavailable("the database cannot be used now")

    checks = Checks([Check(part="database", look=is_down)])
    figures = Figures(
        Running(service="relay", stage="relay", version="9.9", pack="p"),
        Health(pulse=Pulse(bound_s=60), checks=checks),
        desk.read_levels,
        now=FakeClock(),
    )
    checks.start()
    wait_until(lambda: "cannot be used" in checks.faults()["database"], for_s=10)
    page, _ = figures.page("")
    checks.stop()

    assert b'amends_ready{part="database"} 0.0' in page
    assert desk.read == 0


def test_no_reason_for_parking_becomes_a_label_unless_it_is_a_code() -> None:
    desk = Desk(levels=replace(NOTHING, parked={"honeypot": 5, "Dear Ines Okafor": 2, "x" * 200: 1}))

    assert {
        dict(labels)["reason"]: value for (name, labels), value in desk.samples().items() if name == "amends_parked"
    } == {"honeypot": 5, "other": 3}


def test_there_are_never_more_reasons_than_a_page_may_hold() -> None:
    desk = Desk(
        levels=replace(NOTHING, parked={f"reason_{chr(97 + n // 26)}{chr(97 + n % 26)}": 1 for n in range(500)})
    )

    found = {labels: value for (name, labels), value in desk.samples().items() if name == "amends_parked"}

    assert len(found) == 61
    assert sum(found.values()) == 500


def test_the_page_holds_every_metric_of_the_table_with_its_labels_and_no_other() -> None:
    desk = Desk(levels=replace(NOTHING, parked={"empty": 1}))
    desk.figures.did("triage", {"complaint": 1}, records=1, seconds=0.1, ages_s=[0.1])
    desk.figures.failing("triage", 0.0)
    page = desk.figures.page("")[0].decode()
    families = list(text_string_to_metric_families(page))

    shown = {}
    for family in families:
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        shown[name] = (family.type, labels)

    told = {one.name: (one.type.value, set(one.labels)) for one in METRICS}
    assert shown == told
    assert {BY_NAME[name].origin for name in shown} == set(Origin)
    assert {BY_NAME[name].type for name in shown} == set(Type)


def test_two_processes_in_one_do_not_share_figures() -> None:
    one, other = Desk(), Desk()
    one.figures.came_to("triage", "complaint")

    assert other.value("amends_outcomes_total", stage="triage", outcome="complaint") == 0


def test_a_scraper_that_knows_openmetrics_gets_it() -> None:
    page, media = Desk().figures.page("application/openmetrics-text; version=1.0.0")

    assert media.startswith("application/openmetrics-text")
    assert page.endswith(b"# EOF\n")

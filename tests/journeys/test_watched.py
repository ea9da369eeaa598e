"""Services as an operator watches them: their figures are what the database holds, and they say what they lack."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from kafka import KafkaAdminClient
from prometheus_client.parser import text_string_to_metric_families

from amends.cli.intake import take_in
from amends.compose import SERVICES, STAGES, House
from amends.domain.reply import ReplyState
from amends.ops.metrics import METRICS
from storage.views import summary
from tests.journeys.crowd import write_crowd
from tests.journeys.letters import COMPLAINT, a_letter
from tests.journeys.running import a_house, free_port, run_amends, service, type_in, wait_until, work, written_mails
from tests.servers.postgres import Postgres
from tests.support.places import server


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with a_house(tmp_path / "data") as house:
        yield house


@pytest.mark.slow
def test_the_figures_of_all_services_add_up_to_what_the_database_holds(tmp_path: Path, house: House) -> None:
    crowd = write_crowd(tmp_path / "letters", messages=60, seed=11)
    written_mails(crowd.folder, [b""], name="empty")
    ports = {name: free_port() for name in ("ingest", *STAGES)}
    settings = {"watch": str(crowd.folder), "watch_pause_s": "0.2", "batch": "25"}
    with contextlib.ExitStack() as running:
        for name, port in ports.items():
            words = ("run", name, "--data-dir", "data", "--ops-port", str(port))
            running.enter_context(service(*words, at=tmp_path, settings=settings))
        for name, port in ports.items():
            wait_until(lambda port=port: is_well(port), for_s=90, saying=f"{name} is ready")  # type: ignore[misc]
        wait_until(
            lambda: arrivals(house) > crowd.messages and not any(house.is_idle(stage)() is False for stage in STAGES),
            for_s=90,
            saying="all is done",
        )
        pages = {name: figures(port) for name, port in ports.items()}

    with house.database.viewing() as connection:
        held = summary(connection)
    assert outcomes(pages["ingest"], "ingest") == held.fates
    judged = outcomes(pages["triage"], "triage")
    parked_by_triage = sum(held.parked.values()) - held.fates["parked"]
    assert judged.pop("parked", 0) == parked_by_triage
    assert judged.pop("repeat", 0) == 0
    assert sum(judged.values()) + parked_by_triage == held.messages
    assert outcomes(pages["deliver"], "deliver") == {"sent": held.replies["sent"]}
    drafted = outcomes(pages["respond"], "respond")
    assert drafted["queued"] == held.replies["sent"]
    assert sum(drafted.values()) == sum(held.replies.values())
    for page in pages.values():
        waiting = {reason: count for reason, count in held.parked.items() if count}
        assert labelled(page, "amends_parked", "reason") == waiting
        assert labelled(page, "amends_replies_waiting", "state")["in_review"] == held.in_review
        assert labelled(page, "amends_lag_records", "stage") == dict.fromkeys(STAGES, 0)
        assert sum(labelled(page, "amends_tasks_open", "kind").values()) == sum(held.tasks.values())
        assert {name for name, _ in page} <= {f"{one.name}{end}" for one in METRICS for end in ENDINGS}
    assert pages["triage"]["amends_latency_seconds_count", (("stage", "triage"),)] == held.messages
    assert pages["triage"]["amends_latency_seconds_sum", (("stage", "triage"),)] < 90 * held.messages


@pytest.mark.slow
def test_every_service_of_a_supervisor_has_its_own_port_and_the_form_shows_no_figures(tmp_path: Path) -> None:
    first, form = free_base(), free_port()
    written_mails(tmp_path / "inbox", [a_letter()])
    settings = {
        "ops_port": str(first),
        "watch": str(tmp_path / "inbox"),
        "form_port": str(form),
        "desk_port": str(free_port()),
    }
    with service("up", "--data-dir", "data", at=tmp_path, settings=settings):
        # There is no broker, and no program to be told of anything.
        started = [name for name in SERVICES if name not in {"relay", "webhooks"}]
        for name in started:
            port = first + SERVICES.index(name)
            wait_until(lambda port=port: is_well(port), for_s=120, saying=f"{name} is ready")  # type: ignore[misc]
        sent = httpx.post(f"http://127.0.0.1:{form}/api/v1/submissions", json={"text": COMPLAINT}, timeout=30)
        at_form = figures(first + SERVICES.index("form"))
        public = httpx.get(f"http://127.0.0.1:{form}/metrics", timeout=30)

    assert sent.status_code == 202
    assert outcomes(at_form, "ingest") == {"ingested": 1}
    assert at_form["amends_live", ()] == 1
    assert public.status_code == 404


@pytest.mark.slow
def test_a_stage_that_keeps_failing_is_not_ready_but_alive(tmp_path: Path, house: House) -> None:
    type_in("ingest", "files", str(written_mails(tmp_path / "in", [a_letter()])), "--data-dir", str(tmp_path / "data"))
    work(house, "triage", "respond")
    settings = {"sender": "smtp", "smtp_host": "127.0.0.1", "smtp_port": str(free_port()), "smtp_security": "plain"}
    port = free_port()
    words = ("run", "deliver", "--data-dir", "data", "--ops-port", str(port))
    with service(*words, at=tmp_path, settings=settings):
        wait_until(lambda: says(port, "/readyz") == 503, for_s=60, saying="the mail server is missed")
        told = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10).text
        alive = says(port, "/livez")
        page = figures(port)

    assert told.startswith("stage: failing for")
    assert "ConnectionRefusedError" in told
    assert alive == 200
    assert page["amends_ready", (("part", "stage"),)] == 0
    assert page["amends_waits_total", (("stage", "deliver"),)] >= 2
    with house.database.reading() as unit:
        assert [reply.state for reply in unit.replies.in_state(ReplyState.QUEUED)] == [ReplyState.QUEUED]


def test_a_second_worker_with_the_same_port_is_told_to_take_another(tmp_path: Path, house: House) -> None:
    port = free_port()
    with service("run", "respond", "--data-dir", "data", "--ops-port", str(port), at=tmp_path):
        wait_until(lambda: is_well(port), for_s=60, saying="the first is ready")
        second = run_amends(
            "run", "respond", "--data-dir", "data", "--ops-port", str(port), "--until-idle", at=tmp_path, code=None
        )
        third = run_amends("run", "respond", "--data-dir", "data", "--ops-port", "0", "--until-idle", at=tmp_path)

    assert second.code not in {0, 3}
    assert "--ops-port" in second.err
    assert third.code == 0


@pytest.mark.slow
@pytest.mark.postgres
def test_a_service_whose_database_is_gone_says_so_and_is_ready_again_when_it_is_back(tmp_path: Path) -> None:
    # The server has a user of its own, who must reach its folder: pytest's are for one user alone.
    folder = Path(tempfile.mkdtemp(prefix="amends-database-"))
    folder.chmod(0o755)
    database, port = Postgres(folder / "server"), free_port()
    database.start()
    try:
        settings = {"database_url": database.url()}
        words = ("run", "triage", "--data-dir", "data", "--ops-port", str(port))
        with service(*words, at=tmp_path, settings=settings):
            wait_until(lambda: is_well(port), for_s=90, saying="triage is ready")
            database.stop()
            wait_until(lambda: says(port, "/readyz") == 503, for_s=60, saying="the database is missed")
            told = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10).text
            gone, alive = figures(port), says(port, "/livez")
            database.start()
            wait_until(lambda: is_well(port), for_s=90, saying="triage is ready again")
            back = figures(port)
    finally:
        database.stop()
        shutil.rmtree(folder, ignore_errors=True)

    assert "database: the database cannot be used now" in told
    assert alive == 200
    assert gone["amends_ready", (("part", "database"),)] == 0
    assert not [name for name, _ in gone if name == "amends_lag_records"]
    assert back["amends_ready", (("part", "database"),)] == 1
    assert back["amends_lag_records", (("stage", "triage"), ("topic", "messages"))] == 0


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.postgres
def test_a_relay_counts_what_it_ships_and_misses_a_topic_that_goes(tmp_path: Path, postgres_url: str) -> None:
    prefix = f"test-{uuid.uuid4().hex[:10]}."
    settings: dict[str, Any] = {"database_url": postgres_url, "kafka_servers": server("kafka"), "kafka_prefix": prefix}
    port = free_port()
    with a_house(tmp_path / "data", **settings) as house:
        take_in(house, written_mails(tmp_path / "in", [a_letter(), a_letter(message_id="two@customer.example")]))
        before = house.levels()
        # The two messages, and the history of how they came.
        waiting = before.unshipped
        words = ("run", "relay", "--data-dir", "data", "--ops-port", str(port))
        with service(*words, at=tmp_path, settings=settings):
            wait_until(lambda: is_well(port), for_s=90, saying="the relay is ready")
            wait_until(
                lambda: outcomes(figures(port), "relay") == {"shipped": waiting}, for_s=60, saying="all is shipped"
            )
            after = house.levels()
            page = figures(port)
            connection = house.kafka
            assert connection is not None
            admin = KafkaAdminClient(**connection.client())
            admin.delete_topics([connection.topic(name) for name in house.partitions])
            admin.close()
            wait_until(lambda: says(port, "/readyz") == 503, for_s=60, saying="the topics are missed")
            told = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10).text

    assert waiting > 2
    assert before.unshipped_since is not None
    assert (after.unshipped, after.unshipped_since) == (0, None)
    assert page["amends_ready", (("part", "broker"),)] == 1
    # What was read from the database may be some seconds old.
    assert page["amends_outbox_records", ()] in {0, waiting}
    assert page["amends_lag_records", (("stage", "triage"), ("topic", "messages"))] == 2
    assert f"broker: topic {prefix}messages is missing" in told
    assert "amends setup" in told


ENDINGS = ("", "_bucket", "_sum", "_count")
Page = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def figures(port: int) -> Page:
    page = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def outcomes(page: Page, stage: str) -> dict[str, int]:
    """Give what a stage's work came to, without what it never came to."""
    found = Counter(
        {
            dict(labels)["outcome"]: int(value)
            for (name, labels), value in page.items()
            if name == "amends_outcomes_total" and dict(labels)["stage"] == stage
        }
    )
    return dict(+found)


def labelled(page: Page, metric: str, label: str) -> dict[str, int]:
    return {dict(labels)[label]: int(value) for (name, labels), value in page.items() if name == metric}


def arrivals(house: House) -> int:
    with house.database.viewing() as connection:
        return sum(summary(connection).fates.values())


def says(port: int, path: str) -> int:
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=10).status_code
    except httpx.TransportError:
        return 0


def is_well(port: int) -> bool:
    return says(port, "/readyz") == 200


def free_base() -> int:
    """Give a port that nobody listens on, with as many free ones after it as there are services."""
    while True:
        first = free_port()
        if first < 60_000 and all(says(first + place, "/") == 0 for place in range(len(SERVICES))):
            return first

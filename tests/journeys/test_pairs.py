"""The whole journey on both pairs: the table in SQLite, and Apache Kafka with PostgreSQL, come to the same result."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import select

from amends.cli import intake
from amends.compose import STAGES, TOPIC_OF, House
from amends.domain.reply import ReplyState
from amends.samples import samples_dir
from respond.checks.unfilled import check_unfilled
from storage.tables import cases
from storage.views import summary
from tests.conftest import PARTITIONS
from tests.journeys.letters import a_letter
from tests.journeys.running import a_house, type_in, work, written_mails
from tests.support.clock import FakeClock
from tests.support.kafka import a_connection
from tests.support.postgres import a_postgres_database

SAMPLES = ("mail", "x", "mastodon", "bluesky", "forms")


@dataclass(frozen=True, slots=True)
class Pair:
    """An installation on one pair, and the settings that a command needs to find it."""

    house: House
    settings: dict[str, Any]


@contextlib.contextmanager
def on_sqlite(at: Path, **more: Any) -> Iterator[Pair]:
    with a_house(at / "data", now=FakeClock(), **_said(more)) as house:
        yield Pair(house, _said(more))


@contextlib.contextmanager
def on_kafka(at: Path, **more: Any) -> Iterator[Pair]:
    with a_postgres_database() as url, a_connection(PARTITIONS) as connection:
        said = _said(
            {
                "database_url": url,
                "kafka_servers": ",".join(connection.servers),
                "kafka_prefix": connection.prefix,
                **more,
            }
        )
        stop = Event()
        with a_house(at / "data", now=FakeClock(), **said) as house:
            relay = Thread(target=house.relay().run, args=(stop,))
            relay.start()
            try:
                yield Pair(house, said)
            finally:
                stop.set()
                relay.join()


def _said(more: dict[str, Any]) -> dict[str, Any]:
    return {"x_handles": "NorthmoorHelp", "acknowledge_within_days": 365, **more}


PAIRS = {"sqlite": on_sqlite, "kafka": on_kafka}
both = pytest.mark.parametrize(
    "pair", ["sqlite", pytest.param("kafka", marks=[pytest.mark.kafka, pytest.mark.postgres])], indirect=True
)


@pytest.fixture
def pair(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    with PAIRS[request.param](tmp_path) as found:
        for name, value in found.settings.items():
            monkeypatch.setenv(f"AMENDS_{name.upper()}", str(value))
        yield found


def take_in(pair: Pair, *paths: Path) -> None:
    for path in paths:
        intake.take_in(pair.house, path)


def outcome(house: House) -> dict[str, Any]:
    """Give all that people would see, in a form that can be compared."""
    with house.database.viewing() as connection:
        counted = asdict(summary(connection))
        ids = list(connection.scalars(select(cases.c.id).order_by(cases.c.id)))
    with house.database.reading() as unit:
        found = {
            case_id: {
                "case": unit.cases.get(case_id),
                "messages": unit.messages.of_case(case_id),
                "clocks": unit.clocks.of_cases([case_id]),
                "replies": {
                    one.id: (one.state, one.form, one.subject, one.text) for one in unit.replies.of_case(case_id)
                },
                "links": {(one.case_id, one.other_case_id, one.kind) for one in unit.links.of_case(case_id)},
                "tasks": {(one.id, one.kind, one.reason) for one in unit.tasks.of_case(case_id)},
            }
            for case_id in ids
        }
        parked = {one.id: one.reason for one in unit.intake.parked()}
    return {"summary": counted, "cases": found, "parked": parked}


@pytest.mark.kafka
@pytest.mark.postgres
def test_the_samples_come_to_the_same_result_on_both_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = []
    for name, open_pair in PAIRS.items():
        (tmp_path / name / "data").mkdir(parents=True)
        # Links to status pages are derived from it.
        secret = tmp_path / name / "data" / "secret"
        secret.write_text("5" * 64)
        secret.chmod(0o600)
        # Of two people in two partitions either may be read first, and a link goes from the later case to the earlier.
        with open_pair(tmp_path / name, partitions=1) as pair:
            for setting, value in pair.settings.items():
                monkeypatch.setenv(f"AMENDS_{setting.upper()}", str(value))
            take_in(pair, *(samples_dir() / kind for kind in SAMPLES))
            work(pair.house)
            results.append(outcome(pair.house))
            data = str(pair.house.settings.data_dir)
            assert type_in("reconcile", "--json", "--data-dir", data).json["unexplained"] == 0
            assert "whole" in type_in("audit", "verify", "--data-dir", data).out

    on_one, on_many = results
    assert on_one["summary"] == on_many["summary"]
    assert on_one["parked"] == on_many["parked"]
    assert on_one["cases"].keys() == on_many["cases"].keys()
    differ = [
        (case_id, what, one, on_many["cases"][case_id][what])
        for case_id, found in on_one["cases"].items()
        for what, one in found.items()
        if one != on_many["cases"][case_id][what]
    ]
    assert differ == []
    assert len(on_one["cases"]) > 150


@both
def test_a_complaint_is_answered_and_its_answer_joins_the_case(pair: Pair, tmp_path: Path) -> None:
    letters = written_mails(tmp_path / "letters", [a_letter()])
    take_in(pair, letters)
    work(pair.house)

    with pair.house.database.reading() as unit:
        [sent] = unit.replies.in_state(ReplyState.SENT)
    written_mails(letters, [a_letter("It is order 4711.", message_id="2@c", answers=sent.channel_name)], name="answer")
    take_in(pair, letters)
    work(pair.house)

    with pair.house.database.reading() as unit:
        case = unit.cases.get(sent.case_id)
        joined = [one.joined_via for one in unit.messages.of_case(case.id)]
    assert case.messages == 2
    assert "answer to our reply" in joined


@both
def test_a_reviewed_answer_goes_out_once(pair: Pair, tmp_path: Path) -> None:
    data = str(pair.house.settings.data_dir)
    take_in(pair, samples_dir() / "x")
    work(pair.house, "triage", "respond")
    with pair.house.database.reading() as unit:
        in_review = unit.replies.in_state(ReplyState.IN_REVIEW)
    # One that leaves nothing for a person to write.
    first = next(reply for reply in in_review if not any(check_unfilled(reply.text)))

    type_in("review", "approve", first.id, "--as", "hana", "--data-dir", data)
    work(pair.house, "deliver")
    type_in("review", "approve", first.id, "--as", "hana", "--data-dir", data, code=1)
    work(pair.house, "deliver")

    with pair.house.database.reading() as unit:
        assert unit.replies.get(first.id).state is ReplyState.SENT
        told = [json.loads(one.happening_json)["action"] for one in unit.audit.about(f"reply:{first.id}")]
    assert told.count("reply.sent") == 1


@both
def test_every_stage_ends_when_asked_and_leaves_nothing_behind(pair: Pair, tmp_path: Path) -> None:
    take_in(pair, written_mails(tmp_path / "letters", [a_letter()]))
    stop = Event()
    workers = [Thread(target=pair.house.runner(stage).run, args=(stop,)) for stage in STAGES]
    for worker in workers:
        worker.start()
    with contextlib.suppress(StopIteration):
        next(iter(lambda: len(list((pair.house.settings.data_dir / "sent").glob("[!.]*"))), 1))
    stop.set()
    for worker in workers:
        worker.join(30)

    assert [worker.is_alive() for worker in workers] == [False] * 3
    assert [pair.house.log.workers(stage, TOPIC_OF[stage]) for stage in STAGES] == [0, 0, 0]

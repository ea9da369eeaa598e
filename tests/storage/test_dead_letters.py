"""Dead letters come back whole, are found, counted and settled once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from alembic import command
from sqlalchemy import text

from amends.bus.port import Topic
from amends.domain.dead import DeadState
from amends.errors import NotFound, Refused
from storage.engine import open_engine
from storage.migrate import _config, upgrade
from storage.unit_of_work import Database
from tests.conftest import PARTITIONS
from tests.support.builders import a_dead_letter, a_parked, a_record
from tests.support.clock import MONDAY

LATER = MONDAY + timedelta(hours=1)


def test_a_dead_letter_comes_back_whole(database: Database) -> None:
    letter = a_dead_letter(body=b"\xff\x00 no text", headers={"channel": "", "x-odd": "a\u2028b", "raw": "ab"})
    with database.unit() as unit:
        unit.dead.add([letter])
        unit.commit()
    with database.reading() as unit:
        assert unit.dead.listed(limit=10) == [letter]
        assert unit.dead.find(letter.id[:5]) == letter


def test_a_letter_added_again_stays_as_it_is(database: Database) -> None:
    letter = a_dead_letter()
    with database.unit() as unit:
        unit.dead.add([letter])
        unit.dead.settle(letter.id, DeadState.DISCARDED, by="hana", at=LATER, because="a test")
        unit.dead.add([letter])
        assert unit.dead.listed(limit=10) == []
        settled = replace(
            letter, state=DeadState.DISCARDED, settled_by="hana", settled_at=LATER, settled_because="a test"
        )
        assert unit.dead.listed(state=None, limit=10) == [settled]


def test_a_letter_is_settled_once(database: Database) -> None:
    letter = a_dead_letter()
    with database.unit() as unit:
        unit.dead.add([letter])
        unit.dead.settle(letter.id, DeadState.RETRIED, by="hana", at=LATER)
        with pytest.raises(Refused, match="settled before"):
            unit.dead.settle(letter.id, DeadState.DISCARDED, by="tom", at=LATER)
        assert unit.dead.find(letter.id).settled_by == "hana"


def test_letters_are_listed_and_counted_by_stage_reason_state_and_time(database: Database) -> None:
    old, young = a_dead_letter("r1"), a_dead_letter("r2", at=LATER)
    other = a_dead_letter("q1", stage="deliver", topic=Topic.OUTBOX, reason="unavailable", at=LATER)
    with database.unit() as unit:
        assert (unit.dead.oldest(), unit.dead.count()) == (None, {})
        unit.dead.add([young, other, old])
        assert unit.dead.listed(limit=10) == [old, young, other]
        assert unit.dead.listed(limit=1) == [old]
        assert unit.dead.listed(stage="deliver", limit=10) == [other]
        assert unit.dead.listed(reason="stage_failed", limit=10) == [old, young]
        assert unit.dead.count() == {("deliver", "unavailable"): 1, ("triage", "stage_failed"): 2}
        assert unit.dead.count(stage="triage", since=LATER) == {("triage", "stage_failed"): 1}
        assert unit.dead.oldest() == MONDAY
        unit.dead.settle(old.id, DeadState.RETRIED, by="hana", at=LATER)
        assert unit.dead.oldest() == LATER
        assert unit.dead.count(reason="stage_failed") == {("triage", "stage_failed"): 1}
        assert unit.dead.given_up(Topic.MESSAGES, ["r1", "r2", "q1", "r3"]) == {"r1", "r2"}


@pytest.mark.parametrize("prefix", ["", "%", "_", "nothing"])
def test_what_is_no_beginning_of_an_id_finds_nothing(database: Database, prefix: str) -> None:
    with database.unit() as unit:
        unit.dead.add([a_dead_letter()])
        with pytest.raises(NotFound, match="no dead letter"):
            unit.dead.find(prefix)


def test_what_stages_failed_on_before_this_version_is_a_dead_letter_after_the_upgrade(database: Database) -> None:
    unread = a_parked("1.eml")
    failed = a_parked("messages/3/0", stage="triage", source="log:messages", message="r1")
    with database.unit() as unit:
        unit.log.publish([a_record("r1", body=b"words")])
        unit.intake.park([unread, failed])
        unit.commit()
    with database.engine.connect().execution_options(amends_writes=True) as connection, connection.begin():
        command.downgrade(_config(connection), "v0002")
    upgrade(database.engine)
    with database.reading() as unit:
        assert unit.intake.parked() == [unread]
        [letter] = unit.dead.listed(limit=10)
        record = unit.log.find(Topic.MESSAGES, "r1")
    assert (letter.id, letter.stage, letter.reason, letter.says) == (failed.id, "triage", failed.reason, failed.says)
    assert (letter.record_id, letter.partition, letter.offset) == (record.id, record.partition, record.offset)
    assert (letter.body, letter.headers, letter.key, letter.at) == (b"words", record.headers, record.key, record.at)


def test_a_step_back_parks_dead_letters_again(empty_url: str) -> None:
    # It changes tables, so it has a database of its own.
    database = Database(open_engine(empty_url), partitions=PARTITIONS)
    upgrade(database.engine)
    with database.unit() as unit:
        unit.dead.add([replace(a_dead_letter(), channel="carrier pigeon")])
        unit.commit()
    with database.engine.connect().execution_options(amends_writes=True) as connection, connection.begin():
        command.downgrade(_config(connection), "v0002")
        rows = connection.execute(text("SELECT source, item, channel, message_id, state FROM parked")).all()
    database.engine.dispose()
    assert [tuple(row) for row in rows] == [("log:messages", "messages/0/0", "email", "r1", "waiting")]

"""Clocks that are set back, fewer partitions than before, a stage that fails on everything."""

from __future__ import annotations

from pathlib import Path

from amends.bus.local import CLAIM_TTL, LocalLog
from amends.bus.port import NewRecord, Topic
from amends.cli.background import STOPPED_ITSELF
from amends.wire import RELEASED, encode_message
from storage.unit_of_work import Database
from tests.conftest import PARTITIONS
from tests.journeys.running import a_house, type_in
from tests.support.builders import a_message
from tests.support.clock import MONDAY, FakeClock


def test_a_worker_that_died_before_the_clock_was_set_back_keeps_no_share(database: Database, clock: FakeClock) -> None:
    log = LocalLog(database, partitions=PARTITIONS, now=clock)
    assert log.claim("triage", Topic.MESSAGES, "dead") == [0, 1, 2, 3]
    clock.advance(hours=-1)
    assert LocalLog(database, partitions=PARTITIONS, now=clock).claim("triage", Topic.MESSAGES, "new") == [0, 1, 2, 3]


def test_a_worker_renews_its_claim_although_the_clock_was_set_back(database: Database, clock: FakeClock) -> None:
    log = LocalLog(database, partitions=PARTITIONS, now=clock)
    log.claim("triage", Topic.MESSAGES, "one")
    clock.advance(hours=-1)
    log.claim("triage", Topic.MESSAGES, "one")
    clock.advance(seconds=CLAIM_TTL.total_seconds() / 2)
    other = LocalLog(database, partitions=PARTITIONS, now=clock)
    assert sorted(other.claim("triage", Topic.MESSAGES, "two") + log.claim("triage", Topic.MESSAGES, "one")) == [
        0,
        1,
        2,
        3,
    ]


def test_what_lies_in_partitions_that_are_no_longer_set_is_still_done(tmp_path: Path) -> None:
    with a_house(tmp_path, partitions=8) as house, house.database.unit() as unit:
        unit.log.publish([record(number) for number in range(40)])
        assert unit.log.partitions_in_use(Topic.MESSAGES) > 5
        unit.commit()
    with a_house(tmp_path, partitions=1) as house:
        claimed = house.log.claim("triage", Topic.MESSAGES, "one")
        found = [house.log.read("triage", Topic.MESSAGES, partition, limit=100)[1] for partition in claimed]
    assert sum(map(len, found)) == 40


def record(number: int) -> NewRecord:
    message = a_message(f"My parcel {number} never came.", author=f"{number}@example.org")
    return NewRecord(
        topic=Topic.MESSAGES,
        key=message.author.ordering_key,
        id=f"{message.id}~released",
        type=RELEASED,
        at=MONDAY,
        body=encode_message(message),
        headers={"channel": "email"},
    )


def test_a_stage_that_fails_on_everything_stops_itself_and_its_supervisor_can_tell(tmp_path: Path) -> None:
    # Each of these releases a message that nobody ever stored.
    with a_house(tmp_path) as house, house.database.unit() as unit:
        unit.log.publish([record(number) for number in range(40)])
        unit.commit()
    ended = type_in("run", "triage", "--until-idle", "--data-dir", str(tmp_path), code=STOPPED_ITSELF)
    assert "the stage has stopped" in ended.err
    assert "Traceback" not in ended.err

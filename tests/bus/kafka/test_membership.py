"""Who is a member of a group, whatever happens: under load, slow, killed, called like another, told to stop."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest

from amends.bus.kafka.clients import an_admin
from amends.bus.kafka.log import KafkaLog
from amends.bus.kafka.pump import POLL_RECORDS
from amends.bus.kafka.ready import READY_BYTES, READY_RECORDS
from amends.bus.kafka.topics import TopicPlan
from amends.bus.port import Record
from amends.errors import Misconfigured
from tests.bus.kafka.works import GROUP, PARTITIONS, TOPIC, Works, in_the_end, key_in
from tests.bus.stages import FakeStage
from tests.support.kafka import silenced

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

EVERY = list(range(PARTITIONS[TOPIC]))


@dataclass
class SlowStage(FakeStage):
    """Takes its time over each batch."""

    takes_s: float = 0.0
    seen: list[str] = field(default_factory=list)

    def prepare(self, records: Sequence[Record], *, at: datetime) -> list[Record]:
        time.sleep(self.takes_s)
        self.seen += [record.id for record in records]
        return super().prepare(records, at=at)


@dataclass
class Joins:
    """What kafka-python says of each time that a member joined."""

    caplog: pytest.LogCaptureFixture

    @property
    def _said(self) -> list[str]:
        return [one.message for one in self.caplog.records if one.message.startswith("Successfully joined group")]

    @property
    def count(self) -> int:
        return len(self._said)

    def count_at_rest(self) -> int:
        """Wait until nobody has joined for a while: a first join is often followed by a second."""
        found = -1
        while found != self.count:
            found = self.count
            time.sleep(1.5)
        return found

    @property
    def generation(self) -> str:
        """The generation of the group that the last one joined: another after each rebalance."""
        return self._said[-1].partition("<Generation ")[2].partition(" ")[0]


@pytest.fixture
def joins(caplog: pytest.LogCaptureFixture) -> Joins:
    caplog.set_level(logging.INFO, logger="kafka.coordinator")
    return Joins(caplog)


def members(works: Works) -> Sequence[Mapping[str, object]]:
    found = works.described()["members"]
    assert isinstance(found, list)
    return found


def shares(*logs: tuple[str, KafkaLog]) -> list[int]:
    return sorted(partition for worker, log in logs for partition in log.claim(GROUP, TOPIC, worker))


def test_everybody_who_joins_gets_a_share_however_the_join_goes(works: Works) -> None:
    for number in range(15):
        log = works.log()
        group = f"group {number}".replace(" ", "-")
        in_the_end(lambda log=log, group=group: log.claim(group, TOPIC, "") == EVERY, seconds=8)  # type: ignore[misc]
        log.close()


def test_a_second_worker_joins_under_load_and_leaves_and_each_record_is_done_once(works: Works) -> None:
    first, second = FakeStage(), FakeStage()
    published = [f"r{number}" for number in range(600)]
    works.publish(*published[:200])
    works.ship_all()
    works.running(first, works.log(), worker="first")
    in_the_end(lambda: bool(first.batches))

    log = works.log()
    stop = works.running(second, log, worker="second")
    works.publish(*published[200:400])
    works.ship_all()
    in_the_end(lambda: len(members(works)) == 2)
    in_the_end(lambda: bool(second.batches) or works.lag() == 0)
    stop.set()
    in_the_end(lambda: len(members(works)) == 1)
    works.publish(*published[400:])
    works.ship_all()

    in_the_end(lambda: works.lag() == 0)
    with works.database.reading() as unit:
        done = [entry.happening_json.split('"subject":"')[1].rstrip('"}') for entry in unit.audit.every()]
    assert sorted(done) == sorted(published)


def test_a_named_worker_that_comes_back_takes_up_its_share_without_a_rebalance(works: Works, joins: Joins) -> None:
    connection = replace(works.connection, session_timeout_ms=30_000)
    anna, ben = works.log(is_named=True, connection=connection), works.log(is_named=True, connection=connection)
    in_the_end(
        lambda: len(anna.claim(GROUP, TOPIC, "anna")) == len(ben.claim(GROUP, TOPIC, "ben")) == 2 and is_settled(works)
    )
    # Who joins once more is waited for by the group until each other member has called in.
    in_the_end(lambda: joins.count == joins.count_at_rest() and is_settled(works))
    before, share = joins.generation, anna.claim(GROUP, TOPIC, "anna")

    silenced(anna)
    back = works.log(is_named=True, connection=connection)
    in_the_end(lambda: back.claim(GROUP, TOPIC, "anna") == share, seconds=25)

    assert joins.generation == before
    assert len(ben.claim(GROUP, TOPIC, "ben")) == 2


def test_of_two_workers_with_one_name_the_first_is_told_and_the_last_works_on(works: Works) -> None:
    first = works.joined(worker="anna")
    second = works.log(is_named=True)
    in_the_end(lambda: second.claim(GROUP, TOPIC, "anna") == EVERY)

    def is_told() -> bool:
        try:
            first.claim(GROUP, TOPIC, "anna")
        except Misconfigured as why:
            return "goes by the name anna" in str(why) and "--worker" in str(why)
        return False

    in_the_end(is_told, seconds=10)
    first.close()
    time.sleep(1)
    assert second.claim(GROUP, TOPIC, "anna") == EVERY
    assert len(members(works)) == 1


def test_a_batch_that_takes_longer_than_a_poll_may_keeps_its_membership(works: Works, joins: Joins) -> None:
    connection = replace(works.connection, session_timeout_ms=10_000, max_poll_interval_ms=2_000)
    log, stage = works.joined(connection=connection), SlowStage(takes_s=5)
    before = joins.count_at_rest()
    works.publish(*(f"r{number}" for number in range(3)), key=key_in(0))
    works.ship_all()

    works.running(stage, log)
    in_the_end(lambda: works.lag() == 0)

    assert joins.count == before
    assert log.claim(GROUP, TOPIC, "") == EVERY


def test_a_stage_that_falls_behind_fetches_no_more_and_stays_a_member(works: Works, joins: Joins) -> None:
    count = READY_RECORDS * 3
    works.publish(*(f"r{number}" for number in range(count)), key=key_in(1), body=b"x" * 500)
    works.ship_all()
    log = works.joined(connection=replace(works.connection, session_timeout_ms=10_000))
    before = joins.count_at_rest()
    pump = log._pumps[GROUP, TOPIC]
    in_the_end(lambda: pump._ready[1].is_enough)
    time.sleep(2.5)

    # One more fetch may have been on its way.
    assert READY_RECORDS <= len(pump._ready[1]._records) <= 2 * READY_RECORDS
    assert joins.count == before
    assert [record.id for record in works.read_all(log, count, limit=500)] == [f"r{number}" for number in range(count)]


def test_several_partitions_that_fall_behind_are_read_from_the_broker_to_their_ends(
    works: Works, caplog: pytest.LogCaptureFixture
) -> None:
    count = READY_RECORDS * 3 // 2
    for number in EVERY:
        works.publish(*(f"r{number}-{n}" for n in range(count)), key=key_in(number), body=b"x" * 500)
    works.ship_all()
    log = works.joined()
    pump = log._pumps[GROUP, TOPIC]
    in_the_end(lambda: all(pump._ready[number].is_enough for number in EVERY))

    assert len(works.read_all(log, count * len(EVERY), limit=500)) == count * len(EVERY)
    assert [one.message for one in caplog.records if "read from the table" in one.message] == []


def test_large_records_fill_a_partition_by_their_bytes(works: Works) -> None:
    # What compresses this well comes in one go, unless it is told not to.
    works.publish(*(f"r{number}" for number in range(500)), key=key_in(1), body=b"x" * 60_000)
    works.ship_all()
    log = works.joined()
    pump = log._pumps[GROUP, TOPIC]
    in_the_end(lambda: pump._ready[1].is_enough)
    time.sleep(1)

    assert READY_BYTES <= pump._ready[1].size_bytes < READY_BYTES + 2 * POLL_RECORDS * 60_300
    assert len(works.read_all(log, 500)) == 500


def test_partitions_that_are_added_later_are_read(works: Works) -> None:
    log = works.joined()
    works.topics().ensure({TOPIC: TopicPlan(name=TOPIC, partitions=6)})
    more = replace(works, database=works.database.__class__(works.database.engine, partitions={**PARTITIONS, TOPIC: 6}))
    more.publish(*(f"r{number}" for number in range(60)))
    relay = more.relay()
    in_the_end(lambda: relay.step() == 0)

    # The consumer looks for new partitions every quarter of a minute.
    in_the_end(lambda: log.claim(GROUP, TOPIC, "") == list(range(6)), seconds=40)
    assert len(more.read_all(log, 60)) == 60


def test_a_worker_whose_topic_is_missing_says_so_and_goes_on_when_it_is_there(works: Works) -> None:
    with an_admin(works.connection) as admin:
        admin.delete_topics([works.connection.topic(TOPIC)])
    log, said = works.log(), []

    def complains() -> bool:
        try:
            log.claim(GROUP, TOPIC, "")
        except Exception as why:
            said.append(str(why))
        return bool(said)

    in_the_end(complains)
    assert said == [f"the broker has no topic {works.connection.topic(TOPIC)}: run `amends setup`"]

    works.topics().ensure({TOPIC: TopicPlan(name=TOPIC, partitions=4)})
    works.publish("r1")
    works.ship_all()
    assert len(works.read_all(log, 1, seconds=60)) == 1


def is_settled(works: Works) -> bool:
    return works.described()["group_state"] == "Stable"

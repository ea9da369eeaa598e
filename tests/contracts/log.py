"""What every log promises: the numbered sentences of `amends/bus/port.py`. A subclass supplies the log."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest

from amends.bus.port import Log, NewRecord, Position, Record, Topic, partition_of
from amends.errors import Misconfigured, NotFound, PositionLost
from amends.unit_of_work import OpenUnit
from tests.support.builders import a_record
from tests.support.clock import FakeClock

GROUP, OTHER_GROUP = "triage", "respond"
TOPIC = Topic.MESSAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class LogUnderTest:
    """A log, the units of work that publish to it, and the same log as another process sees it."""

    log: Log
    open_unit: OpenUnit
    another_process: Callable[[], Log]
    partitions: int
    clock: FakeClock
    claim_ttl: timedelta

    def publish(self, *records: NewRecord) -> int:
        with self.open_unit() as unit:
            count = unit.log.publish(records)
            unit.commit()
        return count

    def pass_time(self, share: float = 0.5) -> None:
        """Let a share of the time pass after which a silent worker loses its claims."""
        self.clock.time += self.claim_ttl * share

    def fall_silent(self, _log: Log) -> None:
        """Let a worker end without a word."""

    def in_the_end(self, shares: Callable[[], list[list[int]]], is_right: Callable[[list[list[int]]], bool]) -> None:
        """Claim again and again until the shares are right: workers learn of each other in time."""
        until = time.monotonic() + 30
        while not is_right(found := shares()):
            assert time.monotonic() < until, found
            self.pass_time()

    def read(self, partition: int, *, group: str = GROUP, limit: int = 1_000) -> tuple[Position, list[Record]]:
        return self.log.read(group, TOPIC, partition, limit=limit)

    def everything(self, *, group: str = GROUP) -> list[list[Record]]:
        return [self.read(partition, group=group)[1] for partition in range(self.partitions)]

    def move_on(self, position: Position, to: int) -> None:
        with self.open_unit() as unit:
            unit.log.advance(position, to)
            unit.commit()

    @property
    def every(self) -> list[int]:
        """Every partition."""
        return list(range(self.partitions))

    def key_in(self, partition: int) -> str:
        return next(key for key in map(str, range(10_000)) if partition_of(key, self.partitions) == partition)


def ids(records: Sequence[Record]) -> list[str]:
    return [record.id for record in records]


class LogContract:
    """The promises, by the number of the sentence that makes them."""

    # 1. Topics and partitions

    def test_1_a_record_goes_to_the_partition_of_its_key(self, house: LogUnderTest) -> None:
        house.publish(*(a_record(f"r{number}", key=f"person {number}") for number in range(40)))
        for partition, records in enumerate(house.everything()):
            assert {partition_of(record.key, house.partitions) for record in records} <= {partition}
        assert sum(len(records) for records in house.everything()) == 40

    def test_1_records_of_one_key_stay_in_the_order_of_their_commits(self, house: LogUnderTest) -> None:
        for number in range(6):
            house.publish(a_record(f"r{number}", key="ines"), a_record(f"o{number}", key=f"other {number}"))
        partition = partition_of("ines", house.partitions)
        of_ines = [record.id for record in house.read(partition)[1] if record.key == "ines"]
        assert of_ines == [f"r{number}" for number in range(6)]

    def test_1_offsets_count_from_0_without_a_gap_over_repeats_and_roll_backs(self, house: LogUnderTest) -> None:
        house.publish(a_record("r0"), a_record("r1"))
        with house.open_unit() as unit:
            unit.log.publish([a_record("lost 1"), a_record("lost 2")])
        house.publish(a_record("r1"), a_record("r2"))
        house.publish(a_record("r3"))
        _, records = house.read(partition_of("ines", house.partitions))
        assert [(record.offset, record.id) for record in records] == [(0, "r0"), (1, "r1"), (2, "r2"), (3, "r3")]

    def test_1_a_topic_that_nobody_declared_is_refused(self, house: LogUnderTest) -> None:
        with pytest.raises(Misconfigured, match="no topic"):
            house.publish(a_record(topic="gossip"))

    def test_1_a_record_comes_back_as_it_was_published(self, house: LogUnderTest) -> None:
        published = a_record("r0", body="naïve \u2603".encode() + b"\x00\xff")
        house.publish(published)
        _, (record,) = house.read(partition_of("ines", house.partitions))
        assert (record.topic, record.key, record.id, record.type) == (TOPIC, "ines", "r0", "amends.test")
        assert (record.body, record.at, dict(record.headers)) == (published.body, published.at, published.headers)

    # 2. Publishing belongs to a unit of work

    def test_2_nobody_sees_a_record_before_its_commit(self, house: LogUnderTest) -> None:
        with house.open_unit() as unit:
            unit.log.publish([a_record()])
            assert not any(house.everything())
            assert house.log.lag(GROUP, TOPIC) == 0
            unit.commit()
        assert house.log.lag(GROUP, TOPIC) == 1

    def test_2_a_roll_back_leaves_no_trace(self, house: LogUnderTest) -> None:
        with house.open_unit() as unit:
            unit.log.publish([a_record()])
        assert not any(house.everything())
        assert house.publish(a_record()) == 1

    def test_2_what_was_committed_is_seen_by_another_process(self, house: LogUnderTest) -> None:
        house.publish(a_record())
        _, records = house.another_process().read(GROUP, TOPIC, partition_of("ines", house.partitions), limit=9)
        assert ids(records) == ["r1"]

    # 3. One id, one record

    def test_3_a_record_published_again_changes_nothing_and_is_no_error(self, house: LogUnderTest) -> None:
        assert house.publish(a_record("r1", body=b"first")) == 1
        assert house.publish(a_record("r1", body=b"second"), a_record("r2")) == 1
        _, records = house.read(partition_of("ines", house.partitions))
        assert [(record.id, record.body) for record in records] == [("r1", b"first"), ("r2", b"{}")]

    def test_3_a_record_twice_in_one_go_is_one(self, house: LogUnderTest) -> None:
        assert house.publish(a_record("r1"), a_record("r1", key="another key")) == 1

    def test_3_another_topic_may_hold_the_same_id(self, house: LogUnderTest) -> None:
        assert house.publish(a_record("r1"), a_record("r1", topic=Topic.OUTBOX)) == 2

    def test_3_a_record_is_found_by_its_id(self, house: LogUnderTest) -> None:
        house.publish(a_record("r1", body=b"words"))
        with house.open_unit() as unit:
            assert unit.log.find(TOPIC, "r1").body == b"words"
            with pytest.raises(NotFound):
                unit.log.find(Topic.OUTBOX, "r1")

    # 4. A group reads each record until it has moved on

    def test_4_reading_changes_nothing(self, house: LogUnderTest) -> None:
        house.publish(a_record("r1"), a_record("r2"))
        partition = partition_of("ines", house.partitions)
        assert house.read(partition) == house.read(partition)
        assert house.log.lag(GROUP, TOPIC) == 2

    def test_4_a_group_goes_on_from_where_it_stands(self, house: LogUnderTest) -> None:
        house.publish(*(a_record(f"r{number}") for number in range(5)))
        partition = partition_of("ines", house.partitions)
        position, records = house.read(partition, limit=2)
        assert ids(records) == ["r0", "r1"]
        house.move_on(position, records[-1].next_offset)
        position, records = house.read(partition)
        assert (position.next_offset, ids(records)) == (2, ["r2", "r3", "r4"])
        assert house.log.lag(GROUP, TOPIC) == 3

    def test_4_groups_do_not_disturb_each_other(self, house: LogUnderTest) -> None:
        house.publish(a_record("r1"))
        partition = partition_of("ines", house.partitions)
        position, _ = house.read(partition)
        house.move_on(position, 1)
        assert ids(house.read(partition, group=OTHER_GROUP)[1]) == ["r1"]
        assert (house.log.lag(GROUP, TOPIC), house.log.lag(OTHER_GROUP, TOPIC)) == (0, 1)

    # 5. The position moves by check-and-set

    def test_5_of_two_workers_that_read_the_same_records_one_alone_has_an_effect(self, house: LogUnderTest) -> None:
        house.publish(a_record("r1"))
        partition = partition_of("ines", house.partitions)
        (mine, _), (theirs, _) = house.read(partition), house.read(partition)
        with house.open_unit() as unit:
            unit.log.publish([a_record("effect of the first", topic=Topic.TRIAGED)])
            unit.log.advance(mine, 1)
            unit.commit()
        with house.open_unit() as unit:
            unit.log.publish([a_record("effect of the second", topic=Topic.TRIAGED)])
            with pytest.raises(PositionLost):
                unit.log.advance(theirs, 1)
        with house.open_unit() as unit:
            assert unit.log.find(Topic.TRIAGED, "effect of the first")
            with pytest.raises(NotFound):
                unit.log.find(Topic.TRIAGED, "effect of the second")

    def test_5_a_position_that_is_rolled_back_stays(self, house: LogUnderTest) -> None:
        house.publish(a_record("r1"))
        partition = partition_of("ines", house.partitions)
        position, _ = house.read(partition)
        with house.open_unit() as unit:
            unit.log.advance(position, 1)
        assert house.read(partition)[0] == position
        house.move_on(position, 1)

    def test_5_a_position_that_was_never_reached_is_lost(self, house: LogUnderTest) -> None:
        house.publish(a_record("r1"), a_record("r2"))
        partition = partition_of("ines", house.partitions)
        ahead = Position(group=GROUP, topic=TOPIC, partition=partition, next_offset=1)
        with pytest.raises(PositionLost):
            house.move_on(ahead, 2)

    def test_5_each_partition_has_a_position_of_its_own(self, house: LogUnderTest) -> None:
        house.publish(a_record("r0", key=house.key_in(0)), a_record("r1", key=house.key_in(1)))
        house.move_on(house.read(0)[0], 1)
        assert house.read(0)[1] == []
        assert ids(house.read(1)[1]) == ["r1"]

    # 6. Claims only save work

    def test_6_one_worker_alone_claims_every_partition(self, house: LogUnderTest) -> None:
        house.in_the_end(lambda: [house.log.claim(GROUP, TOPIC, "anna")], lambda shares: shares == [house.every])

    def test_6_live_workers_share_the_partitions_out(self, house: LogUnderTest) -> None:
        logs = {worker: house.another_process() for worker in ("anna", "ben", "chloe")}
        house.in_the_end(
            lambda: [log.claim(GROUP, TOPIC, worker) for worker, log in logs.items()],
            lambda shares: sorted(partition for share in shares for partition in share) == house.every and all(shares),
        )

    def test_6_a_worker_that_says_nothing_for_too_long_loses_its_share(self, house: LogUnderTest) -> None:
        anna, ben = house.another_process(), house.another_process()
        house.in_the_end(
            lambda: [anna.claim(GROUP, TOPIC, "anna"), ben.claim(GROUP, TOPIC, "ben")],
            lambda shares: len(shares[0]) == len(shares[1]) == house.partitions // 2,
        )
        house.fall_silent(ben)
        house.in_the_end(lambda: [anna.claim(GROUP, TOPIC, "anna")], lambda shares: shares == [house.every])

    def test_6_a_worker_that_stops_leaves_its_share_at_once(self, house: LogUnderTest) -> None:
        anna, ben = house.another_process(), house.another_process()
        house.in_the_end(lambda: [ben.claim(GROUP, TOPIC, "ben")], lambda shares: shares == [house.every])
        ben.release(GROUP, TOPIC, "ben")
        house.in_the_end(lambda: [anna.claim(GROUP, TOPIC, "anna")], lambda shares: shares == [house.every])

    def test_6_more_workers_than_partitions_leave_some_without(self, house: LogUnderTest) -> None:
        workers = [f"worker {number:02}" for number in range(house.partitions + 2)]
        logs = [house.another_process() for _ in workers]
        house.in_the_end(
            lambda: [log.claim(GROUP, TOPIC, worker) for worker, log in zip(workers, logs, strict=True)],
            lambda shares: sorted(len(share) for share in shares) == [0, 0] + [1] * house.partitions,
        )

    def test_6_workers_of_another_group_or_topic_take_nothing_away(self, house: LogUnderTest) -> None:
        others = house.another_process(), house.another_process()
        house.in_the_end(
            lambda: [
                others[0].claim(OTHER_GROUP, TOPIC, "ben"),
                others[1].claim("deliver", Topic.OUTBOX, "chloe"),
                house.log.claim(GROUP, TOPIC, "anna"),
            ],
            lambda shares: shares == [house.every] * 3,
        )

    def test_6_a_partition_may_be_read_without_a_claim(self, house: LogUnderTest) -> None:
        other = house.another_process()
        house.in_the_end(lambda: [other.claim(GROUP, TOPIC, "ben")], lambda shares: shares == [house.every])
        house.publish(a_record("r1"))
        unclaimed = house.another_process()
        position, records = unclaimed.read(GROUP, TOPIC, partition_of("ines", house.partitions), limit=9)
        assert (position.next_offset, ids(records)) == (0, ["r1"])

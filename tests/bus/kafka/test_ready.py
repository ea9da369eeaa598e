"""What lies ready of a partition: an unbroken run, each record once, and no more than fits."""

from __future__ import annotations

import itertools
import random

import pytest

from amends.bus.kafka.ready import ASK_EVERY_S, READY_BYTES, READY_RECORDS, Ready
from tests.bus.kafka.received import FakeReceived


def lay(ready: Ready, *offsets: int) -> None:
    for offset in offsets:
        ready.lay(offset, FakeReceived(value=str(offset).encode()))


def run(ready: Ready, wanted: int, *, limit: int = 100) -> list[int]:
    return [int(record.value or b"-1") for record in ready.take(wanted, limit=limit)]


def test_records_are_handed_out_in_order_and_again_until_the_position_moves() -> None:
    ready = Ready(3)
    lay(ready, 3, 4, 5)

    assert run(ready, 3) == run(ready, 3) == [3, 4, 5]
    assert run(ready, 5) == [5]
    assert run(ready, 6) == []


def test_nothing_is_handed_out_behind_a_gap_until_the_missing_record_comes() -> None:
    ready = Ready(0)
    lay(ready, 0, 2, 3)

    assert run(ready, 0) == [0]
    assert run(ready, 1) == []

    lay(ready, 1, 2, 3)

    assert run(ready, 1) == [1, 2, 3]


def test_a_copy_of_what_lies_there_or_was_done_is_dropped() -> None:
    ready = Ready(2)
    ready.lay(2, FakeReceived(value=b"first"))
    ready.lay(2, FakeReceived(value=b"second"))
    lay(ready, 0, 1)

    assert [record.value for record in ready.take(2, limit=9)] == [b"first"]
    assert ready.size_bytes == len(b"first")


@pytest.mark.parametrize("seed", range(20))
def test_whatever_copies_and_gaps_there_are_each_offset_comes_once_and_in_order(seed: int) -> None:
    chance, ready, seen, wanted = random.Random(seed), Ready(0), [], 0  # noqa: S311 - seeded
    arrived: set[int] = set()
    while wanted < 300:
        # A relay ships again from the first record that did not arrive, or from before it if it was killed.
        first_missing = next(offset for offset in itertools.count() if offset not in arrived)
        for offset in range(max(0, first_missing - chance.randrange(5)), first_missing + 20):
            if chance.random() < 0.8:
                lay(ready, offset)
                arrived.add(offset)
        for offset in run(ready, wanted, limit=chance.randrange(1, 9)):
            assert offset == wanted
            seen.append(offset)
            wanted += 1
    assert seen == list(range(wanted))


def test_enough_is_told_by_number_and_by_bytes_and_ends_when_the_position_moves() -> None:
    by_number, by_bytes = Ready(0), Ready(0)
    lay(by_number, *range(READY_RECORDS))
    by_bytes.lay(0, FakeReceived(value=b"x" * (READY_BYTES - 100), headers=[("large", b"x" * 100)]))

    assert by_number.is_enough
    assert by_bytes.is_enough

    by_number.take(1, limit=1)
    by_bytes.take(1, limit=1)

    assert not by_number.is_enough
    assert not by_bytes.is_enough
    assert by_bytes.size_bytes == 0


def test_a_record_is_late_when_it_was_owed_twice_in_a_row() -> None:
    ready, now = Ready(7), 1_000.0

    assert ready.is_time_to_ask(now)
    ready.note_owed(is_owed=True)
    assert not ready.is_late
    assert not ready.is_time_to_ask(now + ASK_EVERY_S / 2)
    assert ready.is_time_to_ask(now + ASK_EVERY_S)
    ready.note_owed(is_owed=True)
    assert ready.is_late


def test_a_record_that_was_just_shipped_after_a_long_silence_is_not_late() -> None:
    ready, now = Ready(7), 1_000.0
    for round_ in range(5):
        assert ready.is_time_to_ask(now + round_ * 60)
        ready.note_owed(is_owed=True)
        lay(ready, 7 + round_)
        assert run(ready, 7 + round_) == [7 + round_]
        ready.take(8 + round_, limit=1)

        assert not ready.is_late


def test_a_partition_is_read_from_the_table_until_the_two_meet_again() -> None:
    ready = Ready(0)
    for _ in range(2):
        ready.note_owed(is_owed=True)
    ready.take(5, limit=9)

    assert ready.is_late

    lay(ready, 6)
    assert run(ready, 6) == [6]

    assert not ready.is_late


def test_a_partition_rests_while_nothing_lies_ready_and_the_table_was_asked_a_moment_ago() -> None:
    ready, now = Ready(7), 1_000.0

    assert not ready.rests(now)
    ready.is_time_to_ask(now)
    assert ready.rests(now + ASK_EVERY_S / 2)
    assert not ready.rests(now + ASK_EVERY_S)

    lay(ready, 8)
    assert not ready.rests(now + ASK_EVERY_S / 2)


def test_a_partition_that_is_read_from_the_table_does_not_rest() -> None:
    ready, now = Ready(7), 1_000.0
    for round_ in range(2):
        ready.is_time_to_ask(now + round_ * ASK_EVERY_S)
        ready.note_owed(is_owed=True)

    assert not ready.rests(now + ASK_EVERY_S)

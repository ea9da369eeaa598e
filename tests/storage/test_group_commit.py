"""Group commit: many threads, few commits, and nobody is told more than is true."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from amends.errors import Unavailable
from storage.engine import open_engine
from storage.group_commit import GroupCommit
from storage.unit_of_work import Database, SqlUnitOfWork
from tests.conftest import PARTITIONS
from tests.support.builders import a_happening, a_record


class Counted:
    """A database that counts its transactions, and can be down."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.opened = 0
        self.is_down = False

    @contextmanager
    def unit(self) -> Iterator[SqlUnitOfWork]:
        self.opened += 1
        if self.is_down:
            raise Unavailable("the disk is full")
        with self.database.unit() as unit:
            yield unit


def write(number: int) -> Callable[[SqlUnitOfWork], int]:
    def work(unit: SqlUnitOfWork) -> int:
        unit.audit.append([a_happening(number=number)])
        return unit.log.publish([a_record(f"r{number}")]) * number

    return work


def fail(unit: SqlUnitOfWork) -> int:
    unit.audit.append([a_happening("never")])
    raise ZeroDivisionError


def in_threads(count: int, work: Callable[[int], None]) -> None:
    start = threading.Barrier(count)

    def run(number: int) -> None:
        start.wait()
        work(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_many_threads_share_few_commits_and_each_gets_its_own_result(database: Database) -> None:
    counted = Counted(database)
    commits = GroupCommit(counted.unit)
    results: dict[int, int] = {}

    def hand_in(number: int) -> None:
        for turn in range(1, 6):
            piece = number * 5 + turn
            results[piece] = commits.run(write(piece))

    in_threads(30, hand_in)
    assert results == {piece: piece for piece in range(1, 151)}
    assert counted.opened < 100
    with database.reading() as unit:
        assert unit.audit.head()[0] == 150
        assert unit.log.lag("anybody", "messages") == 150


def test_a_piece_that_fails_is_undone_alone(database: Database) -> None:
    commits = GroupCommit(database.unit)
    failed: list[int] = []

    def hand_in(number: int) -> None:
        if number % 4:
            assert commits.run(write(number)) == number
            return
        try:
            commits.run(fail)
        except ZeroDivisionError:
            failed.append(number)

    in_threads(24, hand_in)
    assert sorted(failed) == [0, 4, 8, 12, 16, 20]
    with database.reading() as unit:
        written = [entry.happening_json for entry in unit.audit.every()]
    assert len(written) == 18
    assert not any("never" in one for one in written)


def test_what_was_told_done_is_there_for_another_process(database: Database, database_url: str) -> None:
    GroupCommit(database.unit).run(write(7))
    other = Database(open_engine(database_url), partitions=PARTITIONS)
    with other.reading() as unit:
        assert unit.audit.head()[0] == 1
    other.engine.dispose()


def test_when_the_transaction_fails_every_piece_is_told_and_nothing_is_written(database: Database) -> None:
    counted = Counted(database)
    counted.is_down = True
    commits = GroupCommit(counted.unit)
    told: list[str] = []

    def hand_in(number: int) -> None:
        try:
            commits.run(write(number))
        except Unavailable as why:
            told.append(str(why))

    in_threads(8, hand_in)
    assert told == ["the disk is full"] * 8
    with database.reading() as unit:
        assert unit.audit.head()[0] == 0
    counted.is_down = False
    assert commits.run(write(1)) == 1


def test_one_thread_alone_does_not_wait_for_others(database: Database) -> None:
    commits = GroupCommit(database.unit)
    assert [commits.run(write(number)) for number in (1, 2, 3)] == [1, 2, 3]
    with pytest.raises(ZeroDivisionError):
        commits.run(fail)

"""Whatever happens, in whatever order, each record has its effect once, in order, in each group."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from amends.bus.local import CLAIM_TTL, LocalLog
from amends.bus.port import NewRecord, Position, Record, Topic, partition_of
from amends.domain.audit import Happening
from amends.errors import PositionLost
from storage.engine import open_engine
from storage.unit_of_work import Database
from tests.support.builders import a_record
from tests.support.clock import MONDAY, FakeClock
from tests.support.postgres import a_postgres_database

TOPIC, PARTITIONS = Topic.MESSAGES, 2
GROUPS = ("triage", "respond")
WORKERS = ("anna", "ben", "chloe")
groups, workers, partitions = st.sampled_from(GROUPS), st.sampled_from(WORKERS), st.integers(0, PARTITIONS - 1)
batches = st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["ines", "tom", "uma"])), max_size=5)


class LogMachine(RuleBasedStateMachine):
    """Publishes, reads, commits, rolls back, crashes and claims, beside a model that only counts."""

    #: Makes a database for one run, gives its address, and takes it away.
    a_database: Callable[[], AbstractContextManager[str]]

    def __init__(self) -> None:
        super().__init__()
        self.house = ExitStack()
        self.url = self.house.enter_context(type(self).a_database())
        self.clock = FakeClock()
        self.database = self._open()
        #: What was committed, partition by partition, in order.
        self.published: dict[int, list[str]] = defaultdict(list)
        self.known: set[str] = set()
        #: What each worker has read and not yet done.
        self.in_hand: dict[tuple[str, str, int], tuple[Position, list[Record]]] = {}
        self.logs = {worker: self._log() for worker in WORKERS}

    def _open(self) -> Database:
        return Database(open_engine(self.url), partitions={TOPIC: PARTITIONS})

    def _log(self) -> LocalLog:
        return LocalLog(self.database, partitions={TOPIC: PARTITIONS}, now=self.clock)

    @rule(batch=batches, commits=st.booleans())
    def publish(self, batch: list[tuple[int, str]], commits: bool) -> None:
        records = [a_record(f"r{number}", key=f"{person}{number % 3}") for number, person in batch]
        with self.database.unit() as unit:
            new = unit.log.publish(records)
            if commits:
                unit.commit()
        fresh: dict[str, NewRecord] = {}
        for record in records:
            if record.id not in self.known:
                fresh.setdefault(record.id, record)
        assert new == len(fresh)
        if commits:
            self.known |= set(fresh)
            for record in fresh.values():
                self.published[partition_of(record.key, PARTITIONS)].append(record.id)

    @rule(group=groups, worker=workers, partition=partitions, limit=st.integers(1, 4))
    def read(self, group: str, worker: str, partition: int, limit: int) -> None:
        position, records = self.logs[worker].read(group, TOPIC, partition, limit=limit)
        self.in_hand[group, worker, partition] = position, records

    @rule(group=groups, worker=workers, partition=partitions, commits=st.booleans())
    def do(self, group: str, worker: str, partition: int, commits: bool) -> None:
        position, records = self.in_hand.get((group, worker, partition), (None, []))
        if position is None or not records:
            return
        stands_at = len(self._effects()[group, partition])
        try:
            with self.database.unit() as unit:
                unit.audit.append([_effect(group, record) for record in records])
                unit.log.advance(position, records[-1].next_offset)
                if commits:
                    unit.commit()
        except PositionLost:
            assert stands_at != position.next_offset
        else:
            assert stands_at == position.next_offset

    @rule(worker=workers)
    def crash(self, worker: str) -> None:
        """A worker forgets what it has in hand; a new one opens the database."""
        self.in_hand = {key: value for key, value in self.in_hand.items() if key[1] != worker}
        self.database.engine.dispose()
        self.database = self._open()
        self.logs = {name: self._log() for name in WORKERS}

    @rule(group=groups, worker=workers, releases=st.booleans())
    def claim(self, group: str, worker: str, releases: bool) -> None:
        share = self.logs[worker].claim(group, TOPIC, worker)
        assert set(share) <= set(range(PARTITIONS))
        if releases:
            self.logs[worker].release(group, TOPIC, worker)

    @rule(group=groups)
    def claims_settle(self, group: str) -> None:
        """When all live workers have claimed again, every partition is somebody's, and one's alone."""
        for _ in range(2):
            shares = [self.logs[worker].claim(group, TOPIC, worker) for worker in WORKERS]
            self.clock.time += CLAIM_TTL / 2
        assert sorted(partition for share in shares for partition in share) == list(range(PARTITIONS))

    @invariant()
    def offsets_have_no_gap_and_records_stand_in_the_order_of_their_commits(self) -> None:
        for partition in range(PARTITIONS):
            beginning = Position(group="reader", topic=TOPIC, partition=partition, next_offset=0)
            with self.database.reading() as unit:
                records = unit.log.read(beginning, limit=1_000)
            assert [record.offset for record in records] == list(range(len(records)))
            assert [record.id for record in records] == self.published[partition]

    @invariant()
    def each_record_had_its_effect_once_up_to_the_position_and_none_after(self) -> None:
        effects = self._effects()
        for group in GROUPS:
            done = 0
            for partition in range(PARTITIONS):
                with self.database.reading() as unit:
                    reached = unit.log.position(group, TOPIC, partition).next_offset
                assert effects[group, partition] == self.published[partition][:reached]
                done += reached
            assert self.logs["anna"].lag(group, TOPIC) == len(self.known) - done

    def _effects(self) -> dict[tuple[str, int], list[str]]:
        found: dict[tuple[str, int], list[str]] = defaultdict(list)
        with self.database.reading() as unit:
            for entry in unit.audit.every():
                facts = _facts(entry.happening_json)
                found[facts["group"], facts["partition"]].append(facts["record"])
        return found

    def teardown(self) -> None:
        self.database.engine.dispose()
        self.house.close()


def _effect(group: str, record: Record) -> Happening:
    facts: dict[str, str | int | float | bool | None] = {
        "group": group,
        "partition": record.partition,
        "record": record.id,
    }
    return Happening(at=MONDAY, actor="amends:test", action="effect", subject=record.id, facts=facts)


def _facts(written: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(written)["facts"]
    return found


def run(make: Callable[[], AbstractContextManager[str]], *, examples: int) -> None:
    class OnThisDatabase(LogMachine):
        a_database = staticmethod(make)

    bounds = settings(
        max_examples=examples, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(OnThisDatabase, settings=bounds)


def test_effects_are_exactly_one_whatever_happens(migrated_file: Path) -> None:
    @contextmanager
    def a_file() -> Iterator[str]:
        with TemporaryDirectory() as folder:
            yield f"sqlite:///{shutil.copy(migrated_file, folder)}"

    run(a_file, examples=20)


@pytest.mark.postgres
def test_effects_are_exactly_one_on_postgresql_too() -> None:
    run(a_postgres_database, examples=6)

"""A stage for tests, which fails as it is told, and a runner for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from amends.bus.local import LocalLog
from amends.bus.port import Record, Topic
from amends.bus.runner import StageRunner
from amends.domain.audit import Happening
from amends.domain.dead import DeadLetter, DeadState
from amends.unit_of_work import UnitOfWork
from storage.unit_of_work import Database
from tests.conftest import PARTITIONS
from tests.support.builders import a_record
from tests.support.clock import FakeClock
from tests.support.meter import FakeMeter


def nothing_wrong(record_id: str) -> None:
    """Let a record pass."""


@dataclass
class FakeStage:
    """Writes one audit entry a record. `preparing` and `applying` may raise for a record's id."""

    preparing: Callable[[str], None] = nothing_wrong
    applying: Callable[[str], None] = nothing_wrong
    batches: list[list[str]] = field(default_factory=list)
    name: str = "testing"
    topic: str = Topic.MESSAGES

    def prepare(self, records: Sequence[Record], *, at: datetime) -> list[Record]:
        self.batches.append([record.id for record in records])
        for record in records:
            self.preparing(record.id)
        return list(records)

    def apply(self, unit: UnitOfWork, prepared: list[Record], *, at: datetime) -> dict[str, int]:
        for record in prepared:
            unit.audit.append([Happening(at=record.at, actor="amends:test", action="done", subject=record.id)])
            self.applying(record.id)
        return {"done": len(prepared)}


@dataclass
class Workshop:
    """A stage on a real log, with a runner to turn by hand."""

    database: Database
    clock: FakeClock
    stage: FakeStage = field(default_factory=FakeStage)
    meter: FakeMeter = field(default_factory=FakeMeter)

    def publish(self, *ids: str, key: str = "ines") -> None:
        with self.database.unit() as unit:
            unit.log.publish([a_record(one, key=key) for one in ids])
            unit.commit()

    def runner(self, *, batch: int = 10, worker: str = "anna", is_timed: bool = False) -> StageRunner[list[Record]]:
        """Make a runner: the longest pauses by the fake clock, or the shortest by the real one if `is_timed`."""
        return StageRunner(
            self.stage,
            LocalLog(self.database, partitions=PARTITIONS, now=self.clock),
            self.database.unit,
            worker=worker,
            now=self.clock,
            batch=batch,
            clock=time.monotonic if is_timed else lambda: self.clock.time.timestamp(),
            chance=lambda: 0.0 if is_timed else 0.999,
            meter=self.meter,
        )

    def dead(self, *, state: DeadState | None = DeadState.WAITING) -> list[DeadLetter]:
        """Give the dead letters, oldest first."""
        with self.database.reading() as unit:
            return unit.dead.listed(state=state, limit=1_000)

    def on_dead_topic(self) -> list[Record]:
        """Give the records on the topic of dead letters."""
        with self.database.reading() as unit:
            return [
                record
                for partition in range(PARTITIONS[Topic.DEAD])
                for record in unit.log.read(unit.log.position("test", Topic.DEAD, partition), limit=1_000)
            ]

    @property
    def done(self) -> list[str]:
        with self.database.reading() as unit:
            return [entry.happening_json.split('"subject":"')[1].rstrip('"}') for entry in unit.audit.every()]

    @property
    def lag(self) -> int:
        with self.database.reading() as unit:
            return unit.log.lag(self.stage.name, self.stage.topic)

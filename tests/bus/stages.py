"""A stage for tests, which fails as it is told, and a runner for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from amends.bus.local import LocalLog
from amends.bus.port import Record, Topic
from amends.bus.runner import StageRunner
from amends.domain.audit import Happening
from amends.unit_of_work import UnitOfWork
from storage.unit_of_work import Database
from tests.conftest import PARTITIONS
from tests.support.builders import a_record
from tests.support.clock import FakeClock


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

    def apply(self, unit: UnitOfWork, prepared: list[Record], *, at: datetime) -> None:
        for record in prepared:
            unit.audit.append([Happening(at=record.at, actor="amends:test", action="done", subject=record.id)])
            self.applying(record.id)


@dataclass
class Workshop:
    """A stage on a real log, with a runner to turn by hand."""

    database: Database
    clock: FakeClock
    stage: FakeStage = field(default_factory=FakeStage)

    def publish(self, *ids: str, key: str = "ines") -> None:
        with self.database.unit() as unit:
            unit.log.publish([a_record(one, key=key) for one in ids])
            unit.commit()

    def runner(self, *, batch: int = 10, worker: str = "anna") -> StageRunner[list[Record]]:
        log = LocalLog(self.database, partitions=PARTITIONS, now=self.clock)
        return StageRunner(self.stage, log, self.database.unit, worker=worker, now=self.clock, batch=batch)

    @property
    def done(self) -> list[str]:
        with self.database.reading() as unit:
            return [entry.happening_json.split('"subject":"')[1].rstrip('"}') for entry in unit.audit.every()]

    @property
    def lag(self) -> int:
        with self.database.reading() as unit:
            return unit.log.lag(self.stage.name, self.stage.topic)

"""A worker in a process of its own: it writes one audit entry a record, and may be killed at any moment."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Event

from amends.bus.local import LocalLog
from amends.bus.port import TOPICS, Record, Topic
from amends.bus.runner import StageRunner
from amends.domain.audit import Happening
from amends.unit_of_work import UnitOfWork
from storage.engine import open_engine
from storage.unit_of_work import Database

GROUP, TOPIC = "counting", Topic.MESSAGES
PARTITIONS = dict.fromkeys(TOPICS, 4)
#: How much faster than ours the workers' clock runs, so that the dead lose their claims soon.
HASTE = 60


class CountingStage:
    """Writes down each record that it sees."""

    name, topic = GROUP, TOPIC

    def prepare(self, records: Sequence[Record], *, at: datetime) -> list[Record]:
        return list(records)

    def apply(self, unit: UnitOfWork, prepared: list[Record], *, at: datetime) -> None:
        for record in prepared:
            unit.audit.append(
                [Happening(at=record.at, actor="amends:test", action="counted", subject=f"record:{record.id}")]
            )
            # Time for a kill to come in the middle of a transaction.
            time.sleep(0.0005)


def hasty_now() -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=time.time() * HASTE % 1e8)


def work(url: str, name: str) -> None:
    """Work until nothing is left."""
    database = Database(open_engine(url), partitions=PARTITIONS)
    log = LocalLog(database, partitions=PARTITIONS, now=hasty_now)
    runner = StageRunner(CountingStage(), log, database.unit, worker=name, now=hasty_now, batch=7)
    runner.run(Event(), until_idle=lambda: log.lag(GROUP, TOPIC) == 0)
    database.engine.dispose()

"""An installation whose judge, or whole triage stage, can be exchanged for what is compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from amends.bus.port import NewRecord, Record, Topic
from amends.bus.runner import Stage
from amends.compose import House, Reading
from amends.domain.audit import Happening
from amends.meter import NO_METER, Meter
from amends.ports import Judge
from amends.unit_of_work import UnitOfWork
from amends.wire import TRIAGED
from bench.textcat import ConstantJudge, TextcatJudge

#: Judges by name; any other name is the folder of a `textcat`.
SHIPPED, CONSTANT = "shipped", "constant"
#: A stage in the place of triage that files nothing.
BUS = "bus"


@dataclass(frozen=True, kw_only=True)
class ComparedHouse(House):
    """An installation that judges with `judged_by`."""

    judged_by: str = SHIPPED

    @cached_property
    def judge(self) -> Judge:
        """The judge that is asked for."""
        if self.judged_by == SHIPPED:
            return super().judge
        return ConstantJudge() if self.judged_by == CONSTANT else TextcatJudge(Path(self.judged_by))

    def stage(self, name: str, *, reading: Reading | None = None, meter: Meter = NO_METER) -> Stage[Any]:
        """Make a stage."""
        return BusStage() if name == BUS else super().stage(name, reading=reading, meter=meter)


class BusStage:
    """Triage replaced by a constant: writes one row for each message, an entry of the audit trail, and passes it on."""

    name = "triage"
    topic = Topic.MESSAGES

    def prepare(self, records: Sequence[Record], *, at: datetime) -> Sequence[Record]:
        """Think nothing."""
        return records

    def apply(self, unit: UnitOfWork, prepared: Sequence[Record], *, at: datetime) -> None:
        """Write a row and publish a record for each message."""
        unit.audit.append(
            [
                Happening(
                    at=at, actor="bench", action="message.judged", subject=f"message:{record.id}", facts={"kind": "x"}
                )
                for record in prepared
            ]
        )
        unit.log.publish(
            [
                NewRecord(
                    topic=Topic.TRIAGED,
                    key=record.key,
                    id=record.id,
                    type=TRIAGED,
                    at=at,
                    body=b'{"kind":"x"}',
                    headers={**record.headers, "ce_type": TRIAGED, "ce_time": at.isoformat()},
                )
                for record in prepared
            ]
        )

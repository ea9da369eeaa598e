"""Whether what was due was done in time: counted from the clocks that started in a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, exists, or_, select

from amends.domain.clock import ClockKind
from amends.domain.period import Period
from storage.tables import cases, clocks, outcomes


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeliness:
    """What became of the clocks of one kind that started in a period; each is counted once.

    `in_time` and `late` were done, `overdue` are not done and should be, `waiting` have
    time left. `dropped` were stopped by something else: the case was closed, or counted
    anew. `median` and `ninetieth` (the time that nine of ten kept to) are of what was
    done, counted from where the clock starts; None where nothing was.
    """

    in_time: int
    late: int
    overdue: int
    waiting: int
    dropped: int
    median: timedelta | None
    ninetieth: timedelta | None

    @property
    def done(self) -> int:
        """How many were done."""
        return self.in_time + self.late

    @property
    def decided(self) -> int:
        """Of how many it is known whether they kept to their time."""
        return self.done + self.overdue


def timeliness(
    connection: Connection, kind: ClockKind, *, now: datetime, period: Period, wanted: Sequence[ColumnElement[bool]]
) -> Timeliness:
    """Count the clocks of a kind that started in a period, of the wanted cases."""
    again = clocks.alias("again")
    dropped = or_(
        exists().where(outcomes.c.case_id == clocks.c.case_id, outcomes.c.recorded_at == clocks.c.stopped_at),
        exists().where(
            again.c.case_id == clocks.c.case_id,
            again.c.kind == clocks.c.kind,
            again.c.started_at == clocks.c.stopped_at,
        ),
    )
    rows = connection.execute(
        select(clocks.c.started_at, clocks.c.due_at, clocks.c.stopped_at, dropped.label("dropped"))
        .select_from(clocks.join(cases, cases.c.id == clocks.c.case_id))
        .where(
            clocks.c.kind == kind.value,
            clocks.c.started_at >= period.since,
            clocks.c.started_at < period.until,
            *wanted,
        )
    )
    counted = dict.fromkeys(("in_time", "late", "overdue", "waiting", "dropped"), 0)
    took: list[timedelta] = []
    for row in rows:
        if row.stopped_at is None:
            counted["overdue" if now > row.due_at else "waiting"] += 1
        elif row.dropped:
            counted["dropped"] += 1
        else:
            counted["in_time" if row.stopped_at <= row.due_at else "late"] += 1
            took.append(row.stopped_at - row.started_at)
    took.sort()
    return Timeliness(**counted, median=share_of(took, 50), ninetieth=share_of(took, 90))


def share_of(took: Sequence[timedelta], percent: int) -> timedelta | None:
    """Give the shortest of some sorted times that at least so many percent of them kept to; None where there are none.

    That is the nearest rank: always a time that really was, never one between two.
    """
    return took[-(-len(took) * percent // 100) - 1] if took else None

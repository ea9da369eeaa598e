"""Where each case that waits for people stands in the queue, kept beside the cases.

How a case ranks changes with time: each clock that runs adds points three days before it
runs out, one day before, and once it has. To count all clocks of a long queue whenever
somebody looks at it takes most of a second. So each open case has a row here, and so has each that is
answered while a clock of it still runs: a rights request is owed whatever was said to the complaint.

1. What does not change by itself is written by the transaction that changes the case, its
   clocks or its messages (`Places.renew`), in two statements for all that it touched.
2. Beside it stands how it ranks, and from when until when that holds. Whoever looks at the
   queue takes the rank of a row that holds at that moment, and counts the clocks of the
   others (`storage/queue.py`): what is shown is right whether anybody counted or not.
3. `Places.count` counts those that hold no more. The desk calls it every few seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy import update as update_rows

from amends.domain.case import CaseState
from amends.domain.priority import (
    ALWAYS_BEFORE,
    BY_SEVERITY,
    COMPLAINT,
    DOUBT,
    DUE_WITHIN,
    OVERDUE,
    PER_UNANSWERED,
    UNANSWERED_AT_MOST,
    pressure,
    steady,
)
from amends.domain.verdict import FlagName, Kind
from storage.rows import chunks, one_of
from storage.tables import IS_OPEN, cases, clocks, flags, messages, queue_places

#: The bit of each flag. What is stored counts on these numbers: a new flag gets one of its own.
BIT_OF_FLAG: Mapping[FlagName, int] = {
    FlagName.SAFETY: 1 << 0,
    FlagName.SAFEGUARDING: 1 << 1,
    FlagName.SELF_HARM: 1 << 2,
    FlagName.VULNERABLE: 1 << 3,
    FlagName.DISCRIMINATION: 1 << 4,
    FlagName.STAFF_MISCONDUCT: 1 << 5,
    FlagName.FRAUD: 1 << 6,
    FlagName.DATA_BREACH: 1 << 7,
    FlagName.RIGHTS_REQUEST: 1 << 8,
    FlagName.LEGAL_THREAT: 1 << 9,
    FlagName.REGULATOR: 1 << 10,
    FlagName.MEDIA: 1 << 11,
    FlagName.FINANCIAL_LOSS: 1 << 12,
    FlagName.ESSENTIAL_SUPPLY: 1 << 13,
    FlagName.REPEAT_CONTACT: 1 << 14,
    FlagName.BROKEN_PROMISE: 1 << 15,
    FlagName.MANY_AFFECTED: 1 << 16,
    FlagName.ABUSIVE_LANGUAGE: 1 << 17,
}
_COUNT = (
    update_rows(queue_places)
    .where(queue_places.c.case_id == bindparam("of_case"))
    .values({name: bindparam(name) for name in ("rank", "holds_from", "holds_until")})
)


class Places:
    """The places of cases within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._touched: set[str] = set()

    def touch(self, *case_ids: str) -> None:
        """Note that cases, their clocks or their messages were changed."""
        self._touched.update(case_ids)

    def renew(self) -> None:
        """Write the places of all cases that were touched anew."""
        for chunk in chunks(sorted(self._touched)):
            self._connection.execute(
                delete(queue_places).where(one_of(self._connection, queue_places.c.case_id, chunk))
            )
            fill(self._connection, one_of(self._connection, cases.c.id, chunk))
        self._touched.clear()

    def count(self, *, now: datetime, limit: int = 500) -> int:
        """Count at most `limit` places whose rank does not hold at `now`, and say how many they were."""
        found = self._connection.execute(
            select(queue_places.c.case_id, queue_places.c.points).where(or_(ended(now), not_yet(now))).limit(limit)
        ).all()
        dues: dict[str, list[datetime]] = defaultdict(list)
        for chunk in chunks([row.case_id for row in found]):
            running = select(clocks.c.case_id, clocks.c.due_at).where(
                one_of(self._connection, clocks.c.case_id, chunk), clocks.c.stopped_at.is_(None)
            )
            for row in self._connection.execute(running):
                dues[row.case_id].append(row.due_at)
        counted = []
        for row in found:
            since, until = steady(dues[row.case_id], now=now)
            points = row.points + sum(pressure(due_at, now=now) for due_at in dues[row.case_id])
            counted.append({"of_case": row.case_id, "rank": -points, "holds_from": since, "holds_until": until})
        if counted:
            self._connection.execute(_COUNT, counted)
        return len(counted)


def fill(connection: Connection, *which: ColumnElement[bool]) -> None:
    """Write the places of those cases among `which` that wait for people; none may have one yet.

    Their ranks wait to be counted.
    """
    next_due = (
        select(func.min(clocks.c.due_at))
        .where(clocks.c.case_id == cases.c.id, clocks.c.stopped_at.is_(None))
        .scalar_subquery()
    )
    bits = case({name.value: bit for name, bit in BIT_OF_FLAG.items()}, value=flags.c.name, else_=0)
    flagged = (
        select(func.coalesce(func.sum(bits.distinct()), 0))
        .select_from(messages.join(flags, flags.c.message_id == messages.c.id))
        .where(messages.c.case_id == cases.c.id)
        .scalar_subquery()
    )
    never = literal(ALWAYS_BEFORE, queue_places.c.holds_from.type)
    values = {
        "case_id": cases.c.id,
        **{name: cases.c[name] for name in ("opened_at", "kind", "severity", "channel", "owner", "needs_person")},
        "state": cases.c.state,
        "flags": flagged,
        "next_due": next_due,
        "points": case_points(),
        "rank": literal(0),
        "holds_from": never,
        "holds_until": never,
    }
    still_owed = and_(cases.c.state == CaseState.ANSWERED.value, next_due.is_not(None))
    waits = or_(text(IS_OPEN), still_owed)
    connection.execute(insert(queue_places).from_select(list(values), select(*values.values()).where(waits, *which)))


def ended(now: datetime) -> ColumnElement[bool]:
    """Say that a place's rank holds no more at a moment."""
    return queue_places.c.holds_until <= now


def not_yet(now: datetime) -> ColumnElement[bool]:
    """Say that a place's rank does not hold yet at a moment: it was counted by a clock ahead of ours."""
    return and_(queue_places.c.holds_from > now, (queue_places.c.holds_until > now).is_(True))


def case_points() -> ColumnElement[int]:
    """Count the points of a case as `amends.domain.priority.factors` does."""
    extra = cases.c.unanswered - 1
    return (
        case({level.value: points for level, points in BY_SEVERITY.items()}, value=cases.c.severity, else_=0)
        + case((cases.c.needs_person.is_(True), DOUBT), else_=0)
        + case((cases.c.kind == Kind.COMPLAINT.value, COMPLAINT), else_=0)
        + case((extra < 1, 0), (extra > UNANSWERED_AT_MOST, UNANSWERED_AT_MOST), else_=extra) * PER_UNANSWERED
    )


def clock_points(now: datetime) -> ColumnElement[int]:
    """Count the points of a clock that runs, as `amends.domain.priority.pressure` does."""
    soon = [(clocks.c.due_at <= now + within, points) for within, (points, _) in DUE_WITHIN.items()]
    return case((clocks.c.due_at < now, OVERDUE), *soon, else_=0)

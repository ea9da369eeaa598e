"""The overview for managers: what is open now, and how a period went. Read straight from the tables.

1. Every open case stands in exactly one place: overdue, due today, due later, or without a date.
   So the parts of each table add up to the number of open cases.
2. What happened in a period is counted by days as they begin and end in the zone of the clocks.
3. A filter asks what a case is now, not what it was at that time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, case, func, literal, select, text

from amends.domain.channel import Channel
from amends.domain.clock import ClockKind
from amends.domain.outcome import Resolved, Upheld
from amends.domain.period import Period, Step
from amends.domain.verdict import Kind, Severity
from storage.tables import IS_OPEN, cases, clocks, outcomes
from storage.timeliness import Timeliness, timeliness

_ENDINGS = outcomes.join(cases, cases.c.id == outcomes.c.case_id)


class Standing(StrEnum):
    """Where an open case stands with its deadlines."""

    OVERDUE = "overdue"
    DUE_TODAY = "due_today"
    DUE_LATER = "due_later"
    NO_DATE = "no_date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """Which cases are counted: those of a channel, a kind, a severity; all where nothing is said."""

    channel: Channel | None = None
    kind: Kind | None = None
    severity: Severity | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Say it of the table of cases."""
        wanted: list[ColumnElement[bool]] = []
        if self.channel is not None:
            wanted.append(cases.c.channel == self.channel.value)
        if self.kind is not None:
            wanted.append(cases.c.kind == self.kind.value)
        if self.severity is not None:
            wanted.append(cases.c.severity == self.severity.value)
        return wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCases:
    """Open cases of one sort. `unacknowledged` says in how many an acknowledgement is still owed."""

    name: str
    by_standing: Mapping[Standing, int]
    unacknowledged: int
    needs_person: int

    @property
    def in_all(self) -> int:
        """How many there are."""
        return sum(self.by_standing.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenNow:
    """What is open at a moment, sorted in four ways. Nobody's cases have the owner ""."""

    in_all: OpenCases
    by_channel: tuple[OpenCases, ...]
    by_kind: tuple[OpenCases, ...]
    by_severity: tuple[OpenCases, ...]
    by_owner: tuple[OpenCases, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """How many cases were opened in some days, and how many were closed. A case closed twice counts twice."""

    first: date
    last: date
    opened: int
    closed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All of it, as of one moment."""

    at: datetime
    period: Period
    step: Step
    narrowed: Narrowed
    open_now: OpenNow
    flow: tuple[Flow, ...]
    acknowledgement: Timeliness
    response: Timeliness
    outcomes: Mapping[tuple[Upheld, Resolved], int]


def overview(
    connection: Connection, *, now: datetime, period: Period, step: Step | None = None, narrowed: Narrowed | None = None
) -> Overview:
    """Count everything once. On a connection that sees one moment, the numbers of its parts agree.

    Raises:
        ValueError: the period is too long for single days.
    """
    asked = narrowed or Narrowed()
    cut_by = step or period.usual_step
    pieces = period.cut(cut_by)
    wanted = asked.conditions()
    opened = _by_piece(connection, cases, cases.c.opened_at, pieces, wanted)
    closed = _by_piece(connection, _ENDINGS, outcomes.c.recorded_at, pieces, wanted)
    return Overview(
        at=now,
        period=period,
        step=cut_by,
        narrowed=asked,
        open_now=_open_now(connection, now=now, tonight=_end_of_day(now, period), wanted=wanted),
        flow=tuple(
            Flow(first=piece.first, last=piece.last, opened=opened[number], closed=closed[number])
            for number, piece in enumerate(pieces)
        ),
        acknowledgement=timeliness(connection, ClockKind.ACKNOWLEDGEMENT, now=now, period=period, wanted=wanted),
        response=timeliness(connection, ClockKind.RESPONSE, now=now, period=period, wanted=wanted),
        outcomes=_outcomes(connection, period, wanted),
    )


def _end_of_day(now: datetime, period: Period) -> datetime:
    today = now.astimezone(period.zone).date()
    return replace(period, first=today, last=today).until


def _open_now(
    connection: Connection, *, now: datetime, tonight: datetime, wanted: Sequence[ColumnElement[bool]]
) -> OpenNow:
    running = (
        select(
            clocks.c.case_id,
            func.min(clocks.c.due_at).label("next_due"),
            func.max(case((clocks.c.kind == ClockKind.ACKNOWLEDGEMENT.value, 1), else_=0)).label("owes"),
        )
        .where(clocks.c.stopped_at.is_(None))
        .group_by(clocks.c.case_id)
        .subquery()
    )
    standing = case(
        (running.c.next_due.is_(None), literal(Standing.NO_DATE.value)),
        (running.c.next_due < now, literal(Standing.OVERDUE.value)),
        (running.c.next_due < tonight, literal(Standing.DUE_TODAY.value)),
        else_=literal(Standing.DUE_LATER.value),
    )
    each = (
        select(
            cases.c.channel,
            cases.c.kind,
            cases.c.severity,
            cases.c.owner,
            cases.c.needs_person,
            standing.label("standing"),
            func.coalesce(running.c.owes, 0).label("owes"),
        )
        .select_from(cases.outerjoin(running, running.c.case_id == cases.c.id))
        .where(text(IS_OPEN), *wanted)
        .subquery()
    )
    found: Sequence[Row[Any]] = connection.execute(select(*each.c, func.count().label("cases")).group_by(*each.c)).all()  # type: ignore[assignment]  # its columns are not counted
    return OpenNow(
        in_all=_open_cases("", found),
        by_channel=_sorted_by(found, lambda row: str(row.channel), tuple(Channel)),
        by_kind=_sorted_by(found, lambda row: str(row.kind), tuple(kind for kind in Kind if kind.is_from_a_customer)),
        by_severity=_sorted_by(
            found,
            lambda row: Severity(row.severity).word if row.severity is not None else "",
            (*(level.word for level in reversed(Severity)), ""),
        ),
        by_owner=_by_owner(found),
    )


def _sorted_by(
    found: Sequence[Row[Any]], name_of: Callable[[Row[Any]], str], names: Sequence[str]
) -> tuple[OpenCases, ...]:
    return tuple(_open_cases(str(name), [row for row in found if name_of(row) == name]) for name in names)


def _by_owner(found: Sequence[Row[Any]]) -> tuple[OpenCases, ...]:
    """Sort by owner: what nobody has first, then whoever has most."""
    of_owner: dict[str, list[Row[Any]]] = {}
    for row in found:
        of_owner.setdefault(row.owner, []).append(row)
    counted = [_open_cases(owner, rows) for owner, rows in of_owner.items()]
    return tuple(sorted(counted, key=lambda one: (one.name != "", -one.in_all, one.name)))


def _open_cases(name: str, rows: Sequence[Row[Any]]) -> OpenCases:
    by_standing: Counter[str] = Counter()
    for row in rows:
        by_standing[row.standing] += row.cases
    return OpenCases(
        name=name,
        by_standing={standing: by_standing[standing.value] for standing in Standing},
        unacknowledged=sum(row.cases for row in rows if row.owes),
        needs_person=sum(row.cases for row in rows if row.needs_person),
    )


def _by_piece(
    connection: Connection,
    source: FromClause,
    moment: ColumnElement[datetime],
    pieces: Sequence[Period],
    wanted: Sequence[ColumnElement[bool]],
) -> Mapping[int, int]:
    """Count moments by the piece of the period that they fall into."""
    which = case(*((moment < piece.until, number) for number, piece in enumerate(pieces)), else_=-1)
    each = (
        select(which.label("piece"))
        .select_from(source)
        .where(moment >= pieces[0].since, moment < pieces[-1].until, *wanted)
        .subquery()
    )
    counted: Counter[int] = Counter()
    for piece, count in connection.execute(select(each.c.piece, func.count()).group_by(each.c.piece)):
        counted[piece] += count
    return counted


def _outcomes(
    connection: Connection, period: Period, wanted: Sequence[ColumnElement[bool]]
) -> Mapping[tuple[Upheld, Resolved], int]:
    rows = connection.execute(
        select(outcomes.c.upheld, outcomes.c.resolved, func.count())
        .select_from(_ENDINGS)
        .where(outcomes.c.recorded_at >= period.since, outcomes.c.recorded_at < period.until, *wanted)
        .group_by(outcomes.c.upheld, outcomes.c.resolved)
    )
    counted = {(Upheld(upheld), Resolved(resolved)): count for upheld, resolved, count in rows}
    return {(upheld, resolved): counted.get((upheld, resolved), 0) for upheld in Upheld for resolved in Resolved}

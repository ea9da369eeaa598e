"""Reads for people: straight from the tables, bypassing the stores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, TextClause, case, func, select, text

from amends.domain.case import Case
from amends.domain.clock import Clock
from amends.domain.priority import (
    BY_SEVERITY,
    COMPLAINT,
    DOUBT,
    DUE_WITHIN,
    OVERDUE,
    PER_UNANSWERED,
    UNANSWERED_AT_MOST,
    Factor,
    factors,
    score,
)
from amends.domain.verdict import Kind, Severity
from storage.cases import case_of
from storage.clocks import clock_of
from storage.rows import chunks
from storage.tables import (
    IS_OPEN,
    arrivals,
    audit_entries,
    cases,
    clocks,
    dead_letters,
    links,
    messages,
    parked,
    replies,
    tasks,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One open case with its place in the queue and the reasons for it."""

    case: Case
    clocks: tuple[Clock, ...]
    factors: tuple[Factor, ...]

    @property
    def score(self) -> int:
        """The sum of the factors."""
        return score(self.factors)

    @property
    def next_due(self) -> datetime | None:
        """When the next of its clocks runs out."""
        return min((clock.due_at for clock in self.clocks if clock.stopped_at is None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The top of the queue, and how many cases there are in all."""

    rows: tuple[QueueRow, ...]
    in_all: int


def queue(
    connection: Connection,
    *,
    now: datetime,
    limit: int,
    kind: Kind | None = None,
    severity: Severity | None = None,
    owner: str | None = None,
    needs_person: bool | None = None,
) -> Queue:
    """Give the cases that wait for people, what to do next first, `limit` of them. `severity` means that or worse.

    The database does the counting and gives the cases at the top; why each stands where
    it stands is told from the case and its clocks.
    """
    wanted: list[ColumnElement[bool] | TextClause] = [text(IS_OPEN)]
    if kind is not None:
        wanted.append(cases.c.kind == kind.value)
    if severity is not None:
        wanted.append(cases.c.severity >= severity)
    if owner is not None:
        wanted.append(cases.c.owner == owner)
    if needs_person is not None:
        wanted.append(cases.c.needs_person.is_(needs_person))
    in_all = connection.scalar(select(func.count()).select_from(cases).where(*wanted)) or 0
    pressing = (
        select(clocks.c.case_id, func.sum(_clock_points(now)).label("points"))
        .where(clocks.c.stopped_at.is_(None))
        .group_by(clocks.c.case_id)
        .subquery()
    )
    points = _case_points() + func.coalesce(pressing.c.points, 0)
    top = connection.execute(
        select(cases)
        .select_from(cases.outerjoin(pressing, pressing.c.case_id == cases.c.id))
        .where(*wanted)
        .order_by(points.desc(), cases.c.opened_at, cases.c.id)
        .limit(limit)
    ).all()
    running: dict[str, list[Clock]] = defaultdict(list)
    for chunk in chunks([row.id for row in top]):
        of_top = clocks.c.case_id.in_(chunk) & clocks.c.stopped_at.is_(None)
        for row in connection.execute(select(clocks).where(of_top).order_by(clocks.c.due_at, clocks.c.kind)):
            running[row.case_id].append(clock_of(row))
    rows = []
    for row in top:
        found, of_case = case_of(row), tuple(running[row.id])
        rows.append(QueueRow(case=found, clocks=of_case, factors=factors(found, of_case, now=now)))
    return Queue(rows=tuple(rows), in_all=in_all)


def _case_points() -> ColumnElement[int]:
    """Count the points of a case as `amends.domain.priority.factors` does."""
    extra = cases.c.unanswered - 1
    return (
        case({level.value: points for level, points in BY_SEVERITY.items()}, value=cases.c.severity, else_=0)
        + case((cases.c.needs_person.is_(True), DOUBT), else_=0)
        + case((cases.c.kind == Kind.COMPLAINT.value, COMPLAINT), else_=0)
        + case((extra < 1, 0), (extra > UNANSWERED_AT_MOST, UNANSWERED_AT_MOST), else_=extra) * PER_UNANSWERED
    )


def _clock_points(now: datetime) -> ColumnElement[int]:
    """Count the points of a clock that runs."""
    soon = [(clocks.c.due_at <= now + within, points) for within, (points, _) in DUE_WITHIN.items()]
    return case((clocks.c.due_at < now, OVERDUE), *soon, else_=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How much there is of everything."""

    messages: int
    by_channel: Mapping[str, int]
    by_kind: Mapping[str, int]
    by_severity: Mapping[str, int]
    cases: int
    cases_by_kind: Mapping[str, int]
    needs_person: int
    replies: Mapping[str, int]
    acknowledgements_sent: int
    in_review: int
    parked: Mapping[str, int]
    dead: Mapping[str, int]
    fates: Mapping[str, int]
    links: Mapping[str, int]
    tasks: Mapping[str, int]
    audit_entries: int


def summary(connection: Connection) -> Summary:
    """Count everything once."""

    def counted(column: Column[Any], *where: ColumnElement[bool]) -> dict[str, int]:
        statement = select(column, func.count()).where(*where).group_by(column).order_by(column)
        return {str(name): count for name, count in connection.execute(statement)}

    def count(table: Table, *where: ColumnElement[bool]) -> int:
        return connection.scalar(select(func.count()).select_from(table).where(*where)) or 0

    by_severity = counted(cases.c.severity, cases.c.severity.is_not(None))
    return Summary(
        messages=count(messages),
        by_channel=counted(messages.c.channel),
        by_kind=counted(messages.c.kind),
        by_severity={level.word: by_severity.get(str(level.value), 0) for level in reversed(Severity)},
        cases=count(cases),
        cases_by_kind=counted(cases.c.kind),
        needs_person=count(cases, cases.c.needs_person.is_(True)),
        replies=counted(replies.c.state),
        acknowledgements_sent=count(replies, replies.c.purpose == "acknowledgement", replies.c.state == "sent"),
        in_review=count(replies, replies.c.state == "in_review"),
        parked=counted(parked.c.reason, parked.c.state == "waiting"),
        dead=counted(dead_letters.c.reason, dead_letters.c.state == "waiting"),
        fates=counted(arrivals.c.fate),
        links=counted(links.c.kind, links.c.state == "suggested"),
        tasks=counted(tasks.c.kind, tasks.c.done_at.is_(None)),
        audit_entries=count(audit_entries),
    )

"""Reads for people: straight from the tables, bypassing the stores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, func, select

from amends.domain.case import Case, CaseState
from amends.domain.clock import Clock
from amends.domain.priority import Factor, factors, score
from amends.domain.verdict import Kind, Severity
from storage.cases import case_of
from storage.clocks import clock_of
from storage.tables import arrivals, audit_entries, cases, clocks, dead_letters, links, messages, parked, replies, tasks


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


def queue(
    connection: Connection,
    *,
    now: datetime,
    kind: Kind | None = None,
    severity: Severity | None = None,
    owner: str | None = None,
    needs_person: bool | None = None,
) -> list[QueueRow]:
    """List the cases that wait for people, what to do next first. `severity` means that or worse."""
    statement = select(cases).where(cases.c.state.notin_([CaseState.CLOSED.value, CaseState.ANSWERED.value]))
    if kind is not None:
        statement = statement.where(cases.c.kind == kind.value)
    if severity is not None:
        statement = statement.where(cases.c.severity >= severity)
    if owner is not None:
        statement = statement.where(cases.c.owner == owner)
    if needs_person is not None:
        statement = statement.where(cases.c.needs_person.is_(needs_person))
    running: dict[str, list[Clock]] = defaultdict(list)
    open_ids = statement.with_only_columns(cases.c.id)
    for row in connection.execute(select(clocks).where(clocks.c.stopped_at.is_(None), clocks.c.case_id.in_(open_ids))):
        running[row.case_id].append(clock_of(row))
    found = []
    for row in connection.execute(statement):
        case = case_of(row)
        of_case = tuple(running.get(case.id, ()))
        found.append(QueueRow(case=case, clocks=of_case, factors=factors(case, of_case, now=now)))
    return sorted(found, key=lambda row: (-row.score, row.case.opened_at, row.case.id))


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

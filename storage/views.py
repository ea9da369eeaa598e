"""How much there is of everything: straight from the tables, bypassing the stores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, func, select

from amends.domain.verdict import Severity
from storage.tables import (
    arrivals,
    audit_entries,
    cases,
    dead_letters,
    links,
    messages,
    parked,
    replies,
    tasks,
)


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

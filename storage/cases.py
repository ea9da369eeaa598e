"""The cases, and the outcomes recorded of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, or_, select, update

from amends.domain.case import Case, CaseState
from amends.domain.channel import Channel
from amends.domain.outcome import Outcome, Resolved, Upheld
from amends.domain.verdict import Kind, Severity
from amends.errors import NotFound, Refused
from storage.places import Places
from storage.rows import chunks, insert_rows, one_of
from storage.tables import (
    case_leases,
    cases,
    clocks,
    deliveries,
    links,
    matter_marks,
    messages,
    notes,
    outcomes,
    queue_places,
    replies,
    tasks,
    thread_names,
)

#: What keeps a case from being forgotten, and how it is called.
HANGS_ON_A_CASE = (
    (messages, "messages"),
    (replies, "replies"),
    (deliveries, "deliveries"),
    (tasks, "tasks"),
    (notes, "notes"),
    (outcomes, "an outcome"),
    (thread_names, "names that answers point at"),
)

_SAVE = (
    update(cases)
    .where(cases.c.id == bindparam("this_id"), cases.c.version == bindparam("version_before"))
    .values({column.name: bindparam(column.name) for column in cases.columns if column.name != "id"})
)


class SqlCaseStore:
    """Cases within one transaction."""

    def __init__(self, connection: Connection, places: Places) -> None:
        self._connection = connection
        self._places = places

    def get(self, case_id: str) -> Case:
        """Give one case."""
        row = self._connection.execute(select(cases).where(cases.c.id == case_id)).first()
        if row is None:
            raise NotFound(f"no case has the reference {case_id!r}; see `amends queue list`")
        return case_of(row)

    def get_many(self, case_ids: Collection[str]) -> dict[str, Case]:
        """Give those of these cases that exist."""
        return {
            row.id: case_of(row)
            for chunk in chunks(set(case_ids))
            for row in self._connection.execute(select(cases).where(one_of(self._connection, cases.c.id, chunk)))
        }

    def open_of(self, owner: str) -> list[Case]:
        """Give the cases of an owner that are not closed, by reference."""
        theirs = cases.c.owner == owner, cases.c.state != CaseState.CLOSED.value
        return [case_of(row) for row in self._connection.execute(select(cases).where(*theirs).order_by(cases.c.id))]

    def add(self, new: Sequence[Case]) -> None:
        """Store new cases."""
        if new:
            insert_rows(self._connection, cases, [_row(case) for case in new])
            self._places.touch(*(case.id for case in new))

    def save(self, changed: Sequence[Case]) -> None:
        """Store changed cases, each if its version is the one before."""
        if not changed:
            return
        rows = [{**_row(case), "version_before": case.version - 1} for case in changed]
        for row in rows:
            row["this_id"] = row.pop("id")
        saved = self._connection.execute(_SAVE, rows)
        if saved.rowcount != len(rows):
            which = f"case {changed[0].id}" if len(rows) == 1 else f"one of {len(rows)} cases"
            raise Refused(f"somebody else has changed {which} meanwhile; look at it again, then decide")
        self._places.touch(*(case.id for case in changed))

    def drop(self, case_id: str) -> None:
        """Forget a case that nothing was ever done on."""
        for table, what in HANGS_ON_A_CASE:
            held = self._connection.scalar(select(func.count()).where(table.c.case_id == case_id))
            if held:
                raise Refused(f"{case_id} has {what}: it cannot be undone any more; close it with an outcome")
        self._connection.execute(delete(links).where(or_(links.c.case_id == case_id, links.c.other_case_id == case_id)))
        for table in (clocks, matter_marks, queue_places, case_leases):
            self._connection.execute(delete(table).where(table.c.case_id == case_id))
        self._connection.execute(delete(cases).where(cases.c.id == case_id))

    def record_outcome(self, outcome: Outcome) -> None:
        """Add an outcome after those that are there."""
        number = self._connection.scalar(
            select(func.coalesce(func.max(outcomes.c.number), 0)).where(outcomes.c.case_id == outcome.case_id)
        )
        self._connection.execute(
            insert(outcomes).values(
                case_id=outcome.case_id,
                number=(number or 0) + 1,
                upheld=outcome.upheld.value,
                resolved=outcome.resolved.value,
                summary=outcome.summary,
                remedy=outcome.remedy,
                cause=outcome.cause,
                lessons=outcome.lessons,
                recorded_by=outcome.recorded_by,
                recorded_at=outcome.recorded_at,
            )
        )

    def outcomes(self, case_id: str) -> list[Outcome]:
        """Give a case's outcomes, oldest first."""
        rows = self._connection.execute(
            select(outcomes).where(outcomes.c.case_id == case_id).order_by(outcomes.c.number)
        )
        return [
            Outcome(
                case_id=row.case_id,
                upheld=Upheld(row.upheld),
                resolved=Resolved(row.resolved),
                summary=row.summary,
                remedy=row.remedy,
                cause=row.cause,
                lessons=row.lessons,
                recorded_by=row.recorded_by,
                recorded_at=row.recorded_at,
            )
            for row in rows
        ]


def case_of(row: Row[Any]) -> Case:
    """Read a case from its row."""
    return Case(
        id=row.id,
        contact_id=row.contact_id,
        channel=Channel(row.channel),
        kind=Kind(row.kind),
        severity=None if row.severity is None else Severity(row.severity),
        needs_person=row.needs_person,
        state=CaseState(row.state),
        subject=row.subject,
        opened_at=row.opened_at,
        last_message_at=row.last_message_at,
        complaint_since=row.complaint_since,
        owner=row.owner,
        kind_set_by=row.kind_set_by,
        severity_set_by=row.severity_set_by,
        messages=row.messages,
        unanswered=row.unanswered,
        version=row.version,
    )


def _row(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "contact_id": case.contact_id,
        "channel": case.channel.value,
        "kind": case.kind.value,
        "severity": case.severity,
        "needs_person": case.needs_person,
        "state": case.state.value,
        "subject": case.subject,
        "opened_at": case.opened_at,
        "last_message_at": case.last_message_at,
        "complaint_since": case.complaint_since,
        "owner": case.owner,
        "kind_set_by": case.kind_set_by,
        "severity_set_by": case.severity_set_by,
        "messages": case.messages,
        "unanswered": case.unanswered,
        "version": case.version,
    }

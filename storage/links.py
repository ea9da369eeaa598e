"""Suggested links between cases, and the marks by which the same matter is found again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, or_, select, update

from amends.domain.link import Link, LinkKind, LinkState
from amends.errors import NotFound
from storage.rows import chunks, insert_new, one_of
from storage.tables import links, matter_marks


class SqlLinkStore:
    """Links within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def suggest(self, suggested: Sequence[Link]) -> None:
        """Store suggestions."""
        insert_new(
            self._connection,
            links,
            [
                {
                    "case_id": link.case_id,
                    "other_case_id": link.other_case_id,
                    "kind": link.kind.value,
                    "reasons": list(link.reasons),
                    "suggested_at": link.suggested_at,
                    "state": link.state.value,
                    "settled_by": link.settled_by,
                }
                for link in suggested
            ],
        )

    def of_case(self, case_id: str) -> list[Link]:
        """Give the links of a case, on either side of it."""
        rows = self._connection.execute(
            select(links)
            .where(or_(links.c.case_id == case_id, links.c.other_case_id == case_id))
            .order_by(links.c.suggested_at, links.c.case_id, links.c.other_case_id)
        )
        return [
            Link(
                case_id=row.case_id,
                other_case_id=row.other_case_id,
                kind=LinkKind(row.kind),
                reasons=tuple(row.reasons),
                suggested_at=row.suggested_at,
                state=LinkState(row.state),
                settled_by=row.settled_by,
            )
            for row in rows
        ]

    def settle(self, case_id: str, other_case_id: str, state: LinkState, *, by: str) -> None:
        """Accept or refuse a suggestion, whichever way round it was made."""
        both = {case_id, other_case_id}
        settled = self._connection.execute(
            update(links)
            .where(links.c.case_id.in_(both), links.c.other_case_id.in_(both))
            .values(state=state.value, settled_by=by)
        )
        if settled.rowcount == 0:
            raise NotFound(f"nobody suggested that {case_id} and {other_case_id} belong together")

    def unsettle(self, case_id: str, other_case_id: str) -> None:
        """Make a settled link a suggestion again, whichever way round it was made."""
        both = {case_id, other_case_id}
        undone = self._connection.execute(
            update(links)
            .where(
                links.c.case_id.in_(both),
                links.c.other_case_id.in_(both),
                links.c.state != LinkState.SUGGESTED.value,
            )
            .values(state=LinkState.SUGGESTED.value, settled_by="")
        )
        if undone.rowcount == 0:
            raise NotFound(f"nobody has accepted or refused that {case_id} and {other_case_id} belong together")

    def holders(self, marks: Collection[str], *, since: datetime) -> dict[str, list[str]]:
        """Find the cases that have had these marks."""
        found: dict[str, list[str]] = defaultdict(list)
        for chunk in chunks(marks):
            rows = self._connection.execute(
                select(matter_marks.c.mark, matter_marks.c.case_id).where(
                    one_of(self._connection, matter_marks.c.mark, chunk), matter_marks.c.at >= since
                )
            )
            for mark, case_id in rows:
                found[mark].append(case_id)
        return found

    def mark(self, marks: Mapping[str, Collection[str]], *, at: datetime) -> None:
        """Remember marks of cases; one that a case has already stays as it is."""
        insert_new(
            self._connection,
            matter_marks,
            [{"mark": mark, "case_id": case_id, "at": at} for case_id, of_case in marks.items() for mark in of_case],
        )

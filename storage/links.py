"""Suggested links between cases, and the marks by which the same matter is found again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, or_, select, update

from amends.domain.link import Link, LinkKind, LinkState
from amends.errors import NotFound
from amends.unit_of_work import HOLDERS_AT_MOST, SharedMarks
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

    def sharing(
        self, marks: Mapping[str, Collection[str]], *, since: datetime
    ) -> Mapping[str, Mapping[str, SharedMarks]]:
        """Find other cases with the same marks."""
        wanted: dict[str, list[str]] = defaultdict(list)
        for case_id, of_case in marks.items():
            for mark in of_case:
                wanted[mark].append(case_id)
        found: dict[str, dict[str, SharedMarks]] = defaultdict(dict)
        for chunk in chunks(wanted):
            rows = self._connection.execute(
                select(matter_marks).where(
                    one_of(self._connection, matter_marks.c.mark, chunk), matter_marks.c.at >= since
                )
            )
            for row in rows:
                for case_id in wanted[row.mark]:
                    if case_id != row.case_id:
                        before = found[case_id].get(row.case_id)
                        marks_before = before.marks if before else frozenset()
                        found[case_id][row.case_id] = SharedMarks(marks=marks_before | {row.mark}, at=row.at)
        return found

    def mark(self, marks: Mapping[str, Collection[str]], *, at: datetime, common: Collection[str] = ()) -> None:
        """Remember the marks of cases, but for the common ones."""
        insert_new(
            self._connection,
            matter_marks,
            [
                {"mark": mark, "case_id": case_id, "at": at}
                for case_id, of_case in marks.items()
                for mark in of_case
                if mark not in common
            ],
        )

    def common(self, marks: Collection[str], *, since: datetime) -> set[str]:
        """Say which of these marks enough cases have had since `since`."""
        return {
            mark
            for chunk in chunks(marks)
            for mark in self._connection.scalars(
                select(matter_marks.c.mark)
                .where(one_of(self._connection, matter_marks.c.mark, chunk), matter_marks.c.at >= since)
                .group_by(matter_marks.c.mark)
                .having(func.count() >= HOLDERS_AT_MOST)
            )
        }

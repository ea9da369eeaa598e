"""What a search of the queue shows: the cases found, open or closed, told as the queue tells them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from sqlalchemy import Connection, select

from amends.domain.due import horizon
from storage.queue import EVERYTHING, QueueRow, Wanted, narrowed, narrowed_by_place, rows_of
from storage.search import find
from storage.tables import cases, queue_places


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRows:
    """A page of what was found; the first `exact` of them were named exactly. `next` begins the next page."""

    rows: tuple[QueueRow, ...]
    exact: int
    next: int | None


def look_for(
    connection: Connection,
    asked: str,
    *,
    now: datetime,
    limit: int,
    wanted: Wanted = EVERYTHING,
    before: int | None = None,
    zone: tzinfo = UTC,
) -> FoundRows:
    """Look for cases by a reference, an address, a handle or words that were said, among those that are wanted.

    Only open cases are due and have flags in the queue, so what is wanted by these is open.
    """
    among = narrowed(wanted, cases)
    if by_place := narrowed_by_place(wanted, horizon(now, zone)):
        among.append(cases.c.id.in_(select(queue_places.c.case_id).where(*by_place)))
    found = find(connection, asked, limit=limit, before=before, among=among)
    return FoundRows(rows=rows_of(connection, found.case_ids, now=now), exact=found.exact, next=found.next)

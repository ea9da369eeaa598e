"""What a row of the queue tells beside its place: who writes, what they said last, which words were flagged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from amends.domain.case import Case
from amends.domain.verdict import FlagName
from amends.wire import decode_message
from storage.rows import chunks, one_of
from storage.tables import contacts, flags, identities, messages

_QUOTE_AT_MOST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """`person` is a name, else an address; `said` the beginning of the newest message; `flags` each with its words."""

    person: str = ""
    said: str = ""
    flags: tuple[tuple[FlagName, str], ...] = ()


def details(connection: Connection, found: Sequence[Case], *, letters: int) -> dict[str, Details]:
    """Tell of each of these cases; `letters` is how much of the newest message is given."""
    people = _people(connection, [case.contact_id for case in found])
    said = _newest_words(connection, [case.id for case in found], letters)
    flagged = _flagged(connection, [case.id for case in found])
    return {
        case.id: Details(
            person=people.get(case.contact_id, ""), said=said.get(case.id, ""), flags=tuple(flagged[case.id].items())
        )
        for case in found
    }


def _people(connection: Connection, contact_ids: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for chunk in chunks(sorted(set(contact_ids))):
        named = (
            select(contacts.c.id, contacts.c.name, func.min(identities.c.value).label("address"))
            .outerjoin(identities, identities.c.contact_id == contacts.c.id)
            .where(one_of(connection, contacts.c.id, chunk))
            .group_by(contacts.c.id, contacts.c.name)
        )
        found |= {row.id: row.name or row.address or "" for row in connection.execute(named)}
    return found


def _newest_words(connection: Connection, case_ids: Sequence[str], letters: int) -> dict[str, str]:
    found: dict[str, str] = {}
    for chunk in chunks(case_ids):
        place = func.row_number().over(
            partition_by=messages.c.case_id,
            order_by=(messages.c.number.desc(), messages.c.received_at.desc(), messages.c.id.desc()),
        )
        newest = (
            select(messages.c.id, place.label("place")).where(one_of(connection, messages.c.case_id, chunk)).subquery()
        )
        # Two questions: asked as one, SQLite would read every message.
        ids = list(connection.scalars(select(newest.c.id).where(newest.c.place == 1)))
        bodies = select(messages.c.case_id, messages.c.body).where(one_of(connection, messages.c.id, ids))
        for row in connection.execute(bodies):
            words = " ".join(decode_message(row.body).own_words[: letters * 4].split())
            found[row.case_id] = words if len(words) <= letters else f"{words[:letters].rstrip()}…"
    return found


def _flagged(connection: Connection, case_ids: Sequence[str]) -> dict[str, dict[FlagName, str]]:
    found: dict[str, dict[FlagName, str]] = defaultdict(dict)
    for chunk in chunks(case_ids):
        raised = (
            select(messages.c.case_id, flags.c.name, flags.c.quote)
            .join(flags, flags.c.message_id == messages.c.id)
            .where(one_of(connection, messages.c.case_id, chunk))
            .order_by(messages.c.case_id, flags.c.severity.desc().nulls_last(), messages.c.number, flags.c.number)
        )
        for row in connection.execute(raised):
            found[row.case_id].setdefault(FlagName(row.name), " ".join(row.quote.split())[:_QUOTE_AT_MOST])
    return found

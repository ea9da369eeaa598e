"""Finds cases by what was said in them and who said it, the newest message first.

SQLite keeps the words in an FTS5 table beside `search_words`, PostgreSQL in a GIN index on it
(`storage/migrations/versions/v0008_queue.py`). Both are written with the message, in one
transaction. A word finds every word that begins with it, once it has three letters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    cast,
    column,
    func,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from amends.domain.contact import IdentityKind
from amends.domain.ids import read_reference
from amends.domain.search_words import asked_words, mark
from storage.numbers import Numbers
from storage.rows import insert_rows, one_of
from storage.tables import cases, identities, messages, search_words

#: What SQLite's table and those behind it are called.
FTS_TABLE = "search_index"
#: What PostgreSQL's index is called.
GIN_INDEX = "ix_search_words_vector"
#: What PostgreSQL's index is of, in the very words of the migration: else it is not used.
_VECTOR = "array_to_tsvector(string_to_array(search_words.words, ' '))"
_fts = table(FTS_TABLE, column("rowid"), column("words"))
_ADD_TO_FTS = text(f"INSERT INTO {FTS_TABLE} (rowid, words) VALUES (:number, :words)")  # noqa: S608
#: From so many letters on a word stands for all that begin with it.
_BEGINS_FROM = 3
#: So many of the newest messages PostgreSQL looks at one by one, before it asks its index.
_AMONG_THE_NEWEST = 1_000
#: So many exact finds, at most, stand before the rest.
_EXACT_AT_MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of what was found: the cases in order, how many of them were named exactly, and where the next begins."""

    case_ids: tuple[str, ...]
    exact: int
    next: int | None


def add_words(connection: Connection, filed: Mapping[str, str], numbers: Numbers) -> None:
    """Make messages findable: from their ids to their words."""
    rows = [
        {"message_id": message_id, "number": number, "words": words}
        for number, (message_id, words) in enumerate(filed.items(), start=numbers.last_words() + 1)
    ]
    insert_rows(connection, search_words, rows)
    if rows and connection.dialect.name == "sqlite":
        connection.execute(_ADD_TO_FTS, [{"number": row["number"], "words": row["words"]} for row in rows])


def find(
    connection: Connection,
    asked: str,
    *,
    limit: int,
    before: int | None = None,
    among: Sequence[ColumnElement[bool]] = (),
) -> Found:
    """Find cases, `limit` of them: first those that `asked` names exactly, then those with all its words.

    `among` narrows which cases count. `before` goes on after a page. Any text gives an
    answer: what holds no word finds nothing.
    """
    exact = _exact(connection, asked, among)
    found = list(exact) if before is None else []
    words = asked_words(asked)
    at, shown = before, set(exact)
    while words and len(found) <= limit:
        hits = _hits(connection, words, before=at, limit=limit * 2, among=among)
        repeated = set() if before is None else _said_again(connection, words, hits, since=before)
        for number, case_id in hits:
            if case_id not in shown and case_id not in repeated:
                if len(found) >= limit:
                    return Found(case_ids=tuple(found), exact=_there(exact, before), next=at)
                found.append(case_id)
                shown.add(case_id)
            at = number
        if len(hits) < limit * 2:
            break
    return Found(case_ids=tuple(found[:limit]), exact=_there(exact, before), next=None)


def _there(exact: Sequence[str], before: int | None) -> int:
    return len(exact) if before is None else 0


def _exact(connection: Connection, asked: str, among: Sequence[ColumnElement[bool]]) -> list[str]:
    """Name the cases of this reference, this address or this handle, the newest first."""
    # What UTF-8 cannot hold reaches no database.
    said = asked.strip().encode("utf-8", "replace").decode()
    by_reference = list(connection.scalars(select(cases.c.id).where(cases.c.id == read_reference(said), *among)))
    if not said or any(sign.isspace() for sign in said):
        return by_reference
    by_address = select(identities.c.contact_id).where(
        identities.c.kind.in_([kind.value for kind in IdentityKind]), identities.c.value == said.lower()
    )
    by_person = connection.scalars(
        select(cases.c.id)
        .where(cases.c.contact_id.in_(by_address), *among)
        .order_by(cases.c.last_message_at.desc(), cases.c.id)
        .limit(_EXACT_AT_MOST)
    )
    by_mark = _hits(connection, [mark(said)], before=None, limit=_EXACT_AT_MOST, among=among, are_rare=True)
    return list(dict.fromkeys([*by_reference, *by_person, *(case_id for _, case_id in by_mark)]))[:_EXACT_AT_MOST]


def _hits(
    connection: Connection,
    words: Sequence[str],
    *,
    before: int | None,
    limit: int,
    among: Sequence[ColumnElement[bool]],
    are_rare: bool = False,
) -> list[tuple[int, str]]:
    """Give the newest messages with all these words. Words that `are_rare` are looked for by the index of words."""
    number = _number(connection)
    statement = _matching(connection, words).join(cases, cases.c.id == messages.c.case_id).where(*among)
    if before is not None:
        statement = statement.where(number < before)
    # By a sum no index gives the order: PostgreSQL would go through all messages for a word that few have.
    newest = statement.order_by((number + 0 if are_rare else number).desc()).limit(limit)
    if connection.dialect.name == "postgresql" and not are_rare:
        # Its index gives all messages with a word, in no order. A common word is soon found among the newest.
        first = before if before is not None else connection.scalar(select(func.max(search_words.c.number))) or 0
        found = connection.execute(newest.where(number >= first - _AMONG_THE_NEWEST)).all()
        if len(found) == limit:
            return [(row.number, row.case_id) for row in found]
    return [(row.number, row.case_id) for row in connection.execute(newest)]


def _said_again(
    connection: Connection, words: Sequence[str], hits: Sequence[tuple[int, str]], *, since: int
) -> set[str]:
    """Name the cases of these hits that an earlier page has shown, for a later message."""
    later = (
        select(search_words.c.number)
        .join(messages, messages.c.id == search_words.c.message_id)
        .where(one_of(connection, messages.c.case_id, sorted({case_id for _, case_id in hits})))
        .where(search_words.c.number >= since)
    )
    numbers = list(connection.scalars(later))
    if not numbers:
        return set()
    again = _matching(connection, words).where(_number(connection).in_(numbers))
    return {row.case_id for row in connection.execute(again)}


def _matching(connection: Connection, words: Sequence[str]) -> Select[tuple[int, str]]:
    """Select the numbers of messages with all these words, each with its case."""
    number = _number(connection)
    if connection.dialect.name == "sqlite":
        source: FromClause = _fts.join(search_words, search_words.c.number == _fts.c.rowid)
        said = " ".join(f'"{word}"*' if _is_beginning(word) else f'"{word}"' for word in words)
        matches = literal_column(FTS_TABLE).op("MATCH")(said)
    else:
        source = search_words
        said = " & ".join(f"'{word}':*" if _is_beginning(word) else f"'{word}'" for word in words)
        matches = literal_column(_VECTOR).op("@@")(cast(said, TSQUERY))
    return (
        select(number.label("number"), messages.c.case_id)
        .select_from(source.join(messages, messages.c.id == search_words.c.message_id))
        .where(matches, messages.c.case_id.is_not(None))
    )


def _number(connection: Connection) -> ColumnElement[int]:
    return _fts.c.rowid if connection.dialect.name == "sqlite" else search_words.c.number


def _is_beginning(word: str) -> bool:
    return len(word) >= _BEGINS_FROM and not word.startswith("@")

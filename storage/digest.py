"""Digests of what the tables hold, the same on every kind of database, to compare two of them.

1. A table's digest is the SHA-256 of its rows in the order of their keys, each as one
   line of JSON with sorted names.
2. Words are in the order of their UTF-8 bytes; a NUL, which PostgreSQL cannot hold, counts
   as U+FFFD. Times are in UTC, in microseconds. Bytes stand for themselves by their SHA-256.
3. Left out is what was not derived from the log: see `LEFT_OUT`, `COLUMNS_LEFT_OUT` and `NAMES_LEFT_OUT`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, String, collate, select

from storage.columns import UtcTime
from storage.engine import told_plainly
from storage.tables import metadata
from storage.unit_of_work import Database

#: Tables that tell nothing of what was taken in or done, and why.
LEFT_OUT: Mapping[str, str] = {
    "log_workers": "which workers live at this moment",
    "log_shipped": "how far the relay has come",
    "leases": "who reads a source at this moment",
    "api_answers": "what programs were answered in the last day, should they ask again",
    "webhook_progress": "how far programs were told of what happened",
    "webhook_calls": "which calls to them are still to be made",
    "accounts": "who may use the desk, with secrets that no log may hold",
    "account_links": "one-time links, of which the database knows the digests alone",
    "desk_sessions": "who is signed in at this moment",
    "case_leases": "who works on a case at this moment",
    "saved_views": "views of the queue that people keep, of accounts that no log holds",
    "looks": "when connectors last looked",
}
#: Columns likewise.
COLUMNS_LEFT_OUT: Mapping[str, Mapping[str, str]] = {
    "log_positions": {"mark": "where a broker keeps what comes next, in its own count"},
    "queue_places": dict.fromkeys(("rank", "holds_from", "holds_until"), "how a case ranked when it was last counted"),
    "search_words": {"number": "messages of before there was a search were numbered by their dates"},
}
#: Names in JSON likewise: a trace tells how a record was watched.
NAMES_LEFT_OUT = frozenset({"traceparent"})
_ROWS_AT_A_TIME = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDigest:
    """What one table holds."""

    table: str
    rows: int
    sha256: str


def digests(database: Database) -> list[TableDigest]:
    """Digest every table that was derived, all as of one moment."""
    with database.looking() as connection:
        return [_digest(connection, name) for name in derived_tables()]


def derived_tables() -> list[str]:
    """Name the tables that a rebuild makes anew, in alphabetical order."""
    return sorted(name for name in metadata.tables if name not in LEFT_OUT)


def first_difference(one: Database, other: Database, table: str) -> str:
    """Say at which key two tables first differ; empty when they do not."""
    with told_plainly(), one.looking() as here, other.looking() as there:
        for mine, theirs in zip_longest(_lines(here, table), _lines(there, table)):
            if mine != theirs:
                key = min(line.key for line in (mine, theirs) if line is not None)
                return ", ".join(map(str, key))
    return ""


def _digest(connection: Connection, table: str) -> TableDigest:
    sealed = hashlib.sha256()
    rows = 0
    for line in _lines(connection, table):
        sealed.update(line.body)
        rows += 1
    return TableDigest(table=table, rows=rows, sha256=sealed.hexdigest())


@dataclass(frozen=True, slots=True)
class _Line:
    key: tuple[Any, ...]
    body: bytes


def _lines(connection: Connection, table: str) -> Iterator[_Line]:
    statement, names, keys = _selected(table, connection.dialect.name)
    found = connection.execution_options(yield_per=_ROWS_AT_A_TIME).execute(statement)
    for row in found:
        values = _values(row, names)
        line = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        key = tuple(values[name] for name in keys)
        yield _Line(key, line.encode("utf-8", "surrogatepass") + b"\n")


def _selected(table: str, dialect: str) -> tuple[Select[Any], list[str], list[str]]:
    found = metadata.tables[table]
    columns = [column for column in found.columns if column.name not in COLUMNS_LEFT_OUT.get(table, {})]
    keys = list(found.primary_key.columns)
    # Each database orders words in its own way. SQLite goes by their bytes, and PostgreSQL calls that "C".
    order = [_by_bytes(key) if dialect == "postgresql" else key for key in keys]
    return select(*columns).order_by(*order), [column.name for column in columns], [key.name for key in keys]


def _by_bytes(column: Column[Any]) -> ColumnElement[Any]:
    impl = getattr(column.type, "impl", column.type)
    return collate(column, "C") if isinstance(impl, String) and not isinstance(column.type, UtcTime) else column


def _values(row: Row[Any], names: list[str]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in zip(names, row, strict=True)}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, bytes | memoryview):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, Mapping):
        return {_plain(name): _plain(found) for name, found in value.items() if name not in NAMES_LEFT_OUT}
    if isinstance(value, list):
        return [_plain(found) for found in value]
    return value

"""Small ways of reading and writing rows that every store shares."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

#: How many values one `IN (…)` holds: well under what either database allows.
_IN_AT_MOST = 500


def chunks(values: Collection[T]) -> Iterator[Sequence[T]]:
    """Cut many values into lists that fit into one `IN (…)`."""
    listed = list(values)
    for start in range(0, len(listed), _IN_AT_MOST):
        yield listed[start : start + _IN_AT_MOST]


def insert_new(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows; one whose key exists leaves what is there as it is."""
    listed = list(rows)
    if not listed:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(sqlite.insert(table).on_conflict_do_nothing(), listed)
    else:
        connection.execute(postgresql.insert(table).on_conflict_do_nothing(), listed)


def insert_or_replace(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows; one whose key exists is replaced."""
    listed = list(rows)
    if not listed:
        return
    keys = [column.name for column in table.primary_key.columns]
    others = [column.name for column in table.columns if column.name not in keys]
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = make(table)
    connection.execute(
        statement.on_conflict_do_update(index_elements=keys, set_={name: statement.excluded[name] for name in others}),
        listed,
    )

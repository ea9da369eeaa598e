"""Small ways of reading and writing rows that every store shares.

PostgreSQL is handed the rows of a batch as one array a column (`unnest`): one statement
and one round trip however many rows there are. SQLite runs one prepared statement a row
in this very process, which is as cheap.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import JSON, Column, ColumnElement, Connection, Table, false, insert
from sqlalchemy.dialects import sqlite

T = TypeVar("T")
Row = dict[str, Any]

#: How many values one `IN (…)` holds: well under what either database allows.
_IN_AT_MOST = 500
_NO_DIGIT = re.compile("[^0-9a-f]")


def chunks(values: Collection[T]) -> Iterator[Sequence[T]]:
    """Cut many values into lists that fit into one `IN (…)`."""
    listed = list(values)
    for start in range(0, len(listed), _IN_AT_MOST):
        yield listed[start : start + _IN_AT_MOST]


def begins_with(column: Column[str], prefix: str) -> ColumnElement[bool]:
    """Say that an id of hexadecimal digits begins with `prefix`, so that an index answers it whatever its collation.

    What is no beginning of such an id matches nothing.
    """
    digits = prefix.strip().lower()
    if not digits or _NO_DIGIT.search(digits):
        return false()
    # The letter after the last digit comes after every id that goes on with a digit.
    return (column >= digits) & (column < digits + "g")


def insert_rows(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert rows; a key that exists is an error."""
    listed = list(rows)
    if not listed:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(insert(table), listed)
    else:
        _insert_arrays(connection, table, listed)


def insert_new(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert rows; one whose key exists leaves what is there as it is."""
    listed = list(rows)
    if not listed:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(sqlite.insert(table).on_conflict_do_nothing(), listed)
    else:
        _insert_arrays(connection, table, listed, "ON CONFLICT DO NOTHING")


def insert_or_replace(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert rows; one whose key exists is replaced, and of two with one key the last stays."""
    keys = [column.name for column in table.primary_key.columns]
    stored = {key: _stored(connection, table.columns[key]) for key in keys}
    # Compared as they are stored: what differs only in what a column cannot hold is one key.
    listed = list({tuple(stored[key](row[key]) for key in keys): row for row in rows}.values())
    if not listed:
        return
    others = [column.name for column in table.columns if column.name not in keys]
    if connection.dialect.name == "sqlite":
        statement = sqlite.insert(table)
        replacing = {name: statement.excluded[name] for name in others}
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=replacing), listed)
    else:
        assignments = ", ".join(f'"{name}" = excluded."{name}"' for name in others)
        on = ", ".join(f'"{key}"' for key in keys)
        _insert_arrays(connection, table, listed, f"ON CONFLICT ({on}) DO UPDATE SET {assignments}")


def _insert_arrays(connection: Connection, table: Table, rows: Sequence[Row], on_conflict: str = "") -> None:
    columns = [table.columns[name] for name in rows[0]]
    names = ", ".join(f'"{column.name}"' for column in columns)
    arrays = ", ".join(f"%s::{_array_of(connection, column)}[]" for column in columns)
    taken = ", ".join(f"u.c{n}{_cast(column)}" for n, column in enumerate(columns))
    aliases = ", ".join(f"c{n}" for n in range(len(columns)))
    # Names of our own tables and columns; every value travels as a parameter.
    statement = (
        f'INSERT INTO "{table.name}" ({names}) SELECT {taken} FROM unnest({arrays}) AS u({aliases}) {on_conflict}'  # noqa: S608
    )
    connection.exec_driver_sql(statement, tuple(_values(connection, column, rows) for column in columns))


def _values(connection: Connection, column: Column[Any], rows: Sequence[Row]) -> list[Any]:
    name = column.name
    if isinstance(column.type, JSON):
        return [json.dumps(row[name]) for row in rows]
    stored = _stored(connection, column)
    return [stored(row[name]) for row in rows]


def _stored(connection: Connection, column: Column[Any]) -> Callable[[Any], Any]:
    """Give what turns a value into what the driver is handed."""
    bind = column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    return (lambda value: value) if bind is None else bind


def _array_of(connection: Connection, column: Column[Any]) -> str:
    # An array of JSON texts: each becomes JSON where it is inserted.
    return "text" if isinstance(column.type, JSON) else column.type.compile(connection.dialect)


def _cast(column: Column[Any]) -> str:
    return "::json" if isinstance(column.type, JSON) else ""

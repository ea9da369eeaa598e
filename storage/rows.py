"""Small ways of reading and writing rows that every store shares.

PostgreSQL is handed the rows of a batch as one array a column (`unnest`): one statement
and one round trip however many rows there are. SQLite runs one prepared statement a row
in this very process, which is as cheap.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Float,
    Integer,
    LargeBinary,
    Table,
    any_,
    bindparam,
    false,
    insert,
    select,
    tuple_,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import UserDefinedType

from storage.ahead import SENDS_AHEAD, send_ahead
from storage.columns import Words

T = TypeVar("T")
Row = dict[str, Any]


class _ArrayOfWords(UserDefinedType[str]):
    """An array as `array` writes it. The parameter itself has the type: what is cast later cannot be planned for."""

    cache_ok = True
    render_bind_cast = True

    def get_col_spec(self, **_kw: Any) -> str:
        return "TEXT[]"


_NULL = "NULL"
#: How many values one `IN (…)` holds: well under what either database allows.
_IN_AT_MOST = 500
_NO_DIGIT = re.compile("[^0-9a-f]")


def comes_after(connection: Connection, order: Sequence[Column[Any]], row_id: str) -> ColumnElement[bool] | None:
    """Say what comes after a row, in an order that ends with the row's id; None where there is no such row."""
    last = connection.execute(select(*order).where(order[-1] == row_id)).first()
    if last is None:
        return None
    return tuple_(*order) > tuple_(
        *(bindparam(None, value, column.type) for value, column in zip(last, order, strict=True))
    )


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


def one_of(connection: Connection, column: Column[str], values: Sequence[str]) -> ColumnElement[bool]:
    """Say that a column of words holds one of these values.

    PostgreSQL gets them as one array: a statement that has a parameter for each would be
    another one for each number of them, to be taken apart by the driver and planned anew.
    """
    if connection.dialect.name == "sqlite":
        return column.in_(values)
    return column == any_(bindparam(None, array(connection, column, values), _ArrayOfWords()))


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
    arrays = ", ".join(f"%s::{array_type(connection, column)}" for column in columns)
    taken = ", ".join(f"u.c{n}{_cast(column)}" for n, column in enumerate(columns))
    aliases = ", ".join(f"c{n}" for n in range(len(columns)))
    # Names of our own tables and columns; every value travels as a parameter.
    statement = (
        f'INSERT INTO "{table.name}" ({names}) SELECT {taken} FROM unnest({arrays}) AS u({aliases}) {on_conflict}'  # noqa: S608
    )
    values = tuple(array(connection, column, [row[column.name] for row in rows]) for column in columns)
    if connection.get_execution_options().get(SENDS_AHEAD):
        send_ahead(connection, statement, values)
    else:
        connection.exec_driver_sql(statement, values)


def array_type(connection: Connection, column: Column[Any]) -> str:
    """Give the type of an array of a column's values. JSON travels as text: each becomes JSON where it is inserted."""
    return "text[]" if isinstance(column.type, JSON) else f"{column.type.compile(connection.dialect)}[]"


def array(connection: Connection, column: Column[Any], values: Iterable[Any]) -> str:
    """Write values of a column as one array, in PostgreSQL's own notation.

    The driver would write it as well, but letter by letter: a reply of a thousand letters with its
    checks costs it two milliseconds.
    """
    if isinstance(column.type, JSON):
        return _array_of_words([json.dumps(value) for value in values])
    if isinstance(column.type, LargeBinary):
        return "{" + ",".join([_NULL if value is None else f'"\\\\x{value.hex()}"' for value in values]) + "}"
    if isinstance(column.type, (Integer, Float, Boolean)):
        # An IntEnum is a number of its own name.
        return "{" + ",".join([_NULL if value is None else str(value + 0) for value in values]) + "}"
    if type(column.type) is Words:
        # A column at once: to bind word by word takes longer than all else that is done here.
        return _array_of_words(list(values))
    bind = _stored(connection, column)
    listed = list(values)
    # The rows of a batch share many a value, its moment above all.
    written = {value: str(bind(value)) for value in set(listed) if value is not None}
    return _array_of_words([written.get(value) for value in listed])


def _stored(connection: Connection, column: Column[Any]) -> Callable[[Any], Any]:
    """Give what turns a value into what the driver is handed."""
    bind = column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    return (lambda value: value) if bind is None else bind


def _array_of_words(values: Sequence[str | None]) -> str:
    if not values:
        return "{}"
    if None in values:
        return (
            "{" + ",".join([_NULL if value is None else f'"{_escaped(_without_nul(value))}"' for value in values]) + "}"
        )
    # PostgreSQL holds no NUL, so it parts the words while all of them are escaped at once.
    joined = "\0".join(cast(Sequence[str], values))
    if joined.count("\0") >= len(values):
        joined = "\0".join(_without_nul(cast(str, value)) for value in values)
    return '{"' + _escaped(joined).replace("\0", '","') + '"}'


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace('"', '\\"')


def _without_nul(words: str) -> str:
    return words.replace("\0", "\ufffd")


def _cast(column: Column[Any]) -> str:
    return "::json" if isinstance(column.type, JSON) else ""

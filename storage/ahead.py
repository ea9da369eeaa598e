"""Inserts that are sent ahead: PostgreSQL works on them while the next rows are being written down.

Psycopg's pipeline mode sends a statement and does not wait for what comes of it. SQLAlchemy knows nothing of it and
wants to see what each of its statements gave, so a pipeline is left before the next of those. What an insert that was
sent ahead fails of is told there, or where the transaction ends; whatever was sent after it fails with it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

#: A connection's execution option: whether its inserts are sent ahead.
SENDS_AHEAD = "amends_sends_ahead"

_OPEN = "amends_pipeline"


def send_ahead(connection: Connection, statement: str, values: tuple[str, ...]) -> None:
    """Send a statement that gives no rows.

    Raises:
        DBAPIError: one that was sent before it failed.
    """
    driver: Any = connection.connection.driver_connection
    try:
        if _OPEN not in connection.info:
            pipeline = driver.pipeline()
            pipeline.__enter__()
            connection.info[_OPEN] = pipeline
        driver.execute(statement, values)
    except psycopg.Error as why:
        raise _as_of_sqlalchemy(connection, why) from why


def see_what_was_sent(connection: Connection) -> None:
    """Wait until everything that was sent ahead is done.

    Raises:
        DBAPIError: one of them failed.
    """
    pipeline = None if connection.invalidated else connection.info.pop(_OPEN, None)
    if pipeline is None:
        return
    try:
        pipeline.__exit__(None, None, None)
    except psycopg.Error as why:
        raise _as_of_sqlalchemy(connection, why) from why


def look_before_each_statement(engine: Engine) -> None:
    """Have every statement, and the end of every transaction, see first what was sent ahead."""

    @event.listens_for(engine, "before_cursor_execute")
    def before_statement(connection: Connection, *_: Any) -> None:
        see_what_was_sent(connection)

    event.listen(engine, "commit", see_what_was_sent)

    @event.listens_for(engine, "rollback")
    def before_rollback(connection: Connection) -> None:
        # All of it is undone, whatever came of it.
        with suppress(DBAPIError):
            see_what_was_sent(connection)


def _as_of_sqlalchemy(connection: Connection, why: psycopg.Error) -> DBAPIError:
    driver: Any = connection.connection.driver_connection
    is_gone: bool = driver.closed or driver.broken
    if is_gone:
        connection.invalidate(why)
    told = DBAPIError.instance(
        None, None, why, psycopg.Error, connection_invalidated=is_gone, dialect=connection.dialect
    )
    if not isinstance(told, DBAPIError):
        raise TypeError(f"{type(why).__name__} became a {type(told).__name__}")
    return told

"""Opens the database.

SQLite runs in WAL mode with synchronous=FULL: a commit survives the loss of power.
Writers take the write lock when they begin (`BEGIN IMMEDIATE`), not at their first
write, so two of them can never both read and then both fail to write.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError

from amends.errors import Misconfigured

#: How long a writer waits for another, in seconds.
BUSY_TIMEOUT_S = 30.0


def open_engine(url: str) -> Engine:
    """Open a database by its SQLAlchemy address; a SQLite file is made when it is missing.

    Raises:
        Misconfigured: the address cannot be read, or its folder cannot be made.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as why:
        raise Misconfigured(f"{url!r} is no database address; an example: sqlite:///amends.db") from why
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    return _open_sqlite(parsed)


def fault_of(engine: Engine) -> str:
    """Say what is damaged in the database's file; empty when it is whole. Other databases look after themselves."""
    if engine.dialect.name != "sqlite":
        return ""
    try:
        with engine.connect() as connection:
            found: str = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
    except DatabaseError as why:
        return str(why.orig)
    return "" if found == "ok" else found


def _open_sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise Misconfigured("the database must be a file: several processes share it; an example: sqlite:///amends.db")
    try:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as why:
        raise Misconfigured(f"cannot make the folder of {url.database}: {why}; choose another data folder") from why
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: SqliteConnection, _record: Any) -> None:
        # The driver must not begin transactions on its own: `begin` below does.
        connection.isolation_level = None
        _write_ahead(connection)
        for pragma in (
            "synchronous = FULL",
            "foreign_keys = ON",
            "cache_size = -32768",
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("amends_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _write_ahead(connection: SqliteConnection) -> None:
    # SQLite does not wait for another process that makes this switch at the same moment: we do.
    until = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return

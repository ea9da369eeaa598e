"""Opens the database.

SQLite runs in WAL mode with synchronous=FULL: a commit survives the loss of power.
Writers take the write lock when they begin (`BEGIN IMMEDIATE`), not at their first
write, so two of them can never both read and then both fail to write.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError

from amends.errors import Misconfigured, Unavailable

#: How long a writer waits for another, in seconds.
BUSY_TIMEOUT_S = 30.0
_REMEDIES = {
    "locked": "another process holds it; end that one or try again",
    "not a database": "that file is something else; choose another with AMENDS_DATABASE_URL",
    "malformed": "stop Amends and restore the database from a backup",
    "unable to open": "check that the file and its folder may be read and written",
    "readonly": "check that the file and its folder may be written",
    "is full": "make room on that disk",
}


def open_engine(address: str | Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Engine:
    """Open a database by its SQLAlchemy address, or by the path of a SQLite file; the file is made when it is missing.

    A path is not an address: `?` in it means itself. `busy_timeout_s` is how long a writer
    waits for another.

    Raises:
        Misconfigured: the address cannot be read, its driver is not installed, or its
            folder cannot be made.
    """
    if isinstance(address, Path):
        return _open_sqlite(URL.create("sqlite", database=str(address)), busy_timeout_s)
    try:
        url = make_url(address)
        if url.get_backend_name() != "sqlite":
            return create_engine(url, pool_pre_ping=True)
    except NoSuchModuleError as why:
        raise Misconfigured(f"there is no database of the kind {url.drivername!r}: use sqlite or postgresql") from why
    except ArgumentError as why:
        raise Misconfigured(f"{address!r} is no database address; an example: sqlite:///amends.db") from why
    except ImportError as why:
        raise Misconfigured(f"the driver of {url.drivername} databases is not installed: {why}") from why
    return _open_sqlite(url, busy_timeout_s)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn what the driver says of a database that cannot be used into a sentence for a person.

    Raises:
        Unavailable: it is busy, full, damaged or gone; nothing was written.
    """
    try:
        yield
    except DatabaseError as why:
        # The kinds below this one blame the statement, not the database: those are our own faults.
        if type(why) not in {DatabaseError, OperationalError}:
            raise
        raise Unavailable(f"the database cannot be used now: {why.orig}{_remedy(str(why.orig))}") from why


def _remedy(says: str) -> str:
    return next((f"; {remedy}" for part, remedy in _REMEDIES.items() if part in says), "")


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


def _open_sqlite(url: URL, busy_timeout_s: float) -> Engine:
    if not url.database or url.database == ":memory:":
        raise Misconfigured("the database must be a file: several processes share it; an example: sqlite:///amends.db")
    try:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as why:
        raise Misconfigured(f"cannot make the folder of {url.database}: {why}; choose another data folder") from why
    engine = create_engine(url, connect_args={"timeout": busy_timeout_s, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: SqliteConnection, _record: Any) -> None:
        # The driver must not begin transactions on its own: `begin` below does.
        connection.isolation_level = None
        _write_ahead(connection, busy_timeout_s)
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


def _write_ahead(connection: SqliteConnection, busy_timeout_s: float) -> None:
    # SQLite does not wait for another process that makes this switch at the same moment: we do.
    until = time.monotonic() + busy_timeout_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as why:
            if why.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return

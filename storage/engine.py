"""Opens the database.

SQLite runs in WAL mode with synchronous=FULL: a commit survives the loss of power.
Writers take the write lock when they begin (`BEGIN IMMEDIATE`), not at their first
write, so two of them can never both read and then both fail to write.

PostgreSQL keeps to the same rule: a unit of work that writes takes one advisory lock
when it begins and has it until it ends (`docs/decisions/0010-one-writer.md` says why and
what it costs). A unit that only reads sees one moment (`REPEATABLE READ`) and waits for
nobody. A session that stops halfway, because its machine froze or its network broke,
is ended by the server, so that it cannot hold the others up.
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
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    InternalError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from amends.errors import Misconfigured, Unavailable
from storage.ahead import SENDS_AHEAD, look_before_each_statement

#: How long a writer waits for another, in seconds.
BUSY_TIMEOUT_S = 30.0
#: What a writer of PostgreSQL locks. Any number does; this one spells "amends".
WRITER_LOCK = 0x616D656E6473
#: In a batch a statement is planned once for all. PostgreSQL looks up what a row refers to by a statement of its own,
#: and to plan that anew takes several times as long as to run it. A plan that was made while a table was empty must
#: not read the whole of it later: nothing that a batch asks for lacks an index.
_PLAN_ONCE = (
    "SELECT set_config('plan_cache_mode', 'auto', true), set_config('enable_seqscan', 'off', true), "
    "set_config('jit', 'off', true)"
)
_CONNECT_TIMEOUT_S = 10
_NETWORK_TIMEOUT_MS = 30_000
#: Connections of one process: as many as its threads ever hold at once.
_POOL, _POOL_OVERFLOW = 5, 15
#: What PostgreSQL says when a table is missing, and the class of what is too long or too much for it. Psycopg sorts the
#: one with our own faults and the other with its own; they are the other way round.
_NO_SUCH_TABLE, _TOO_MUCH = "42P01", "54"
#: The first that fits is told: what is special stands before what is general.
_REMEDIES = {
    "lock timeout": "another process holds it; end that one or try again",
    "idle-in-transaction timeout": "it stood still in the middle of its work for too long; it may try again",
    "password authentication failed": "check the user and the password in AMENDS_DATABASE_URL",
    'FATAL: database "': "make that database, or name another in AMENDS_DATABASE_URL",
    "no such table": "run `amends setup`",
    'relation "': "run `amends setup`",
    "too many clients": "start fewer processes, or raise max_connections of the server",
    "failed to resolve host": "check the name of the server in AMENDS_DATABASE_URL",
    "connection failed": "check that the database server runs, and AMENDS_DATABASE_URL",
    "starting up": "wait until the server is up",
    "terminating connection": "check that the database server runs",
    "server closed the connection": "check that the database server runs",
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
        if url.get_backend_name() == "postgresql":
            return _open_postgresql(url, busy_timeout_s)
        if url.get_backend_name() != "sqlite":
            raise Misconfigured(f"there is no database of the kind {url.drivername!r}: use sqlite or postgresql")
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
    except PoolTimeout as why:
        raise Unavailable("the database cannot be used now: all connections of this process are in use") from why
    except DatabaseError as why:
        if not _is_of_the_database(why):
            raise
        says = " ".join(str(why.orig).split())
        raise Unavailable(f"the database cannot be used now: {says}{_remedy(says)}") from why


def _is_of_the_database(why: DatabaseError) -> bool:
    """Whether the same statement may go through later; else it is at fault itself, and would fail for ever."""
    state: str = getattr(why.orig, "sqlstate", None) or ""
    if state.startswith(_TOO_MUCH):
        return False
    # The kinds below these three blame the statement.
    blames_the_database = type(why) in {DatabaseError, InternalError, OperationalError}
    return blames_the_database or state == _NO_SUCH_TABLE or why.connection_invalidated


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


def _open_postgresql(url: URL, busy_timeout_s: float) -> Engine:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        pool_size=_POOL,
        max_overflow=_POOL_OVERFLOW,
        connect_args={
            "application_name": "amends",
            "connect_timeout": _CONNECT_TIMEOUT_S,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            # What was sent and is not acknowledged: keepalives do not see to that.
            "tcp_user_timeout": _NETWORK_TIMEOUT_MS,
            # A plan is made for the values at hand: one that was kept from when a table was empty reads all of it.
            "options": f"-c plan_cache_mode=force_custom_plan -c lock_timeout={busy_timeout_s * 1000:.0f}"
            f" -c idle_in_transaction_session_timeout={busy_timeout_s * 1000:.0f} -c timezone=UTC",
        },
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("amends_writes")
        if writes:
            # Each statement after it sees what the writer before it committed.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
            if connection.get_execution_options().get(SENDS_AHEAD):
                connection.exec_driver_sql(_PLAN_ONCE)
        elif writes is not None:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    look_before_each_statement(engine)
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

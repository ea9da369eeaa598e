"""Fresh PostgreSQL databases for tests.

To make a database and to drop it takes the server most of a second. So a process of the test
run makes one with all tables, empties it after each test and hands it to the next.
"""

from __future__ import annotations

import atexit
import contextlib
import uuid
from collections.abc import Iterator
from functools import cache

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from storage.engine import open_engine
from storage.migrate import upgrade
from storage.tables import metadata
from tests.support.places import server

#: Those that no test uses now: as many as were ever used at once.
_idle: list[str] = []


@contextlib.contextmanager
def a_postgres_database(*, is_empty: bool = False) -> Iterator[str]:
    """Give the address of a database that has all tables and no rows; its tables stay as they are.

    One that `is_empty` has no tables, and is dropped when the test is over.
    """
    if is_empty:
        name = _made()
        try:
            yield _url(name)
        finally:
            _drop(name)
        return
    name = _idle.pop() if _idle else _with_tables()
    try:
        yield _url(name)
    finally:
        _take_rows_out(name)
        _idle.append(name)


def _made() -> str:
    name = f"test_{uuid.uuid4().hex[:12]}"
    _run(f'CREATE DATABASE "{name}"')
    return name


def _with_tables() -> str:
    name = _made()
    atexit.register(_drop, name)
    engine = open_engine(_url(name))
    upgrade(engine)
    engine.dispose()
    return name


def _take_rows_out(name: str) -> None:
    tables = "; ".join(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables))  # noqa: S608
    engine = create_engine(make_url(_url(name)).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        # What a killed process held goes with its session.
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
        connection.exec_driver_sql(tables)
    engine.dispose()


def _drop(name: str) -> None:
    _run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _url(database: str) -> str:
    return make_url(server("postgres")).set(database=database).render_as_string(hide_password=False)


def _run(statement: str) -> None:
    with _server().connect() as connection:
        connection.execute(text(statement))


@cache
def _server() -> Engine:
    url = make_url(server("postgres")).set(drivername="postgresql+psycopg")
    return create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)

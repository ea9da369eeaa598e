"""Fresh PostgreSQL databases for tests: copies of one that has all tables and no rows."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from functools import cache

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from storage.engine import open_engine
from storage.migrate import upgrade
from tests.support.places import server


@contextlib.contextmanager
def a_postgres_database(*, is_empty: bool = False) -> Iterator[str]:
    """Make a database with all tables (or with none), give its address, and drop it."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    _run(f'CREATE DATABASE "{name}"' + ("" if is_empty else f' TEMPLATE "{_template()}"'))
    try:
        yield _url(name)
    finally:
        _run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@cache
def _template() -> str:
    # One for each process of the test run: a template that is being copied may have no other user.
    name = f"template_{os.getpid()}"
    _run(f'DROP DATABASE IF EXISTS "{name}"')
    _run(f'CREATE DATABASE "{name}"')
    engine = open_engine(_url(name))
    upgrade(engine)
    engine.dispose()
    return name


def _url(database: str) -> str:
    return make_url(server("postgres")).set(database=database).render_as_string(hide_password=False)


def _run(statement: str) -> None:
    with _server().connect() as connection:
        connection.execute(text(statement))


@cache
def _server() -> Engine:
    url = make_url(server("postgres")).set(drivername="postgresql+psycopg")
    return create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)

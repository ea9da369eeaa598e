"""What a database says of itself: its version, its time of day, its size."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, func, select, text

from storage.engine import told_plainly
from storage.tables import log_ends, log_records


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSize:
    """How large a database is. `log_bytes` is the log's share with its indexes; None where nobody can say."""

    database_bytes: int
    log_bytes: int | None
    log_records: int


def kind_of(engine: Engine) -> str:
    """Name the kind and version of a database.

    Raises:
        Unavailable: it cannot be reached.
    """
    with told_plainly(), engine.connect():
        version = ".".join(str(part) for part in engine.dialect.server_version_info or ())
    return f"{'PostgreSQL' if engine.dialect.name == 'postgresql' else 'SQLite'} {version}"


def server_time(engine: Engine) -> datetime | None:
    """Read the clock of the database's server; None for a database in a file, which goes by this machine's.

    Raises:
        Unavailable: it cannot be reached.
    """
    if engine.dialect.name != "postgresql":
        return None
    with told_plainly(), engine.connect() as connection:
        at: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return at.astimezone(UTC)


def size_of(engine: Engine) -> DatabaseSize:
    """Say how large a database is, and how much of it is the log. Cheap, however large.

    Raises:
        Unavailable: it cannot be read.
    """
    with told_plainly(), engine.connect() as connection:
        records = connection.scalar(select(func.coalesce(func.sum(log_ends.c.next_position), 0)))
        if engine.dialect.name == "postgresql":
            whole = connection.scalar(select(func.pg_database_size(func.current_database())))
            of_log = connection.scalar(select(func.pg_total_relation_size(log_records.name)))
        else:
            pages = connection.execute(text("PRAGMA page_count")).scalar_one()
            whole, of_log = pages * connection.execute(text("PRAGMA page_size")).scalar_one(), None
    return DatabaseSize(
        database_bytes=int(whole or 0),
        log_bytes=None if of_log is None else int(of_log),
        log_records=int(records or 0),
    )

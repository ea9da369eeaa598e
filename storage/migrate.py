"""Brings a database to the tables of this version."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, select

from amends.errors import Misconfigured
from storage.engine import told_plainly
from storage.search import FTS_TABLE, GIN_INDEX
from storage.tables import metadata


def upgrade(engine: Engine, *, to: str = "head") -> None:
    """Run every migration that the database has not had, or those up to the step `to`.

    Safe to call at each start, by several processes.

    Raises:
        Misconfigured: it belongs to another program, or to a later version of this one.
        Unavailable: it cannot be read or written now.
    """
    if not pending(engine):
        return
    with told_plainly(), engine.connect().execution_options(amends_writes=True) as connection, connection.begin():
        if _steps_missing(connection):
            command.upgrade(_config(connection), to)


def pending(engine: Engine) -> list[str]:
    """Name the migrations that the database has not had, oldest first.

    Raises:
        Misconfigured: it belongs to another program, or to a later version of this one.
        Unavailable: it cannot be read now.
    """
    # At one moment: where another process makes the tables meanwhile, we see none of them, or all with their step.
    with told_plainly(), engine.connect().execution_options(amends_writes=False) as connection:
        return _steps_missing(connection)


def is_empty(engine: Engine) -> bool:
    """Whether a database holds nothing: no table at all, or only ours and no row in them.

    Raises:
        Unavailable: it cannot be read now.
    """
    with told_plainly(), engine.connect() as connection:
        there = set(inspect(connection).get_table_names())
        if {name for name in there if not name.startswith(FTS_TABLE)} - {*metadata.tables, "alembic_version"}:
            return False
        tables = [table for name, table in metadata.tables.items() if name in there]
        return all(connection.execute(select(table).limit(1)).first() is None for table in tables)


def differences(engine: Engine) -> list[Any]:
    """List what the database has other than the tables of this version; empty when they agree."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _is_described})
        return list(compare_metadata(context, metadata))


def _is_described(name: str | None, kind: str, _parents: Any) -> bool:
    """Whether `storage.tables` can describe it: what searches words is made by its migration alone."""
    of_search = (kind == "table" and (name or "").startswith(FTS_TABLE)) or (kind == "index" and name == GIN_INDEX)
    return not of_search


def make_revision(engine: Engine, message: str, *, revision: str) -> None:
    """Write a migration from the difference between the database and the tables, for a developer to finish."""
    with engine.connect() as connection:
        command.revision(_config(connection), message=message, rev_id=revision, autogenerate=True)


def _steps_missing(connection: Connection) -> list[str]:
    scripts = ScriptDirectory.from_config(_config(connection))
    current = MigrationContext.configure(connection).get_current_revision()
    steps = [script.revision for script in scripts.walk_revisions("base", "heads")]
    steps.reverse()
    if current in steps:
        return steps[steps.index(current) + 1 :]
    if current is not None:
        raise Misconfigured(
            f"the database was made by a later version of Amends (its step is {current}): "
            "start that version, or restore a backup from before it"
        )
    if strangers := sorted(inspect(connection).get_table_names()):
        raise Misconfigured(
            f"the database belongs to another program (it has a table {strangers[0]!r}): "
            "choose another with AMENDS_DATABASE_URL"
        )
    return steps


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("storage") / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config

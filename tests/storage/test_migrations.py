"""Migrations: from nothing to the tables of this version, once, whoever comes first."""

from __future__ import annotations

import multiprocessing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Engine, MetaData, event, insert, inspect, select, text, update

from amends.errors import Misconfigured
from storage.engine import open_engine
from storage.migrate import differences, pending, upgrade
from storage.search import FTS_TABLE
from storage.tables import metadata
from tests.support.clock import MONDAY
from tests.support.postgres import a_postgres_database


def upgrade_at(url: str) -> None:
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()


def test_migrations_from_nothing_give_the_tables_of_this_version(empty_url: str) -> None:
    engine = open_engine(empty_url)
    assert pending(engine)
    upgrade(engine)
    assert differences(engine) == []
    assert pending(engine) == []
    there = {name for name in inspect(engine).get_table_names() if not name.startswith(FTS_TABLE)}
    assert there == {*metadata.tables, "alembic_version"}
    engine.dispose()


def test_what_the_first_version_stored_is_there_after_every_step_since(empty_url: str) -> None:
    engine = open_engine(empty_url)
    upgrade(engine, to="v0001")
    before = fill(engine)
    assert len(before) > 15
    upgrade(engine)
    assert (pending(engine), differences(engine)) == ([], [])
    found = MetaData()
    found.reflect(engine)
    with engine.connect() as connection:
        for name, row in before.items():
            (after,) = connection.execute(select(found.tables[name])).all()
            assert {column: after._mapping[column] for column in row} == row, name
    engine.dispose()


@pytest.mark.parametrize(("stopped_at", "places"), [(None, ["answered"]), (MONDAY, [])])
def test_a_case_that_was_answered_while_a_clock_of_it_runs_gets_its_place(
    empty_url: str, stopped_at: datetime | None, places: list[str]
) -> None:
    engine = open_engine(empty_url)
    upgrade(engine, to="v0001")
    fill(engine)
    upgrade(engine, to="v0013")
    found = MetaData()
    found.reflect(engine)
    with engine.begin() as connection:
        connection.execute(update(found.tables["cases"]).values(state="answered"))
        connection.execute(update(found.tables["clocks"]).values(stopped_at=stopped_at))
    upgrade(engine)
    with engine.connect() as connection:
        assert list(connection.scalars(select(found.tables["queue_places"].c.state))) == places
    engine.dispose()


def fill(engine: Engine) -> dict[str, dict[str, Any]]:
    """Put a row into every table that there is; gives what the database makes of each."""
    found = MetaData()
    found.reflect(engine)
    rows = {}
    with engine.begin() as connection:
        for table in found.sorted_tables:
            if table.name != "alembic_version":
                # Equal words everywhere, so that what refers to another row finds it.
                connection.execute(insert(table).values({column.name: a_value(column) for column in table.columns}))
                (row,) = connection.execute(select(table)).all()
                rows[table.name] = dict(row._mapping)
    return rows


def a_value(column: Column[Any]) -> Any:
    kind = column.type.python_type
    return {datetime: MONDAY, bytes: b"words", dict: {"a": ["\N{FIRE}"]}, str: "words", bool: True}.get(kind, 7)


def test_a_table_that_was_changed_by_hand_is_seen(empty_url: str) -> None:
    engine = open_engine(empty_url)
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE tasks ADD COLUMN colour TEXT"))
    assert differences(engine) != []
    engine.dispose()


def test_upgrading_twice_changes_nothing(database_file: Path) -> None:
    upgrade_at(f"sqlite:///{database_file}")
    before = database_file.read_bytes()
    upgrade_at(f"sqlite:///{database_file}")
    assert database_file.read_bytes() == before


def test_processes_that_upgrade_at_once_do_not_disturb_each_other(empty_url: str) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.bus.counting_worker"])
    several = [context.Process(target=upgrade_at, args=(empty_url,)) for _ in range(3)]
    for process in several:
        process.start()
    for process in several:
        process.join(timeout=60)
    assert [process.exitcode for process in several] == [0, 0, 0]
    engine = open_engine(empty_url)
    assert (pending(engine), differences(engine)) == ([], [])
    engine.dispose()


def test_a_database_is_opened_so_that_a_commit_survives_the_loss_of_power(database_file: Path) -> None:
    engine = open_engine(f"sqlite:///{database_file}")
    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    engine.dispose()


@pytest.mark.parametrize("url", ["", "amends.db", "sqlite://", "sqlite:///:memory:"])
def test_an_address_that_is_no_database_file_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(Misconfigured, match=r"sqlite:///amends\.db"):
        open_engine(url)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(Misconfigured, match="choose another data folder"):
        open_engine(f"sqlite:///{tmp_path / 'taken' / 'amends.db'}")


@pytest.mark.postgres
def test_a_database_that_another_process_fills_at_this_moment_is_no_stranger() -> None:
    with a_postgres_database(is_empty=True) as url:
        ours, theirs = open_engine(url), open_engine(url)
        is_filled: list[bool] = []

        @event.listens_for(ours, "after_cursor_execute")
        def fill_meanwhile(*said: object) -> None:
            # Once it was asked which step the database is at.
            if not is_filled and "alembic_version" in str(said):
                is_filled.append(True)
                upgrade(theirs)

        try:
            missing = pending(ours)
            upgrade(ours)

            assert is_filled
            assert missing
            assert pending(ours) == []
        finally:
            ours.dispose()
            theirs.dispose()

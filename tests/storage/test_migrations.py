"""Migrations: from nothing to the tables of this version, once, whoever comes first."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from amends.errors import Misconfigured
from storage.engine import open_engine
from storage.migrate import differences, pending, upgrade
from storage.tables import metadata


def upgrade_file(file: Path) -> None:
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine)
    engine.dispose()


def test_migrations_from_nothing_give_the_tables_of_this_version(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'amends.db'}")
    assert pending(engine)
    upgrade(engine)
    assert differences(engine) == []
    assert pending(engine) == []
    assert set(inspect(engine).get_table_names()) == {*metadata.tables, "alembic_version"}
    engine.dispose()


def test_a_table_that_was_changed_by_hand_is_seen(database_file: Path) -> None:
    engine = open_engine(f"sqlite:///{database_file}")
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE tasks ADD COLUMN colour TEXT"))
    assert differences(engine) != []
    engine.dispose()


def test_upgrading_twice_changes_nothing(database_file: Path) -> None:
    upgrade_file(database_file)
    before = database_file.read_bytes()
    upgrade_file(database_file)
    assert database_file.read_bytes() == before


def test_two_processes_that_upgrade_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.bus.counting_worker"])
    for attempt in range(3):
        file = tmp_path / f"{attempt}.db"
        both = [context.Process(target=upgrade_file, args=(file,)) for _ in range(2)]
        for process in both:
            process.start()
        for process in both:
            process.join(timeout=60)
        assert [process.exitcode for process in both] == [0, 0]
        engine = open_engine(f"sqlite:///{file}")
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

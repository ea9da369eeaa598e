"""Databases and folders that cannot be used: each is refused in a sentence, and nobody else's file is touched."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from stat import S_IMODE
from threading import Barrier, Thread

import pytest

from amends.errors import AmendsError, Misconfigured, Unavailable
from amends.house import installation_secret
from amends.settings import load_settings
from storage.engine import open_engine
from storage.migrate import pending, upgrade
from tests.journeys.running import type_in


def refused(address: str | Path) -> AmendsError:
    """Give what is said when this database is to be used."""
    with pytest.raises(AmendsError) as caught:
        upgrade(open_engine(address, busy_timeout_s=0.2))
    assert "\n" not in str(caught.value)
    return caught.value


def made(file: Path, *statements: str) -> Path:
    connection = sqlite3.connect(file)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return file


def test_the_database_of_another_program_is_refused_and_gets_no_tables_of_ours(tmp_path: Path) -> None:
    file = made(tmp_path / "kitchen.db", "CREATE TABLE recipes (name TEXT)")
    assert "another program (it has a table 'recipes')" in str(refused(file))
    assert open_tables(file) == {"recipes"}


def open_tables(file: Path) -> set[str]:
    connection = sqlite3.connect(file)
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    return found


def test_a_database_of_a_later_version_is_refused(tmp_path: Path) -> None:
    file = made(
        tmp_path / "later.db",
        "CREATE TABLE alembic_version (version_num VARCHAR(32))",
        "INSERT INTO alembic_version VALUES ('9999')",
    )
    assert "later version of Amends (its step is 9999)" in str(refused(file))


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (lambda file: file.mkdir(), "may be read and written"),
        (lambda file: file.write_bytes(b"%PDF-1.7\n" * 1000), "that file is something else"),
    ],
)
def test_a_folder_or_a_file_of_another_kind_is_no_database(
    tmp_path: Path, write: Callable[[Path], object], says: str
) -> None:
    write(tmp_path / "amends.db")
    assert says in str(refused(tmp_path / "amends.db"))


def test_a_database_that_is_damaged_is_said_to_be(database_file: Path) -> None:
    content = bytearray(database_file.read_bytes())
    content[4096:] = bytes(byte ^ 0x5A for byte in content[4096:])
    database_file.write_bytes(content)
    with pytest.raises(Unavailable, match="malformed; stop Amends and restore the database"):
        pending(open_engine(database_file))


def test_a_database_that_another_process_holds_is_waited_for_and_then_said_to_be_locked(database_file: Path) -> None:
    holder = sqlite3.connect(database_file, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    holder.execute("CREATE TABLE IF NOT EXISTS held (x)")
    assert "another process holds it" in str(refused(database_file))
    holder.close()


@pytest.mark.parametrize("address", ["nosuch://host/name", "no address", "sqlite://", "mysql://host/name"])
def test_an_address_that_nothing_stands_behind_is_refused(address: str) -> None:
    assert isinstance(refused(address), Misconfigured)


@pytest.mark.parametrize("name", ["what?", "100%41", "a b", "a#b"])
def test_a_data_folder_may_have_any_name_and_holds_its_database(tmp_path: Path, name: str) -> None:
    upgrade(open_engine(load_settings(data_dir=tmp_path / name).database))
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert (tmp_path / name / "amends.db").stat().st_size > 0


def test_every_command_says_in_one_line_that_the_database_is_none(tmp_path: Path) -> None:
    (tmp_path / "amends.db").write_bytes(b"not a database at all, and long enough to be read as one" * 20)
    for words in (["queue", "list"], ["summary"], ["audit", "verify"], ["ingest", "files", str(tmp_path)]):
        ended = type_in(*words, "--data-dir", str(tmp_path), code=1)
        assert ended.out == ""
        assert ended.err.startswith("amends: the database cannot be used now: ")
        assert ended.err.count("\n") == 1
    doctor = type_in("doctor", "--json", "--data-dir", str(tmp_path), code=1)
    assert [found["what"] for found in doctor.json if not found["is_well"]] == ["database"]


def test_processes_that_start_together_agree_on_one_secret(tmp_path: Path) -> None:
    for attempt in range(20):
        start = Barrier(8)
        found: set[bytes] = set()

        def ask(folder: Path, start: Barrier = start, found: set[bytes] = found) -> None:
            start.wait()
            found.add(installation_secret(folder))

        threads = [Thread(target=ask, args=(tmp_path / str(attempt),)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 1
        assert [file.name for file in (tmp_path / str(attempt)).iterdir()] == ["secret"]


def test_the_secret_is_read_by_its_owner_alone(tmp_path: Path) -> None:
    installation_secret(tmp_path)
    assert S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600

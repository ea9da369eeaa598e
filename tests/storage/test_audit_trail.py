"""The audit trail in a real database: whole as it was written, and broken where a byte was changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from amends.domain.audit import GENESIS, first_break
from storage.engine import open_engine
from storage.tables import audit_entries
from storage.unit_of_work import Database
from tests.conftest import PARTITIONS
from tests.support.builders import a_happening


@pytest.fixture
def trail(database: Database) -> Database:
    return written(database)


def written(database: Database) -> Database:
    for batch in range(4):
        with database.unit() as unit:
            unit.audit.append([a_happening(batch=batch, number=number) for number in range(5)])
            unit.commit()
    return database


def broken(database: Database) -> tuple[int, str] | None:
    with database.reading() as unit:
        return first_break(unit.audit.every())


def test_a_trail_written_in_many_transactions_is_one_whole_chain(trail: Database) -> None:
    assert broken(trail) is None
    with trail.reading() as unit:
        assert unit.audit.head()[0] == 20
        assert [entry.number for entry in unit.audit.entries(after=7, limit=3)] == [8, 9, 10]
        assert len(unit.audit.about("case:AM-0000")) == 20
        assert unit.audit.about("case:AM-1111") == []


def test_a_trail_begins_at_the_genesis(database: Database) -> None:
    with database.unit() as unit:
        assert unit.audit.head() == (0, GENESIS)
        unit.audit.append([])
        assert unit.audit.head() == (0, GENESIS)


@pytest.mark.parametrize("column", ["happening", "hash", "previous_hash"])
def test_one_flipped_byte_names_its_entry(trail: Database, column: str) -> None:
    entry = audit_entries.c.number == 13
    with trail.engine.begin() as connection:
        stored: str = connection.execute(select(audit_entries.c[column]).where(entry)).scalar_one()
        changed = stored[:9] + chr(ord(stored[9]) + 1) + stored[10:]
        connection.execute(update(audit_entries).where(entry).values({column: changed}))
    found = broken(trail)
    assert found is not None
    assert found[0] == 13


def test_a_byte_flipped_in_the_file_itself_names_its_entry(database_file: Path) -> None:
    trail = written(Database(open_engine(database_file), partitions=PARTITIONS))
    trail.engine.dispose()
    content = bytearray(database_file.read_bytes())
    place = content.index(b'"batch":2,"number":3')
    content[place + 8] ^= 1
    database_file.write_bytes(content)
    found = broken(trail)
    trail.engine.dispose()
    assert found is not None
    assert found[0] == 14


def test_an_entry_deleted_from_the_middle_is_missed(trail: Database) -> None:
    with trail.engine.begin() as connection:
        connection.execute(text("DELETE FROM audit_entries WHERE number = 6"))
    assert broken(trail) == (6, "entry 6 is missing; entry 7 stands in its place")

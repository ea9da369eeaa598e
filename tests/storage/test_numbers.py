"""What is numbered through in a batch goes on from what was there, in however many parts it is written."""

from __future__ import annotations

import pytest
from sqlalchemy import event, select

from amends.bus.port import NewRecord, Topic
from amends.domain.audit import first_break
from storage.tables import search_words, thread_names
from storage.unit_of_work import Database, SqlUnitOfWork
from tests.storage.stock import add_case, add_message
from tests.support.builders import a_case, a_happening, a_message
from tests.support.clock import MONDAY


def append(unit: SqlUnitOfWork, *numbers: int) -> None:
    unit.audit.append([a_happening(number=number) for number in numbers])


def entries(database: Database) -> list[int]:
    with database.reading() as unit:
        assert first_break(unit.audit.every()) is None
        return [entry.number for entry in unit.audit.entries()]


def a_record(name: str, *, key: str = "one") -> NewRecord:
    return NewRecord(topic=Topic.MESSAGES, key=key, id=name, type="t", body=b"", at=MONDAY)


def test_two_parts_of_a_batch_and_the_next_batch_are_one_chain(database: Database) -> None:
    for _ in range(2):
        with database.batch() as unit:
            append(unit, 1, 2)
            append(unit, 3)
            assert unit.audit.head()[0] % 3 == 0
            unit.commit()
    assert entries(database) == [1, 2, 3, 4, 5, 6]


def test_a_part_of_a_batch_that_is_undone_leaves_no_gap(database: Database) -> None:
    with database.batch() as unit:
        append(unit, 1)
        with unit.savepoint() as part:
            append(unit, 2, 3)
            part.rollback()
        append(unit, 4)
        unit.commit()
    assert entries(database) == [1, 2]


def test_a_batch_that_is_left_without_a_commit_takes_no_number(database: Database) -> None:
    with database.batch() as unit:
        append(unit, 1)
    with database.batch() as unit:
        append(unit, 2)
        unit.commit()
    assert entries(database) == [1]


def test_names_and_words_go_on_from_the_last_within_a_batch_and_after_it(database: Database) -> None:
    for batch in range(2):
        with database.batch() as unit:
            case = add_case(unit, a_case(case_id=f"AM-{batch}"))
            for number in range(2):
                add_message(unit, a_message(native_id=f"{batch}-{number}@mail.example"), case_id=case.id)
            unit.commit()
    with database.looking() as connection:
        for table in (thread_names, search_words):
            assert sorted(connection.scalars(select(table.c.number))) == [1, 2, 3, 4]


def test_records_are_placed_once_and_written_where_they_were_placed(database: Database) -> None:
    with database.batch() as unit:
        unit.log.publish([a_record("a"), a_record("b", key="two")])
        unit.commit()
    with database.batch() as unit:
        placed = unit.log.place([a_record("a"), a_record("c"), a_record("c"), a_record("d", key="two")])
        assert {one.id for one in placed} == {"c", "d"}
        unit.log.write(placed)
        unit.commit()
    with database.reading() as unit:
        found = {name: unit.log.find(Topic.MESSAGES, name) for name in "abcd"}
        assert sum(unit.log.ends(Topic.MESSAGES).values()) == 4
    for earlier, later in (("a", "c"), ("b", "d")):
        assert found[later].partition == found[earlier].partition
        assert found[later].offset > found[earlier].offset


@pytest.mark.parametrize("happenings", [1, 3])
def test_a_batch_asks_for_its_numbers_before_it_writes(database: Database, happenings: int) -> None:
    asked: list[str] = []
    with database.batch() as unit:
        event.listen(database.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
        for number in range(happenings):
            append(unit, number)
        unit.commit()
    assert not [statement for statement in asked if statement.lstrip().upper().startswith("SELECT")]

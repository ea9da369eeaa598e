"""A batch of writing: what an insert fails of may be told late, and all of it fails together. On both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from amends.errors import NotFound, Unavailable
from storage.engine import open_engine
from storage.unit_of_work import Database, SqlUnitOfWork
from tests.conftest import PARTITIONS
from tests.storage.stock import add_case, add_message
from tests.support.builders import a_case, a_message
from tests.support.clock import MONDAY


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[Database]:
    engine = open_engine(postgres_url)
    yield Database(engine, partitions=PARTITIONS)
    engine.dispose()


def mark(unit: SqlUnitOfWork, case_id: str, *marks: str) -> None:
    unit.links.mark({case_id: marks}, at=MONDAY)


def do(database: Database, work: Callable[[SqlUnitOfWork], None]) -> None:
    with database.batch() as unit:
        work(unit)


def is_there(database: Database, case_id: str) -> bool:
    with database.reading() as unit:
        return case_id in unit.cases.get_many([case_id])


def test_what_a_batch_wrote_is_read_in_it_and_stays(database: Database) -> None:
    with database.batch() as unit:
        case = add_case(unit)
        judged = add_message(unit, a_message(), case_id=case.id)
        assert unit.messages.get(judged.message.id) == judged
        unit.commit()

    with database.reading() as unit:
        assert unit.cases.get(case.id) == case
        assert unit.messages.get(judged.message.id) == judged


def test_a_batch_that_is_left_without_a_commit_leaves_nothing(database: Database) -> None:
    with database.batch() as unit:
        case = add_case(unit)

    assert not is_there(database, case.id)


def test_an_insert_that_fails_is_told_when_the_batch_is_left(database: Database) -> None:
    def twice(unit: SqlUnitOfWork) -> None:
        case = add_case(unit)
        unit.cases.add([a_case(case_id="AM-2"), case])

    with pytest.raises(IntegrityError):
        do(database, twice)

    assert not is_there(database, a_case().id)


def test_an_insert_that_fails_is_told_by_the_commit_at_the_latest(database: Database) -> None:
    went_through = []

    def twice(unit: SqlUnitOfWork) -> None:
        unit.cases.add([add_case(unit)])
        unit.commit()
        went_through.append(unit)

    with pytest.raises(IntegrityError):
        do(database, twice)

    assert went_through == []
    assert not is_there(database, a_case().id)


def test_an_insert_that_fails_is_told_by_the_next_question(database: Database) -> None:
    went_through = []

    def ask(unit: SqlUnitOfWork) -> None:
        case = add_case(unit)
        mark(unit, "AM-NOBODY", "who:x")
        unit.cases.get(case.id)
        went_through.append(unit)

    with pytest.raises(IntegrityError):
        do(database, ask)

    assert went_through == []


def test_after_a_batch_that_failed_the_next_one_goes_through(database: Database) -> None:
    def without_contact(unit: SqlUnitOfWork) -> None:
        unit.cases.add([a_case(case_id="AM-1")])
        unit.commit()

    def ask_for_nobody(unit: SqlUnitOfWork) -> None:
        add_case(unit)
        unit.cases.get("nobody")

    for _ in range(3):
        with pytest.raises(IntegrityError):
            do(database, without_contact)
    with pytest.raises(NotFound):
        do(database, ask_for_nobody)
    assert not is_there(database, a_case().id)

    with database.batch() as unit:
        case = add_case(unit)
        unit.commit()

    assert is_there(database, case.id)


def test_outside_of_batches_an_insert_fails_at_once(database: Database) -> None:
    with database.unit() as unit, pytest.raises(IntegrityError):
        unit.cases.add([a_case(case_id="AM-1")])


@pytest.mark.postgres
def test_a_batch_whose_connection_ends_is_told_plainly_and_the_next_gets_another(postgres_database: Database) -> None:
    database = postgres_database

    def lose_it(unit: SqlUnitOfWork) -> None:
        case = add_case(unit)
        with database.viewing() as other:
            other.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )
            )
        add_message(unit, a_message(), case_id=case.id)
        unit.commit()

    with pytest.raises(Unavailable, match="the database cannot be used now"):
        do(database, lose_it)

    with database.batch() as unit:
        case = add_case(unit)
        unit.commit()
    assert is_there(database, case.id)


@pytest.mark.postgres
def test_a_batch_plans_its_statements_once_and_no_other_transaction_does(postgres_database: Database) -> None:
    def settings() -> tuple[str, str]:
        ask = "SELECT current_setting('plan_cache_mode'), current_setting('enable_seqscan')"
        mode, scans = unit._connection.execute(text(ask)).one()
        return mode, scans

    with postgres_database.batch() as unit:
        assert settings() == ("auto", "off")
        unit.commit()
    with postgres_database.unit() as unit:
        assert settings() == ("force_custom_plan", "on")

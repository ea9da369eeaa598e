"""Units of work: all of it or none, one writer at a time, times that keep their zone."""

from __future__ import annotations

import contextlib
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import StatementError

from amends.errors import Unavailable
from storage.engine import open_engine
from storage.unit_of_work import Database
from tests.conftest import PARTITIONS
from tests.support.builders import a_happening
from tests.support.clock import MONDAY

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31), timezones=zones)  # noqa: DTZ001 - zones follow


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(when=moments)
def test_a_time_comes_back_as_the_same_moment_in_utc(database: Database, when: datetime) -> None:
    with database.unit() as unit:
        unit.intake.promise_status("token", "m1", at=when)
        found = unit.intake.status_promise("token")
    assert found is not None
    assert found[1] == when
    assert found[1].tzinfo is UTC


def test_a_time_without_a_zone_is_not_stored(database: Database) -> None:
    # The one is what SQLAlchemy makes of it, the other what comes of an insert by arrays.
    with database.unit() as unit, pytest.raises((StatementError, ValueError), match="needs a zone"):
        unit.intake.promise_status("token", "m1", at=datetime(2026, 11, 23))  # noqa: DTZ001 - that is what is refused


def test_leaving_a_unit_without_commit_rolls_back(database: Database) -> None:
    with database.unit() as unit:
        unit.audit.append([a_happening()])
    with contextlib.suppress(ZeroDivisionError), database.unit() as unit:
        unit.audit.append([a_happening()])
        raise ZeroDivisionError
    with database.reading() as unit:
        assert unit.audit.entries() == []


def test_what_was_committed_is_there_when_the_database_is_opened_again(database_url: str) -> None:
    first = Database(open_engine(database_url), partitions=PARTITIONS)
    with first.unit() as unit:
        unit.audit.append([a_happening()])
        unit.commit()
    second = Database(open_engine(database_url), partitions=PARTITIONS)
    with second.reading() as unit:
        assert len(unit.audit.entries()) == 1
    first.engine.dispose()
    second.engine.dispose()


def test_a_reader_sees_one_moment_throughout(database: Database) -> None:
    with database.reading() as reader:
        assert reader.audit.head()[0] == 0
        with database.unit() as unit:
            unit.audit.append([a_happening()])
            unit.commit()
        assert reader.audit.head()[0] == 0
    with database.reading() as reader:
        assert reader.audit.head()[0] == 1


def test_writers_queue_up_and_none_fails(database: Database) -> None:
    def write_five() -> None:
        for _ in range(5):
            with database.unit() as unit:
                unit.audit.append([a_happening()])
                unit.commit()

    writers = [threading.Thread(target=write_five) for _ in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with database.reading() as unit:
        assert [entry.number for entry in unit.audit.every()] == list(range(1, 31))


def test_a_database_that_another_holds_too_long_is_unavailable(database: Database, database_url: str) -> None:
    impatient = Database(open_engine(database_url, busy_timeout_s=0.05), partitions=PARTITIONS)
    with database.unit(), pytest.raises(Unavailable, match="another process holds it"), impatient.unit():
        pytest.fail("two writers at once")
    impatient.engine.dispose()


def test_a_writer_that_was_refused_may_try_again(database: Database, database_url: str) -> None:
    impatient = Database(open_engine(database_url, busy_timeout_s=0.05), partitions=PARTITIONS)
    with database.unit(), pytest.raises(Unavailable), impatient.unit():
        pytest.fail("two writers at once")
    with impatient.unit() as unit:
        unit.audit.append([a_happening()])
        unit.commit()
    with database.reading() as unit:
        assert unit.audit.head()[0] == 1
    impatient.engine.dispose()


def test_a_database_without_its_tables_is_unavailable(empty_url: str) -> None:
    empty = Database(open_engine(empty_url), partitions=PARTITIONS)
    with pytest.raises(Unavailable, match=r"(no such table|does not exist).*`amends setup`"), empty.unit() as unit:
        unit.audit.append([a_happening(at=MONDAY)])
    empty.engine.dispose()

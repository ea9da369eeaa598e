"""The queue: the database counts the same points that the factors explain."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amends.domain.case import Case, CaseState
from amends.domain.clock import Clock, ClockKind
from amends.domain.priority import factors, score
from amends.domain.verdict import Kind, Severity
from storage.engine import open_engine
from storage.history import InForce
from storage.unit_of_work import Database, SqlUnitOfWork
from storage.views import Queue, queue
from tests.conftest import PARTITIONS
from tests.storage.plans import caught
from tests.storage.stock import add_case
from tests.support.builders import a_case, a_clock
from tests.support.clock import MONDAY

AGO = timedelta(days=2)
#: Also the very moments at which one number of points gives way to another.
dues = st.sampled_from([timedelta(days=days, microseconds=over) for days in (-1, 0, 1, 3, 9) for over in (-1, 0, 1)])


@st.composite
def busy_cases(draw: st.DrawFn) -> list[tuple[Case, list[Clock]]]:
    made = []
    for number in range(draw(st.integers(1, 25))):
        kind = draw(st.sampled_from([Kind.COMPLAINT, Kind.ENQUIRY]))
        severity = draw(st.sampled_from(list(Severity) if kind is Kind.COMPLAINT else [None, Severity.HIGH]))
        case = a_case(
            kind,
            case_id=f"AM-{number}",
            severity=severity,
            needs_person=draw(st.booleans()),
            state=draw(st.sampled_from(CaseState)),
            unanswered=draw(st.integers(0, 8)),
            at=MONDAY + timedelta(hours=draw(st.integers(0, 2))),
        )
        kinds = draw(st.lists(st.sampled_from(ClockKind), unique=True))
        clocks = [
            a_clock(
                one,
                case_id=case.id,
                started_at=MONDAY - AGO,
                due_in=AGO + draw(dues),
                stopped_at=draw(st.sampled_from([None, None, MONDAY])),
            )
            for one in kinds
        ]
        made.append((replace(case, owner=draw(st.sampled_from(["", "hana"]))), clocks))
    return made


def add(unit: SqlUnitOfWork, made: list[tuple[Case, list[Clock]]]) -> None:
    for case, clocks in made:
        add_case(unit, case)
        unit.clocks.start(clocks)
        for clock in clocks:
            if clock.stopped_at is not None:
                unit.clocks.stop(case.id, [clock.kind], at=clock.stopped_at)


def expected(made: list[tuple[Case, list[Clock]]]) -> list[str]:
    waiting = [(case, clocks) for case, clocks in made if case.state not in {CaseState.CLOSED, CaseState.ANSWERED}]
    waiting.sort(key=lambda one: (-score(factors(*one, now=MONDAY)), one[0].opened_at, one[0].id))
    return [case.id for case, _ in waiting]


def ids(found: Queue) -> list[str]:
    return [row.case.id for row in found.rows]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=busy_cases(), limit=st.integers(1, 30))
def test_the_top_of_the_queue_is_what_the_factors_say(
    database: Database, made: list[tuple[Case, list[Clock]]], limit: int
) -> None:
    # One transaction, which is never committed: the next example begins with nothing.
    with database.viewing() as connection:
        add(SqlUnitOfWork(connection, partitions=PARTITIONS, in_force=InForce(dict)), made)
        found = queue(connection, now=MONDAY, limit=limit)
        mine = queue(connection, now=MONDAY, limit=limit, owner="hana")
    assert ids(found) == expected(made)[:limit]
    assert found.in_all == len(expected(made))
    assert [row.score for row in found.rows] == sorted((row.score for row in found.rows), reverse=True)
    of_hana = [one for one in made if one[0].owner == "hana"]
    assert (ids(mine), mine.in_all) == (expected(of_hana)[:limit], len(expected(of_hana)))


@pytest.fixture
def four(database: Database) -> Database:
    with database.unit() as unit:
        for number, severity in enumerate(reversed(Severity)):
            add_case(unit, a_case(case_id=f"AM-{number}", severity=severity, needs_person=number % 2 == 1))
        add_case(unit, a_case(Kind.ENQUIRY, case_id="AM-4"))
        add_case(unit, a_case(case_id="AM-5", state=CaseState.CLOSED))
        unit.commit()
    return database


def test_the_queue_may_be_narrowed(four: Database) -> None:
    with four.viewing() as connection:
        assert ids(queue(connection, now=MONDAY, limit=9)) == ["AM-0", "AM-1", "AM-3", "AM-2", "AM-4"]
        assert ids(queue(connection, now=MONDAY, limit=9, severity=Severity.HIGH)) == ["AM-0", "AM-1"]
        assert ids(queue(connection, now=MONDAY, limit=9, kind=Kind.ENQUIRY)) == ["AM-4"]
        assert ids(queue(connection, now=MONDAY, limit=9, needs_person=True)) == ["AM-1", "AM-3"]


def test_a_short_look_at_the_queue_still_says_how_long_it_is(four: Database) -> None:
    with four.viewing() as connection:
        found = queue(connection, now=MONDAY, limit=2)
    assert (ids(found), found.in_all) == (["AM-0", "AM-1"], 5)


def test_sqlite_reads_the_queue_by_the_indexes_of_what_is_open_and_what_runs(database_file: Path) -> None:
    engine = open_engine(database_file)
    with engine.connect() as connection:
        with caught(engine) as statements:
            queue(connection, now=MONDAY, limit=5)
        plan = " ".join(
            step[3]
            for statement, parameters in statements
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        )
    engine.dispose()
    assert plan.count("SEARCH cases USING COVERING INDEX ix_cases_open") == 1
    assert plan.count("cases USING INDEX ix_cases_open") == 1
    assert "clocks USING INDEX ix_clocks_running" in plan

"""The queue: the database counts the same points that the factors explain, at every moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from amends.domain.case import Case, CaseEvent, CaseState
from amends.domain.channel import Channel
from amends.domain.clock import Clock, ClockKind
from amends.domain.due import Due
from amends.domain.priority import factors, score
from amends.domain.verdict import FlagName, Kind, Severity
from storage.engine import open_engine
from storage.history import InForce
from storage.places import BIT_OF_FLAG, ended, not_yet
from storage.queue import EVERYTHING, Cursor, Queue, Wanted, page, queue
from storage.tables import queue_places
from storage.unit_of_work import Database, SqlUnitOfWork
from tests.conftest import PARTITIONS
from tests.storage.plans import caught
from tests.storage.stock import add_case, add_message
from tests.support.builders import a_case, a_clock, a_flag, a_message, a_verdict
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


def expected(made: list[tuple[Case, list[Clock]]], *, now: datetime = MONDAY) -> list[str]:
    waiting = [
        (case, clocks)
        for case, clocks in made
        if case.state is not CaseState.CLOSED
        and (case.state is not CaseState.ANSWERED or any(clock.stopped_at is None for clock in clocks))
    ]
    waiting.sort(key=lambda one: (-score(factors(*one, now=now)), one[0].opened_at, one[0].id))
    return [case.id for case, _ in waiting]


def ids(found: Queue) -> list[str]:
    return [row.case.id for row in found.rows]


#: Moments before and after the one at which places were counted, and where points change.
moments = st.sampled_from(
    [MONDAY + timedelta(days=days, microseconds=over) for days in (-4, -1, 0, 2, 3, 8, 10) for over in (-1, 0, 1)]
)


@pytest.fixture
def open_queue(database_of_each_kind: Database) -> Iterator[Connection]:
    with database_of_each_kind.engine.connect() as connection:
        yield connection


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    made=busy_cases(),
    limit=st.integers(1, 30),
    counted=st.lists(st.tuples(moments, st.integers(0, 30)), max_size=2),
    now=moments,
)
def test_the_top_of_the_queue_is_what_the_factors_say_whoever_counted_before(
    open_queue: Connection,
    made: list[tuple[Case, list[Clock]]],
    limit: int,
    counted: list[tuple[datetime, int]],
    now: datetime,
) -> None:
    # One transaction, which is never committed: the next example begins with nothing.
    unit = SqlUnitOfWork(open_queue, partitions=PARTITIONS, in_force=InForce(dict))
    add(unit, made)
    unit.places.renew()
    for at, so_many in counted:
        unit.places.count(now=at, limit=so_many)
    found = queue(open_queue, now=now, limit=limit)
    mine = queue(open_queue, now=now, limit=limit, wanted=Wanted(owner="hana"))
    paged = list(pages(open_queue, now=now, limit=limit))
    open_queue.rollback()
    assert ids(found) == expected(made, now=now)[:limit]
    assert found.in_all == len(expected(made, now=now))
    assert [row.score for row in found.rows] == sorted((row.score for row in found.rows), reverse=True)
    of_hana = [one for one in made if one[0].owner == "hana"]
    assert (ids(mine), mine.in_all) == (expected(of_hana, now=now)[:limit], len(expected(of_hana)))
    assert paged == expected(made, now=now)


def pages(connection: Connection, *, now: datetime, limit: int) -> Iterator[str]:
    after: Cursor | None = None
    while rows := page(connection, now=now, limit=limit, after=after):
        yield from (row.case.id for row in rows)
        after = rows[-1].cursor


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=busy_cases(), now=moments, later=moments)
def test_a_counted_place_holds_exactly_as_long_as_it_says(
    database: Database, made: list[tuple[Case, list[Clock]]], now: datetime, later: datetime
) -> None:
    with database.viewing() as connection:
        unit = SqlUnitOfWork(connection, partitions=PARTITIONS, in_force=InForce(dict))
        add(unit, made)
        unit.places.renew()
        waiting = {case.id: (case, clocks) for case, clocks in made if case.id in expected(made)}
        assert unit.places.count(now=now) == len(waiting)
        assert unit.places.count(now=now) == 0
        changed = {
            case.id
            for case, clocks in waiting.values()
            if score(factors(case, clocks, now=now)) != score(factors(case, clocks, now=later))
        }
        held = {
            row.case_id: -row.rank
            for row in connection.execute(select(queue_places).where(~ended(later), ~not_yet(later)))
        }
    assert changed.isdisjoint(held)
    assert {case_id: score(factors(*waiting[case_id], now=later)) for case_id in held} == held


def test_every_flag_has_a_bit_of_its_own() -> None:
    assert set(BIT_OF_FLAG) == set(FlagName)
    assert len(set(BIT_OF_FLAG.values())) == len(FlagName)


@pytest.fixture
def five(database_of_each_kind: Database) -> Database:
    with database_of_each_kind.unit() as unit:
        for number, severity in enumerate(reversed(Severity)):
            add_case(unit, a_case(case_id=f"AM-{number}", severity=severity, needs_person=number % 2 == 1))
        add_case(unit, a_case(Kind.ENQUIRY, case_id="AM-4", channel=Channel.X, state=CaseState.IN_HAND))
        add_case(unit, a_case(case_id="AM-5", state=CaseState.CLOSED))
        text = "It caught fire."
        flag = a_flag(FlagName.SAFETY, "fire", text)
        add_message(unit, a_message(text), case_id="AM-2", verdict=a_verdict(severity=Severity.CRITICAL, flags=[flag]))
        unit.clocks.start(
            [
                a_clock(ClockKind.RESPONSE, case_id="AM-0", started_at=MONDAY - AGO, due_in=timedelta(days=1)),
                a_clock(ClockKind.RESPONSE, case_id="AM-1", started_at=MONDAY - AGO, due_in=AGO + timedelta(hours=3)),
                a_clock(ClockKind.RESPONSE, case_id="AM-2", started_at=MONDAY - AGO, due_in=AGO + timedelta(days=6)),
                a_clock(ClockKind.RESPONSE, case_id="AM-3", started_at=MONDAY - AGO, due_in=AGO + timedelta(days=7)),
            ]
        )
        unit.commit()
    return database_of_each_kind


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (EVERYTHING, ["AM-0", "AM-1", "AM-2", "AM-3", "AM-4"]),
        (Wanted(severity=Severity.HIGH), ["AM-0", "AM-1"]),
        (Wanted(kind=Kind.ENQUIRY), ["AM-4"]),
        (Wanted(needs_person=True), ["AM-1", "AM-3"]),
        (Wanted(channel=Channel.X), ["AM-4"]),
        (Wanted(state=CaseState.IN_HAND), ["AM-4"]),
        (Wanted(owner="hana"), []),
        (Wanted(flag=FlagName.SAFETY), ["AM-2"]),
        (Wanted(due=Due.OVERDUE), ["AM-0"]),
        (Wanted(due=Due.TODAY), ["AM-1"]),
        # Monday the 23rd: the week ends with Sunday the 29th.
        (Wanted(due=Due.WEEK), ["AM-1", "AM-2"]),
        (Wanted(due=Due.WEEK, needs_person=True), ["AM-1"]),
    ],
)
def test_the_queue_may_be_narrowed(five: Database, wanted: Wanted, found: list[str]) -> None:
    with five.viewing() as connection:
        told = queue(connection, now=MONDAY, limit=9, wanted=wanted)
    assert (sorted(ids(told)), told.in_all) == (found, len(found))


def test_a_short_look_at_the_queue_still_says_how_long_it_is(five: Database) -> None:
    with five.viewing() as connection:
        found = queue(connection, now=MONDAY, limit=2)
    assert (ids(found), found.in_all) == (["AM-0", "AM-1"], 5)


def test_a_case_that_is_closed_leaves_the_queue_and_comes_back_when_it_is_opened_again(five: Database) -> None:
    with five.unit() as unit:
        case = unit.cases.get("AM-0")
        unit.cases.save([case.moved(CaseEvent.CLOSED)])
        unit.commit()
    with five.viewing() as connection:
        assert "AM-0" not in ids(queue(connection, now=MONDAY, limit=9))
    with five.unit() as unit:
        unit.cases.save([unit.cases.get("AM-0").moved(CaseEvent.CUSTOMER_WROTE)])
        unit.commit()
    with five.viewing() as connection:
        assert "AM-0" in ids(queue(connection, now=MONDAY, limit=9))


def test_an_answered_case_stays_while_a_clock_of_it_runs(five: Database) -> None:
    def waiting() -> list[str]:
        with five.viewing() as connection:
            return sorted(ids(queue(connection, now=MONDAY, limit=9)))

    with five.unit() as unit:
        case = unit.cases.get("AM-0")
        unit.cases.save([case.moved(CaseEvent.ANSWERED)])
        unit.clocks.stop("AM-0", [ClockKind.RESPONSE], at=MONDAY)
        unit.clocks.start([a_clock(ClockKind.RIGHTS_REQUEST, case_id="AM-0", due_in=timedelta(days=28))])
        unit.commit()
    assert "AM-0" in waiting(), "its rights request is owed"
    with five.unit() as unit:
        unit.clocks.stop("AM-0", [ClockKind.RIGHTS_REQUEST], at=MONDAY)
        unit.commit()
    assert "AM-0" not in waiting()


def test_a_unit_that_is_given_up_leaves_every_place_as_it_was(five: Database) -> None:
    with five.unit() as unit:
        unit.cases.save([unit.cases.get("AM-0").moved(CaseEvent.CLOSED)])
    with five.viewing() as connection:
        assert "AM-0" in ids(queue(connection, now=MONDAY, limit=9))


def test_sqlite_reads_the_queue_by_its_index_of_ranks_and_counts_only_what_holds_no_more(database_file: Path) -> None:
    engine = open_engine(database_file)
    with engine.connect() as connection:
        with caught(engine) as statements:
            page(connection, now=MONDAY, limit=5, wanted=Wanted(kind=Kind.COMPLAINT, due=Due.WEEK))
        plan = [
            step[3]
            for statement, parameters in statements
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    engine.dispose()
    assert "SCAN queue_places USING COVERING INDEX ix_queue_places_rank" in plan
    assert not [step for step in plan if step.startswith(("SCAN cases", "SCAN clocks"))]
    told = " ".join(plan)
    assert "ix_queue_places_holds_until" in told
    assert "ix_queue_places_holds_from" in told

"""Cases, their clocks, outcomes, links and tasks keep what they promise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from amends.domain.case import CaseEvent, CaseState
from amends.domain.clock import ClockKind
from amends.domain.link import Link, LinkKind, LinkState
from amends.domain.outcome import Upheld
from amends.domain.verdict import Kind, Severity
from amends.errors import NotFound, Refused
from storage.unit_of_work import Database
from tests.storage.stock import add_case
from tests.support.builders import a_case, a_clock, a_task, an_outcome
from tests.support.clock import MONDAY

LATER = MONDAY + timedelta(hours=1)
EARLIER = MONDAY - timedelta(days=30)


def test_a_case_comes_back_as_it_was(database: Database) -> None:
    case = replace(
        a_case(severity=Severity.CRITICAL, needs_person=True, kind_set_by="hana", severity_set_by="tom"),
        owner="hana",
        messages=3,
        unanswered=2,
        state=CaseState.IN_HAND,
        last_message_at=LATER,
    )
    with database.unit() as unit:
        add_case(unit, case)
        assert unit.cases.get(case.id) == case
        assert unit.cases.get_many([case.id, "AM-none"]) == {case.id: case}


def test_the_open_cases_of_an_owner_are_all_that_are_not_closed(database: Database) -> None:
    with database.unit() as unit:
        for number, state in enumerate(CaseState):
            add_case(unit, replace(a_case(case_id=f"AM-{number}", state=state), owner="hana"))
        add_case(unit, replace(a_case(case_id="AM-9"), owner="tom"))
        assert [case.id for case in unit.cases.open_of("hana")] == ["AM-0", "AM-1", "AM-2", "AM-3"]


def test_a_case_that_is_not_there_is_not_found(database: Database) -> None:
    with database.reading() as unit, pytest.raises(NotFound, match="AM-none"):
        unit.cases.get("AM-none")


def test_two_people_cannot_overwrite_each_other_unseen(database: Database) -> None:
    with database.unit() as unit:
        case = add_case(unit, a_case(Kind.ENQUIRY))
        unit.cases.save([replace(case.moved(CaseEvent.TAKEN), owner="hana")])
        with pytest.raises(Refused, match="somebody else has changed"):
            unit.cases.save([replace(case.moved(CaseEvent.TAKEN), owner="tom")])
        assert unit.cases.get(case.id).owner == "hana"


def test_several_cases_are_saved_together_or_refused_together(database: Database) -> None:
    with database.unit() as unit:
        one, two = add_case(unit, a_case(case_id="AM-1")), add_case(unit, a_case(case_id="AM-2"))
        unit.cases.save([one.moved(CaseEvent.TAKEN), two.moved(CaseEvent.TAKEN)])
        assert {case.version for case in unit.cases.get_many(["AM-1", "AM-2"]).values()} == {one.version + 1}
        with pytest.raises(Refused, match="one of 2 cases"):
            unit.cases.save([unit.cases.get("AM-1").moved(CaseEvent.CUSTOMER_WROTE), two.moved(CaseEvent.TAKEN)])


def test_a_case_that_was_never_stored_is_not_saved(database: Database) -> None:
    with database.unit() as unit, pytest.raises(Refused):
        unit.cases.save([a_case().moved(CaseEvent.TAKEN)])


def test_a_clock_comes_back_with_its_steps_and_first_due_first(database: Database) -> None:
    with database.unit() as unit:
        case = add_case(unit)
        slow = a_clock(ClockKind.UPDATE, case_id=case.id, due_in=timedelta(days=28))
        fast = a_clock(ClockKind.ACKNOWLEDGEMENT, case_id=case.id, due_in=timedelta(hours=4))
        unit.clocks.start([slow, fast])
        assert unit.clocks.of_cases([case.id, "AM-none"]) == {case.id: [fast, slow]}


def test_a_clock_that_runs_stays_as_it_is(database: Database) -> None:
    with database.unit() as unit:
        case = add_case(unit)
        first = a_clock(case_id=case.id)
        unit.clocks.start([first])
        unit.clocks.start([a_clock(case_id=case.id, started_at=LATER)])
        assert unit.clocks.of_cases([case.id]) == {case.id: [first]}


def test_a_case_has_one_running_clock_of_a_kind_even_if_two_are_started_together(database: Database) -> None:
    with database.unit() as unit:
        case = add_case(unit)
        unit.clocks.start([a_clock(case_id=case.id), a_clock(case_id=case.id, started_at=LATER)])
        assert len(unit.clocks.of_cases([case.id])[case.id]) == 1


def test_a_stopped_clock_is_kept_and_its_kind_may_start_again(database: Database) -> None:
    with database.unit() as unit:
        case = add_case(unit)
        first, second = a_clock(case_id=case.id), a_clock(case_id=case.id, started_at=LATER)
        unit.clocks.start([first, a_clock(ClockKind.UPDATE, case_id=case.id)])
        unit.clocks.stop(case.id, [ClockKind.ACKNOWLEDGEMENT], at=LATER)
        unit.clocks.start([second])
        acknowledgements = [
            clock for clock in unit.clocks.of_cases([case.id])[case.id] if clock.kind is ClockKind.ACKNOWLEDGEMENT
        ]
        assert acknowledgements == [replace(first, stopped_at=LATER), second]


def test_a_clock_may_start_again_at_the_very_moment_it_was_stopped(database: Database) -> None:
    with database.unit() as unit:
        case = add_case(unit)
        again = a_clock(case_id=case.id, due_in=timedelta(hours=4), rule_id="test.urgent")
        unit.clocks.start([a_clock(case_id=case.id)])
        unit.clocks.stop(case.id, [ClockKind.ACKNOWLEDGEMENT], at=MONDAY)
        unit.clocks.start([again])
        running = [clock for clock in unit.clocks.of_cases([case.id])[case.id] if clock.stopped_at is None]
        assert running == [again]


def test_a_stopped_clock_is_not_stopped_again(database: Database) -> None:
    with database.unit() as unit:
        case = add_case(unit)
        unit.clocks.start([a_clock(case_id=case.id)])
        unit.clocks.stop(case.id, list(ClockKind), at=LATER)
        unit.clocks.stop(case.id, list(ClockKind), at=LATER + timedelta(days=1))
        (clock,) = unit.clocks.of_cases([case.id])[case.id]
        assert clock.stopped_at == LATER


def test_outcomes_are_added_and_never_replaced(database: Database) -> None:
    with database.unit() as unit:
        case = add_case(unit)
        first, second = an_outcome(case.id), an_outcome(case.id, upheld=Upheld.PARTLY, at=LATER)
        unit.cases.record_outcome(first)
        unit.cases.record_outcome(second)
        assert unit.cases.outcomes(case.id) == [first, second]


def a_link(reason: str = "the same words") -> Link:
    return Link(case_id="AM-2", other_case_id="AM-1", kind=LinkKind.SAME_MATTER, reasons=(reason,), suggested_at=MONDAY)


@pytest.fixture
def two_cases(database: Database) -> Database:
    with database.unit() as unit:
        add_case(unit, a_case(case_id="AM-1"))
        add_case(unit, a_case(case_id="AM-2"))
        unit.commit()
    return database


def test_a_link_is_seen_from_both_sides(two_cases: Database) -> None:
    with two_cases.unit() as unit:
        unit.links.suggest([a_link()])
        assert unit.links.of_case("AM-1") == unit.links.of_case("AM-2") == [a_link()]


def test_a_suggestion_that_was_settled_is_not_made_again(two_cases: Database) -> None:
    with two_cases.unit() as unit:
        unit.links.suggest([a_link()])
        unit.links.settle("AM-1", "AM-2", LinkState.REFUSED, by="hana")
        unit.links.suggest([a_link("another reason")])
        assert unit.links.of_case("AM-1") == [replace(a_link(), state=LinkState.REFUSED, settled_by="hana")]


def test_what_nobody_suggested_cannot_be_settled(two_cases: Database) -> None:
    with two_cases.unit() as unit, pytest.raises(NotFound, match="nobody suggested"):
        unit.links.settle("AM-1", "AM-2", LinkState.ACCEPTED, by="hana")


def test_who_has_a_mark_is_known_within_its_time(two_cases: Database) -> None:
    with two_cases.unit() as unit:
        unit.links.mark({"AM-1": {"who:1", "ref:1"}, "AM-2": {"ref:1"}}, at=MONDAY)
        unit.links.mark({"AM-1": {"who:1"}}, at=LATER)
        found = unit.links.holders({"who:1", "ref:1", "ref:2"}, since=MONDAY)
        assert {mark: set(of_cases) for mark, of_cases in found.items()} == {
            "who:1": {"AM-1"},
            "ref:1": {"AM-1", "AM-2"},
        }
        assert not unit.links.holders({"who:1", "ref:1"}, since=LATER)


def test_a_task_raised_again_stays_as_it_is(database: Database) -> None:
    with database.unit() as unit:
        case = add_case(unit)
        task = a_task(case.id)
        unit.tasks.raise_([task])
        unit.tasks.raise_([replace(task, reason="another reason")])
        assert unit.tasks.open_tasks() == [task]
        unit.tasks.finish(task.id, by="hana", at=LATER)
        unit.tasks.raise_([task])
        assert unit.tasks.open_tasks() == []
        assert unit.tasks.of_case(case.id) == [replace(task, done_at=LATER, done_by="hana")]


@pytest.mark.parametrize("task_id", ["", "%", "_", "nothing"])
def test_a_task_that_is_not_open_is_not_found(database: Database, task_id: str) -> None:
    with database.unit() as unit:
        case = add_case(unit)
        unit.tasks.raise_([a_task(case.id)])
        with pytest.raises(NotFound):
            unit.tasks.finish(task_id, by="hana", at=LATER)


def test_open_tasks_come_oldest_first(database: Database) -> None:
    with database.unit() as unit:
        case = add_case(unit)
        young, old = a_task(case.id, about="two", raised_at=LATER), a_task(case.id, about="one")
        unit.tasks.raise_([young, old])
        assert unit.tasks.open_tasks() == [old, young]
        assert unit.tasks.open_tasks(limit=1) == [old]
        assert unit.tasks.open_tasks(after=old.id, limit=5) == [young]
        assert unit.tasks.open_tasks(after=young.id) == []
        with pytest.raises(NotFound, match="begin the list again"):
            unit.tasks.open_tasks(after="nothing")


def test_clocks_of_many_cases_are_stopped_together(database: Database) -> None:
    with database.unit() as unit:
        ids = [add_case(unit, a_case(case_id=f"AM-{number}")).id for number in range(3)]
        unit.clocks.start(
            [a_clock(kind, case_id=one) for one in ids for kind in (ClockKind.UPDATE, ClockKind.RESPONSE)]
        )
        unit.clocks.stop_in(ids[:2], [ClockKind.UPDATE], at=LATER)
        unit.clocks.stop_in([], [ClockKind.RESPONSE], at=LATER)
        stopped = {
            (clock.case_id, clock.kind)
            for of_case in unit.clocks.of_cases(ids).values()
            for clock in of_case
            if clock.stopped_at is not None
        }
        assert stopped == {(one, ClockKind.UPDATE) for one in ids[:2]}

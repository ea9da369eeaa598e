"""How much waits: each figure counts what it says and nothing that is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from amends.bus.port import Position, Topic, partition_of
from amends.domain.arrival import ParkedState
from amends.domain.case import CaseState
from amends.domain.clock import ClockKind
from amends.domain.dead import DeadState
from amends.domain.reply import ReplyState
from amends.domain.verdict import Severity
from amends.meter import Levels
from storage.levels import levels
from storage.unit_of_work import Database
from tests.storage.stock import add_case, add_message
from tests.support.builders import a_case, a_clock, a_dead_letter, a_message, a_parked, a_record, a_reply, a_task
from tests.support.clock import MONDAY

GROUPS = {"triage": Topic.MESSAGES, "respond": Topic.TRIAGED}
HOUR = timedelta(hours=1)


def counted(database: Database) -> Levels:
    with database.viewing() as connection:
        return levels(connection, groups=GROUPS, now=MONDAY)


def test_an_empty_database_counts_nothing_by_every_name_there_is(database: Database) -> None:
    found = counted(database)

    assert found.lag == {("triage", "messages"): 0, ("respond", "triaged"): 0}
    assert (found.unshipped, found.unshipped_since) == (0, None)
    assert found.dead_letters == {"triage": 0, "respond": 0}
    assert found.parked == {}
    assert found.replies == dict.fromkeys(("in_review", "approved", "queued", "sending"), 0)
    assert found.tasks == dict.fromkeys(("acknowledge_another_way", "settle_delivery", "reach_another_way"), 0)
    assert found.overdue == dict.fromkeys(ClockKind, 0)
    assert found.cases == dict.fromkeys(("low", "medium", "high", "critical", "none"), 0)


def test_lag_counts_what_a_stage_has_not_moved_past(database: Database) -> None:
    with database.unit() as unit:
        unit.log.publish([a_record(f"r{number}", key="ines") for number in range(5)])
        partition = next(p for p in range(4) if unit.log.read(at(partition=p), limit=1))
        unit.log.advance(at(partition=partition), 2)
        unit.commit()

    assert counted(database).lag == {("triage", "messages"): 3, ("respond", "triaged"): 0}


def test_what_was_not_shipped_is_counted_and_dated_by_the_first_of_it(database: Database) -> None:
    another = next(f"tom{n}" for n in range(99) if partition_of(f"tom{n}", 4) != partition_of("ines", 4))
    with database.unit() as unit:
        for key, hours in (("ines", 3), (another, 5)):
            unit.log.publish(
                [replace(a_record(f"{key}{n}", key=key), at=MONDAY - HOUR * (hours - n)) for n in range(3)]
            )
        unit.commit()
    before = counted(database)
    with database.shipping() as unit:
        for unshipped in unit.log.lock_unshipped():
            unit.log.mark_shipped(unshipped, 2)
        unit.commit()

    after = counted(database)

    assert before.unshipped == 6
    assert before.unshipped_since == MONDAY - 5 * HOUR
    assert (after.unshipped, after.unshipped_since) == (2, MONDAY - 3 * HOUR)


def test_what_a_stage_failed_on_is_told_from_what_was_parked(database: Database) -> None:
    with database.unit() as unit:
        unit.intake.park(
            [
                replace(a_parked("one"), reason="honeypot"),
                replace(a_parked("two"), reason="honeypot"),
                replace(a_parked("three"), reason="empty"),
                replace(a_parked("five"), reason="honeypot", state=ParkedState.DISCARDED),
            ]
        )
        unit.dead.add([a_dead_letter("four"), replace(a_dead_letter("six"), state=DeadState.DISCARDED)])
        unit.commit()

    found = counted(database)

    assert found.parked == {"honeypot": 2, "empty": 1}
    assert found.dead_letters == {"triage": 1, "respond": 0}


@pytest.mark.parametrize(
    ("state", "waits"),
    [(CaseState.RECEIVED, 1), (CaseState.IN_HAND, 1), (CaseState.ANSWERED, 0), (CaseState.CLOSED, 0)],
)
def test_cases_wait_until_they_are_answered(database: Database, state: CaseState, waits: int) -> None:
    with database.unit() as unit:
        add_case(unit, replace(a_case(), state=state, severity=Severity.HIGH))
        unit.commit()

    assert counted(database).cases["high"] == waits


def test_replies_tasks_and_clocks_count_while_somebody_owes_something(database: Database) -> None:
    with database.unit() as unit:
        case = add_case(unit)
        add_message(unit, a_message(), case_id=case.id)
        unit.replies.add([(a_reply(state=ReplyState.IN_REVIEW, case_id=case.id), (), "[]")])
        unit.tasks.raise_([a_task(case_id=case.id)])
        late = a_clock(ClockKind.RESPONSE, case_id=case.id, started_at=MONDAY - 2 * HOUR, due_in=HOUR)
        in_time = a_clock(ClockKind.ACKNOWLEDGEMENT, case_id=case.id, due_in=HOUR)
        unit.clocks.start([late, in_time])
        unit.commit()
    owed = counted(database)
    with database.unit() as unit:
        (task,) = unit.tasks.open_tasks()
        unit.tasks.finish(task.id, by="ann", at=MONDAY)
        unit.clocks.stop(case.id, [ClockKind.RESPONSE], at=MONDAY)
        unit.commit()

    done = counted(database)

    assert (owed.replies["in_review"], sum(owed.replies.values())) == (1, 1)
    assert (sum(owed.tasks.values()), sum(done.tasks.values())) == (1, 0)
    assert (owed.overdue["response"], owed.overdue["acknowledgement"]) == (1, 0)
    assert done.overdue["response"] == 0


def at(*, partition: int) -> Position:
    return Position(group="triage", topic=Topic.MESSAGES, partition=partition, next_offset=0)

"""What a reply's arrival does to its case when the world has moved on meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amends.arrived import reply_arrived
from amends.casework.cases import settle_delivery
from amends.domain.case import CaseState
from amends.domain.clock import ClockKind
from amends.domain.reply import Purpose, ReplyState
from amends.domain.task import Task, TaskKind, task_id
from storage.unit_of_work import Database
from tests.casework.office import MESSAGE, PACK, Office
from tests.support.builders import a_reply

LATER = MESSAGE.received_at + timedelta(days=3)
TRIED = MESSAGE.received_at + timedelta(hours=1)


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database=database)


def unknown(office: Office, purpose: Purpose) -> tuple[str, str]:
    """Add a case with a reply of which nobody knows whether it went, and the task to find out; gives both ids."""
    case = office.case()
    reply = a_reply(state=ReplyState.UNKNOWN, purpose=purpose, message=MESSAGE, approved_by="tom")
    kind = TaskKind.SETTLE_DELIVERY
    task = Task(
        id=task_id(case.id, kind, reply.id),
        case_id=case.id,
        kind=kind,
        reason="nobody knows",
        raised_at=TRIED,
        reply_id=reply.id,
    )
    with office.database.unit() as unit:
        unit.replies.add([(reply, (), "")])
        unit.tasks.raise_([task])
        unit.commit()
    return case.id, reply.id


@pytest.mark.parametrize(
    ("purpose", "state"),
    [(Purpose.ACKNOWLEDGEMENT, CaseState.ACKNOWLEDGED), (Purpose.ANSWER, CaseState.ANSWERED)],
)
def test_a_reply_that_a_person_knows_to_have_arrived_counts_from_the_attempt(
    office: Office, purpose: Purpose, state: CaseState
) -> None:
    case_id, reply_id = unknown(office, purpose)
    with office.database.unit() as unit:
        settle_delivery(unit, reply_id, arrived=True, by="hana", at=LATER, pack=PACK)
        assert unit.cases.get(case_id).state is state
        assert unit.tasks.open_tasks() == []
        for clock in unit.clocks.of_cases([case_id]).get(case_id, []):
            if clock.kind is ClockKind.RESPONSE:
                assert clock.started_at == TRIED


def test_a_reply_that_was_lost_leaves_one_task_to_reach_the_customer(office: Office) -> None:
    case_id, reply_id = unknown(office, Purpose.ACKNOWLEDGEMENT)
    with office.database.unit() as unit:
        settle_delivery(unit, reply_id, arrived=False, by="hana", at=LATER, pack=PACK)
        assert unit.cases.get(case_id).state is CaseState.RECEIVED
        assert [(task.kind, task.reply_id) for task in unit.tasks.open_tasks()] == [
            (TaskKind.REACH_ANOTHER_WAY, reply_id)
        ]


def test_a_customer_who_writes_while_the_answer_is_on_its_way_stays_in_the_queue(office: Office) -> None:
    case = office.case()
    reply = office.reply(state=ReplyState.SENDING)
    office.customer_writes(case, "And now the second parcel is lost too.")
    with office.database.unit() as unit:
        reply_arrived(unit, reply, pack=PACK, at=LATER)
        assert unit.cases.get(case.id).state not in {CaseState.ANSWERED, CaseState.CLOSED}

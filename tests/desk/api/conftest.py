"""A desk with a case whose answer is in review."""

from __future__ import annotations

import pytest

from amends.domain.case import Case
from amends.domain.link import Link, LinkKind
from amends.domain.reply import Reply, ReplyState
from amends.domain.verdict import FlagName, Severity
from tests.desk.house import DeskHouse
from tests.storage.stock import add_case, add_message
from tests.support.builders import (
    a_case,
    a_clock,
    a_dead_letter,
    a_flag,
    a_message,
    a_parked,
    a_reply,
    a_task,
    a_verdict,
    mail_from,
)
from tests.support.clock import MONDAY

WORDS = "The kettle burned my hand. My parcel never came."
MESSAGE = a_message(WORDS)


@pytest.fixture
def case(desk_house: DeskHouse) -> Case:
    """A case with a message, a clock, a task, a suggested link; other things that wait for people."""
    with desk_house.database.unit() as unit:
        case = add_case(unit, a_case(severity=Severity.HIGH))
        flag = a_flag(FlagName.SAFETY, "burned my hand", WORDS)
        add_message(unit, MESSAGE, case_id=case.id, verdict=a_verdict(severity=Severity.CRITICAL, flags=[flag]))
        unit.clocks.start([a_clock(case_id=case.id)])
        unit.tasks.raise_([a_task(case.id)])
        other = add_case(unit, a_case(case_id="AM-0000-0000-02"))
        add_message(unit, a_message("Once more."), case_id=other.id)
        unit.links.suggest(
            [
                Link(
                    case_id=other.id,
                    other_case_id=case.id,
                    kind=LinkKind.SAME_MATTER,
                    reasons=("the same parcel",),
                    suggested_at=MONDAY,
                )
            ]
        )
        unit.intake.park([a_parked("1.eml"), a_parked("2.eml")])
        unit.dead.add([a_dead_letter("r1"), a_dead_letter("r2")])
        unit.commit()
    return case


@pytest.fixture
def in_review(desk_house: DeskHouse, case: Case) -> Reply:
    """An answer to the case, which Amends drafted and hana edited, in review."""
    reply = a_reply(
        "Dear Ines, thank you. We are sorry. We send another one.",
        state=ReplyState.IN_REVIEW,
        authors=("amends", "hana"),
        case_id=case.id,
        message=MESSAGE,
        addressee=mail_from(),
    )
    with desk_house.database.unit() as unit:
        unit.replies.add([(reply, (), "[]")])
        unit.commit()
    return reply

"""Puts into a database what other rows need to stand on."""

from __future__ import annotations

from amends.domain.case import Case
from amends.domain.contact import Identity
from amends.domain.message import Message
from amends.domain.verdict import Verdict
from amends.unit_of_work import JudgedMessage
from storage.unit_of_work import SqlUnitOfWork
from tests.support.builders import a_case, a_verdict, mail_from
from tests.support.clock import MONDAY


def add_case(unit: SqlUnitOfWork, case: Case | None = None, *, of: Identity | None = None) -> Case:
    """Add a case and the contact that it needs."""
    added = case or a_case(contact=of)
    unit.contacts.ensure({of or mail_from(): "Ines Okafor"}, at=MONDAY)
    unit.cases.add([added])
    return added


def add_message(
    unit: SqlUnitOfWork, message: Message, *, case_id: str | None, verdict: Verdict | None = None
) -> JudgedMessage:
    """Add a judged message."""
    judged = JudgedMessage(message=message, verdict=verdict or a_verdict(), case_id=case_id)
    unit.messages.add([judged])
    return judged

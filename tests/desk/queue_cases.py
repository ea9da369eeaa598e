"""Cases for the queue: what a morning brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from amends.domain.case import Case, CaseState
from amends.domain.channel import Channel
from amends.domain.clock import ClockKind
from amends.domain.contact import email_identity
from amends.domain.verdict import FlagName, Kind, Severity
from amends.unit_of_work import JudgedMessage
from storage.unit_of_work import Database
from tests.support.builders import a_case, a_clock, a_flag, a_message, a_verdict
from tests.support.clock import MONDAY


def open_case(
    database: Database,
    number: int,
    text: str = "My parcel never came.",
    *,
    subject: str = "",
    name: str = "Ines Okafor",
    kind: Kind = Kind.COMPLAINT,
    severity: Severity | None = None,
    flags: Sequence[tuple[FlagName, str]] = (),
    due_in_h: float | None = None,
    owner: str = "",
    channel: Channel = Channel.EMAIL,
    needs_person: bool = False,
    state: CaseState = CaseState.RECEIVED,
    unanswered: int = 1,
    at: datetime = MONDAY,
) -> Case:
    """Open a case with its first message, as triage does."""
    author = email_identity(f"person{number}@example.org")
    case = replace(
        a_case(
            kind,
            case_id=reference(number),
            severity=severity or (Severity.LOW if kind is Kind.COMPLAINT else None),
            contact=author,
            channel=channel,
            needs_person=needs_person,
            state=state,
            unanswered=unanswered,
            at=at,
        ),
        owner=owner,
        subject=subject or text[:40],
    )
    message = a_message(text, author=author, name=name, subject=case.subject, native_id=f"{number}@mail.example", at=at)
    verdict = a_verdict(kind, severity=case.severity, flags=[a_flag(flag, quote, text) for flag, quote in flags])
    with database.unit() as unit:
        unit.contacts.ensure({author: name}, at=at)
        unit.cases.add([case])
        unit.messages.add([JudgedMessage(message=message, verdict=verdict, case_id=case.id, number=1)])
        if due_in_h is not None:
            began = at - timedelta(days=30)
            due = timedelta(hours=due_in_h) + (at - began)
            unit.clocks.start([a_clock(ClockKind.RESPONSE, case_id=case.id, started_at=began, due_in=due)])
        unit.commit()
    return case


def reference(number: int) -> str:
    return f"AM-{number:04}-7KQ2-4T"


def a_morning(database: Database) -> None:
    """Open cases of many sorts."""
    open_case(
        database,
        1,
        "The heater you sent caught fire on Sunday night. My daughter breathed the smoke and is in hospital. "
        "I want to know what you are doing about the others that you sold.",
        subject="Heater caught fire",
        severity=Severity.CRITICAL,
        flags=[(FlagName.SAFETY, "caught fire"), (FlagName.MANY_AFFECTED, "the others that you sold")],
        due_in_h=-30,
    )
    open_case(
        database,
        2,
        "This is the third time I write about the deposit. I have a letter from my solicitor here.",
        subject="Re: Re: Deposit of £1,250 not returned",
        name="Oluwaseun Adebayo-Featherstonehaugh",
        severity=Severity.HIGH,
        flags=[(FlagName.LEGAL_THREAT, "a letter from my solicitor"), (FlagName.REPEAT_CONTACT, "the third time")],
        due_in_h=5,
        owner="tom",
        state=CaseState.IN_HAND,
        unanswered=3,
    )
    open_case(
        database, 3, subject="Where is my parcel?", severity=Severity.MEDIUM, due_in_h=60, channel=Channel.WEB_FORM
    )
    open_case(
        database,
        4,
        "do your buses ever run on time or is it just a hobby",
        subject="",
        name="Sam",
        channel=Channel.X,
        needs_person=True,
        due_in_h=90,
    )
    open_case(database, 5, "Are you open on Sunday?", subject="Opening hours", kind=Kind.ENQUIRY, name="")
    open_case(database, 6, subject="An answered one", state=CaseState.ANSWERED)
    open_case(
        database, 7, subject="A" * 90, severity=Severity.LOW, owner="handler", state=CaseState.IN_HAND, due_in_h=300
    )

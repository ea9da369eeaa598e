"""Makes values for tests: each call shows what matters there, and the rest is plausible."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from amends.bus.port import NewRecord, Topic
from amends.domain.arrival import Arrival, Fate, Parked, parked_id
from amends.domain.audit import Happening
from amends.domain.case import Case, CaseState
from amends.domain.channel import Channel
from amends.domain.check import Check, CheckName, Level
from amends.domain.clock import Anchor, Clock, ClockKind, Roll, Rule, Unit
from amends.domain.contact import Identity, IdentityKind, email_identity
from amends.domain.dead import DeadLetter, dead_id
from amends.domain.ids import case_reference, derived_id
from amends.domain.message import Automatic, Message, message_id
from amends.domain.outcome import Outcome, Resolved, Upheld
from amends.domain.reply import Approval, Form, Purpose, Reply, ReplyState, reply_id, text_sha256
from amends.domain.submission import Submission
from amends.domain.task import Task, TaskKind, task_id
from amends.domain.verdict import SEVERITY_OF_FLAG, Flag, FlagName, Kind, Severity, Verdict
from amends.ports import Fetched
from tests.support.clock import MONDAY

_IDENTITY_OF = {
    Channel.EMAIL: IdentityKind.EMAIL,
    Channel.X: IdentityKind.X,
    Channel.MASTODON: IdentityKind.MASTODON,
    Channel.BLUESKY: IdentityKind.BLUESKY,
    Channel.WEB_FORM: IdentityKind.TYPED_EMAIL,
}
_NAME_OF = {Channel.EMAIL: "mail:{}", Channel.X: "x:{}"}


def mail_from(address: str = "ines@example.org") -> Identity:
    return email_identity(address)


def typed(address: str = "ines@example.org") -> Identity:
    return Identity(kind=IdentityKind.TYPED_EMAIL, value=address)


def a_message(
    text: str = "My parcel never came.",
    *,
    channel: Channel = Channel.EMAIL,
    author: Identity | str = "ines@example.org",
    name: str = "Ines Okafor",
    native_id: str = "",
    subject: str = "",
    answers: Sequence[str] = (),
    conversation: str = "",
    tokens: Sequence[str] = (),
    automatic: Automatic | None = None,
    at: datetime = MONDAY,
    account: str = "",
) -> Message:
    """Make a message whose names are those that its channel would give it."""
    native = native_id or f"{derived_id('native', text)[:12]}@mail.example"
    who = Identity(kind=_IDENTITY_OF[channel], value=author) if isinstance(author, str) else author
    return Message(
        id=message_id(channel, account, native, text),
        channel=channel,
        account=account,
        native_id=native,
        author=who,
        author_name=name,
        subject=subject,
        text=text,
        own_words=text,
        sent_at=at,
        received_at=at,
        raw_sha256=sha256_of(text.encode()),
        names=(_NAME_OF[channel].format(native),) if channel in _NAME_OF else (),
        answers=tuple(answers),
        conversation=conversation,
        tokens=tuple(tokens),
        automatic=automatic,
    )


def a_bounce_of(name: str, *, permanent: bool = True, native_id: str = "") -> Message:
    """Make the bounce of a mail of ours that is called `name`."""
    return a_message(
        f"Delivery of {name} failed.",
        author="mailer-daemon@mx.example.org",
        native_id=native_id,
        automatic=Automatic(
            reason="bounce",
            says="the mailbox does not exist",
            is_bounce=True,
            failed_addresses=("ines@example.org",),
            bounced_message_id=name,
            is_permanent=permanent,
        ),
    )


def a_flag(name: FlagName, quote: str, text: str, *, rule: str = "") -> Flag:
    """Flag the words `quote` where they stand in `text`."""
    start = text.index(quote)
    return Flag(
        name=name,
        quote=quote,
        start=start,
        end=start + len(quote),
        rule=rule or f"{name.value}.test",
        severity=SEVERITY_OF_FLAG.get(name),
    )


def a_verdict(
    kind: Kind = Kind.COMPLAINT,
    *,
    severity: Severity | None = None,
    flags: Sequence[Flag] = (),
    needs_person: bool = False,
    confidence: float = 0.9,
) -> Verdict:
    """Make a verdict; a complaint is low unless said."""
    found = severity or (Severity.LOW if kind is Kind.COMPLAINT else None)
    return Verdict(
        kind=kind,
        confidence=confidence,
        severity=found,
        flags=tuple(flags),
        needs_person=needs_person,
        model="fake-1",
    )


def a_case(
    kind: Kind = Kind.COMPLAINT,
    *,
    case_id: str = "",
    severity: Severity | None = None,
    needs_person: bool = False,
    state: CaseState = CaseState.RECEIVED,
    contact: Identity | None = None,
    channel: Channel = Channel.EMAIL,
    at: datetime = MONDAY,
    unanswered: int = 1,
    kind_set_by: str = "",
    severity_set_by: str = "",
) -> Case:
    """Make a case; a complaint is low, and one since it was opened, unless said."""
    is_complaint = kind is Kind.COMPLAINT
    return Case(
        id=case_id or case_reference("first message"),
        contact_id=(contact or mail_from()).contact_id,
        channel=channel,
        kind=kind,
        severity=severity or (Severity.LOW if is_complaint else None),
        needs_person=needs_person,
        state=state,
        subject="My parcel",
        opened_at=at,
        last_message_at=at,
        complaint_since=at if is_complaint else None,
        unanswered=unanswered,
        kind_set_by=kind_set_by,
        severity_set_by=severity_set_by,
    )


def a_reply(
    text: str = "We have your message.",
    *,
    state: ReplyState = ReplyState.DRAFTED,
    purpose: Purpose = Purpose.ANSWER,
    form: Form = Form.EMAIL,
    case_id: str = "",
    message: Message | None = None,
    authors: Sequence[str] = ("amends",),
    approved_by: str = "",
    is_automatic: bool = False,
    addressee: Identity | None = None,
    drafted_at: datetime = MONDAY,
    channel_name: str = "",
) -> Reply:
    """Make a reply. `approved_by` gives it an approval of its very text."""
    answered = message or a_message()
    approval = None
    if approved_by:
        approval = Approval(
            by=approved_by, at=MONDAY, text_sha256=text_sha256(text), expires_at=MONDAY + timedelta(days=2)
        )
    return Reply(
        id=reply_id(answered.id, purpose, form),
        case_id=case_id or case_reference("first message"),
        message_id=answered.id,
        purpose=purpose,
        form=form,
        channel=answered.channel,
        addressee=addressee or answered.author,
        subject="Re: My parcel",
        text=text,
        parts=(),
        template="test-1",
        authors=tuple(authors),
        state=state,
        is_automatic=is_automatic,
        drafted_at=drafted_at,
        approval=approval,
        channel_name=channel_name,
    )


def a_check(level: Level = Level.BLOCK, *, quote: str = "", start: int = 0) -> Check:
    return Check(
        name=CheckName.PERSONAL_DATA,
        level=level,
        rule="test.rule",
        says="It names somebody.",
        remedy="Leave the name out.",
        quote=quote,
        start=start,
        end=start + len(quote),
    )


def a_rule(
    quantity: int = 5,
    unit: Unit = Unit.WORKING_DAYS,
    *,
    roll: Roll = Roll.NONE,
    clock: ClockKind = ClockKind.ACKNOWLEDGEMENT,
    severities: Sequence[Severity] = (),
    flags: Sequence[FlagName] = (),
    rule_id: str = "test.rule",
) -> Rule:
    return Rule(
        id=rule_id,
        clock=clock,
        anchor=Anchor.RECEIPT,
        kinds=frozenset({Kind.COMPLAINT}),
        severities=frozenset(severities),
        flags=frozenset(flags),
        quantity=quantity,
        unit=unit,
        roll=roll,
        source="a standard that a test made up",
        checked_on=date(2026, 11, 1),
    )


def a_clock(
    kind: ClockKind = ClockKind.ACKNOWLEDGEMENT,
    *,
    case_id: str = "",
    started_at: datetime = MONDAY,
    due_in: timedelta = timedelta(days=7),
    stopped_at: datetime | None = None,
    rule_id: str = "test.rule",
) -> Clock:
    return Clock(
        case_id=case_id or case_reference("first message"),
        kind=kind,
        rule_id=rule_id,
        source="a standard that a test made up",
        anchor="received",
        started_at=started_at,
        due_at=started_at + due_in,
        steps=("received on a Monday", "due a week later"),
        stopped_at=stopped_at,
    )


def a_task(case_id: str, *, about: str = "the reply", raised_at: datetime = MONDAY) -> Task:
    return Task(
        id=task_id(case_id, TaskKind.REACH_ANOTHER_WAY, about),
        case_id=case_id,
        kind=TaskKind.REACH_ANOTHER_WAY,
        reason="our reply came back",
        raised_at=raised_at,
    )


def an_outcome(
    case_id: str, *, upheld: Upheld = Upheld.UPHELD, summary: str = "We sent another parcel.", at: datetime = MONDAY
) -> Outcome:
    return Outcome(
        case_id=case_id,
        upheld=upheld,
        resolved=Resolved.NOT_KNOWN,
        summary=summary,
        remedy="another parcel",
        cause="the label tore",
        lessons="print labels twice",
        recorded_by="hana",
        recorded_at=at,
    )


def an_arrival(
    item: str = "1.eml",
    *,
    source: str = "files:inbox",
    fate: Fate = Fate.INGESTED,
    message_id: str = "m1",
    reason: str = "",
) -> Arrival:
    return Arrival(
        source=source,
        item=item,
        channel=Channel.EMAIL,
        fate=fate,
        raw_sha256=sha256_of(item.encode()),
        arrived_at=MONDAY,
        message_id="" if fate in {Fate.PARKED, Fate.OWN} else message_id,
        reason=reason or ("not_a_mail" if fate is Fate.PARKED else ""),
    )


def a_parked(
    item: str = "1.eml", *, stage: str = "ingest", source: str = "files:inbox", at: datetime = MONDAY, message: str = ""
) -> Parked:
    return Parked(
        id=parked_id(stage, source, item),
        stage=stage,
        source=source,
        item=item,
        channel=Channel.EMAIL,
        reason="not_a_mail",
        says="This is not a mail.",
        raw_sha256=sha256_of(item.encode()),
        parked_at=at,
        message_id=message,
    )


def a_dead_letter(
    record_id: str = "r1",
    *,
    stage: str = "triage",
    topic: str = Topic.MESSAGES,
    reason: str = "stage_failed",
    at: datetime = MONDAY,
    body: bytes = b"{}",
    headers: Mapping[str, str] | None = None,
) -> DeadLetter:
    return DeadLetter(
        id=dead_id(stage, topic, record_id),
        stage=stage,
        topic=topic,
        partition=0,
        offset=0,
        record_id=record_id,
        key="ines",
        type="amends.test",
        headers={"channel": "email"} if headers is None else headers,
        body=body,
        at=MONDAY,
        reason=reason,
        says="triage could not handle it (KeyError)",
        channel="email",
        raw_sha256="",
        tries=1,
        died_at=at,
    )


def a_record(
    record_id: str = "r1", *, key: str = "ines", topic: str = Topic.MESSAGES, body: bytes = b"{}"
) -> NewRecord:
    return NewRecord(
        topic=topic,
        key=key,
        id=record_id,
        type="amends.test",
        body=body,
        at=MONDAY,
        headers={"ce_id": record_id, "channel": Channel.EMAIL.value},
    )


def a_happening(action: str = "case.opened", *, at: datetime = MONDAY, **facts: str | int | None) -> Happening:
    return Happening(at=at, actor="amends:test", action=action, subject="case:AM-0000", facts=facts)


def a_submission(
    text: str = "My parcel never came.",
    *,
    submission_id: str = "page-1",
    email: str = "ines@example.org",
    honeypot: str = "",
    at: datetime = MONDAY,
) -> Submission:
    return Submission(
        form="website",
        submission_id=submission_id,
        submitted_at=at,
        name="Ines Okafor",
        email=email,
        subject="Parcel",
        text=text,
        honeypot=honeypot,
    )


def a_fetched(
    raw: bytes,
    *,
    item: str = "1.eml",
    source: str = "files:inbox",
    media: str = "message/rfc822",
    channel: Channel = Channel.EMAIL,
    account: str = "",
    at: datetime = MONDAY,
) -> Fetched:
    return Fetched(source=source, item=item, channel=channel, account=account, media=media, raw=raw, fetched_at=at)


def a_mail(
    text: str = "My parcel never came.",
    *,
    message_id: str = "one@mail.example",
    author: str = "ines@example.org",
    subject: str = "Parcel",
    extra: str = "",
) -> bytes:
    """Write a plain mail as bytes."""
    return (
        f"From: Ines Okafor <{author}>\r\nTo: help@example.com\r\nSubject: {subject}\r\n"
        f"Message-ID: <{message_id}>\r\nDate: Mon, 23 Nov 2026 08:00:00 +0000\r\n{extra}\r\n{text}\r\n"
    ).encode()


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

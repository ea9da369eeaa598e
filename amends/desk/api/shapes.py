"""What is answered, as JSON. Times are in UTC; severities are words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, Field

from amends.desk.api.asked import SeverityWord
from amends.domain.arrival import Parked, ParkedState
from amends.domain.case import Case, CaseState
from amends.domain.channel import Channel
from amends.domain.check import Check, CheckName, Level
from amends.domain.clock import Clock, ClockKind
from amends.domain.contact import Identity, IdentityKind
from amends.domain.dead import DeadLetter, DeadState
from amends.domain.delivery import CameTo, Delivery
from amends.domain.link import Link, LinkKind, LinkState
from amends.domain.message import Message
from amends.domain.note import Note
from amends.domain.outcome import Outcome, Resolved, Upheld
from amends.domain.reply import Form, Purpose, Reply, ReplyState, Slot, text_sha256
from amends.domain.task import Task, TaskKind
from amends.domain.verdict import FlagName, Kind, Severity, Verdict
from amends.unit_of_work import JudgedMessage
from storage.queue import QueueRow

_WORDS: dict[Severity, SeverityWord] = {
    Severity.LOW: "low",
    Severity.MEDIUM: "medium",
    Severity.HIGH: "high",
    Severity.CRITICAL: "critical",
}


class ACase(BaseModel):
    """A case. `version` grows with each change."""

    reference: str
    channel: Channel
    kind: Kind
    severity: SeverityWord | None
    needs_person: bool = Field(description="Whether a person has to say what it is.")
    state: CaseState
    subject: str
    opened_at: AwareDatetime
    last_message_at: AwareDatetime
    complaint_since: AwareDatetime | None
    owner: str = Field(description="Who has it; empty: nobody yet.")
    kind_set_by: str
    severity_set_by: str
    messages: int
    unanswered: int
    version: int


class AClock(BaseModel):
    """A deadline, with the steps of its count."""

    kind: ClockKind
    started_at: AwareDatetime
    due_at: AwareDatetime
    stopped_at: AwareDatetime | None
    is_overdue: bool
    rule: str
    source: str
    steps: list[str]


class AFactor(BaseModel):
    """One reason for a case's place in the queue."""

    says: str
    points: int


class AQueued(BaseModel):
    """A case in the queue."""

    case: ACase
    score: int
    why: list[AFactor]
    next_due: AwareDatetime | None
    clocks: list[AClock]


class AQueue(BaseModel):
    """A part of the queue. `in_all` counts the cases that were asked for."""

    items: list[AQueued]
    in_all: int
    next: str | None


class AnIdentity(BaseModel):
    """An address or a handle."""

    kind: IdentityKind
    value: str


class AnAttachment(BaseModel):
    """A file that came with a message."""

    filename: str
    content_type: str
    size_bytes: int
    sha256: str


class AFlag(BaseModel):
    """What a message tells of: `quote` is `own_words[start:end]`, counted in characters."""

    name: FlagName
    quote: str
    start: int
    end: int
    rule: str
    severity: SeverityWord | None


class AVerdict(BaseModel):
    """What triage said of a message."""

    kind: Kind
    confidence: float
    severity: SeverityWord | None
    needs_person: bool
    flags: list[AFlag]
    model: str


class AMessage(BaseModel):
    """A message of the customer, with what triage said of it."""

    id: str
    channel: Channel
    received_at: AwareDatetime
    sent_at: AwareDatetime | None
    author: AnIdentity
    author_name: str
    subject: str
    own_words: str
    text: str
    hidden_text: str
    attachments: list[AnAttachment]
    joined_via: str
    verdict: AVerdict


class ACheck(BaseModel):
    """A remark on a reply: `quote` is `text[start:end]`."""

    name: CheckName
    level: Level
    rule: str
    says: str
    remedy: str
    quote: str
    start: int
    end: int


class APart(BaseModel):
    """A part of a draft."""

    slot: Slot
    text: str


class AnApproval(BaseModel):
    """Who approved which words, and until when that holds."""

    by: str
    at: AwareDatetime
    expires_at: AwareDatetime
    text_sha256: str


class AReply(BaseModel):
    """A reply, with the remarks on its present words."""

    id: str
    case: str
    message: str
    purpose: Purpose
    form: Form
    channel: Channel
    addressee: AnIdentity
    subject: str
    text: str
    text_sha256: str
    parts: list[APart]
    authors: list[str]
    state: ReplyState
    is_automatic: bool
    drafted_at: AwareDatetime
    approval: AnApproval | None
    outcome: str
    checks: list[ACheck]


class AReview(BaseModel):
    """A reply in review, and the customer's words that it answers."""

    reply: AReply
    answers: str


class Reviews(BaseModel):
    """A part of what waits for review, oldest first."""

    items: list[AReview]
    next: str | None


class ADelivery(BaseModel):
    """One thing that happened to a reply on its way."""

    reply: str
    at: AwareDatetime
    came_to: CameTo
    form: str
    sent_to: str
    approved_by: str
    says: str
    again_at: AwareDatetime | None


class ALink(BaseModel):
    """A case that may belong to this one."""

    other: str
    kind: LinkKind
    state: LinkState
    reasons: list[str]
    suggested_at: AwareDatetime
    settled_by: str


class ATask(BaseModel):
    """Something that only a person can do."""

    id: str
    case: str
    kind: TaskKind
    reason: str
    reply: str
    raised_at: AwareDatetime
    done_at: AwareDatetime | None
    done_by: str


class Tasks(BaseModel):
    """A part of the open tasks, oldest first."""

    items: list[ATask]
    next: str | None


class AnOutcome(BaseModel):
    """How a case ended."""

    upheld: Upheld
    resolved: Resolved
    summary: str
    remedy: str
    cause: str
    lessons: str
    recorded_by: str
    recorded_at: AwareDatetime


class ANote(BaseModel):
    """A note for colleagues alone."""

    number: int
    text: str
    by: str
    at: AwareDatetime


class AFile(BaseModel):
    """Everything that is known of a case."""

    case: ACase
    messages: list[AMessage]
    clocks: list[AClock]
    replies: list[AReply]
    deliveries: list[ADelivery]
    links: list[ALink]
    tasks: list[ATask]
    outcomes: list[AnOutcome]
    notes: list[ANote]


class AParked(BaseModel):
    """A message that was set aside with its reason."""

    id: str
    stage: str
    source: str
    item: str
    channel: Channel
    reason: str
    says: str
    message: str
    state: ParkedState
    parked_at: AwareDatetime


class ParkedList(BaseModel):
    """A part of what is parked, oldest first."""

    items: list[AParked]
    next: str | None


class ADeadLetter(BaseModel):
    """A record that a stage could not process; its body is not told here."""

    id: str
    stage: str
    topic: str
    record: str
    type: str
    reason: str
    says: str
    channel: str
    tries: int
    died_at: AwareDatetime
    state: DeadState


class DeadLetters(BaseModel):
    """A part of the dead letters that wait, oldest first."""

    items: list[ADeadLetter]
    next: str | None


class ASettledLink(BaseModel):
    """What was said of a suggested link."""

    case: str
    other: str
    state: LinkState


def word_of(severity: Severity | None) -> SeverityWord | None:
    """Give the word of a severity."""
    return _WORDS[severity] if severity is not None else None


def a_case(case: Case) -> ACase:
    """Write a case."""
    return ACase(
        reference=case.id,
        channel=case.channel,
        kind=case.kind,
        severity=word_of(case.severity),
        needs_person=case.needs_person,
        state=case.state,
        subject=case.subject,
        opened_at=case.opened_at,
        last_message_at=case.last_message_at,
        complaint_since=case.complaint_since,
        owner=case.owner,
        kind_set_by=case.kind_set_by,
        severity_set_by=case.severity_set_by,
        messages=case.messages,
        unanswered=case.unanswered,
        version=case.version,
    )


def a_clock(clock: Clock, *, now: datetime) -> AClock:
    """Write a clock as it stands at a moment."""
    return AClock(
        kind=clock.kind,
        started_at=clock.started_at,
        due_at=clock.due_at,
        stopped_at=clock.stopped_at,
        is_overdue=clock.is_overdue(now),
        rule=clock.rule_id,
        source=clock.source,
        steps=list(clock.steps),
    )


def a_queued(row: QueueRow, *, now: datetime) -> AQueued:
    """Write a row of the queue."""
    return AQueued(
        case=a_case(row.case),
        score=row.score,
        why=[AFactor(says=factor.says, points=factor.points) for factor in row.factors],
        next_due=row.next_due,
        clocks=[a_clock(clock, now=now) for clock in row.clocks],
    )


def a_message(one: JudgedMessage) -> AMessage:
    """Write a message and its verdict."""
    message: Message = one.message
    return AMessage(
        id=message.id,
        channel=message.channel,
        received_at=message.received_at,
        sent_at=message.sent_at,
        author=_identity(message.author),
        author_name=message.author_name,
        subject=message.subject,
        own_words=message.own_words,
        text=message.text,
        hidden_text=message.hidden_text,
        attachments=[
            AnAttachment(
                filename=one.filename, content_type=one.content_type, size_bytes=one.size_bytes, sha256=one.sha256
            )
            for one in message.attachments
        ],
        joined_via=one.joined_via,
        verdict=_verdict(one.verdict),
    )


def a_reply(reply: Reply, checks: Iterable[Check]) -> AReply:
    """Write a reply and the remarks on it."""
    approval = reply.approval
    return AReply(
        id=reply.id,
        case=reply.case_id,
        message=reply.message_id,
        purpose=reply.purpose,
        form=reply.form,
        channel=reply.channel,
        addressee=_identity(reply.addressee),
        subject=reply.subject,
        text=reply.text,
        text_sha256=text_sha256(reply.text),
        parts=[APart(slot=part.slot, text=part.text) for part in reply.parts],
        authors=list(reply.authors),
        state=reply.state,
        is_automatic=reply.is_automatic,
        drafted_at=reply.drafted_at,
        approval=None
        if approval is None
        else AnApproval(
            by=approval.by, at=approval.at, expires_at=approval.expires_at, text_sha256=approval.text_sha256
        ),
        outcome=reply.outcome,
        checks=[
            ACheck(
                name=one.name,
                level=one.level,
                rule=one.rule,
                says=one.says,
                remedy=one.remedy,
                quote=one.quote,
                start=one.start,
                end=one.end,
            )
            for one in checks
        ],
    )


def a_delivery(one: Delivery) -> ADelivery:
    """Write what happened to a reply."""
    return ADelivery(
        reply=one.reply_id,
        at=one.at,
        came_to=one.came_to,
        form=one.form,
        sent_to=one.sent_to,
        approved_by=one.approved_by,
        says=one.says,
        again_at=one.again_at,
    )


def a_link(link: Link, *, of: str) -> ALink:
    """Write a link as one of its cases sees it."""
    return ALink(
        other=link.other_case_id if link.case_id == of else link.case_id,
        kind=link.kind,
        state=link.state,
        reasons=list(link.reasons),
        suggested_at=link.suggested_at,
        settled_by=link.settled_by,
    )


def a_task(task: Task) -> ATask:
    """Write a task."""
    return ATask(
        id=task.id,
        case=task.case_id,
        kind=task.kind,
        reason=task.reason,
        reply=task.reply_id,
        raised_at=task.raised_at,
        done_at=task.done_at,
        done_by=task.done_by,
    )


def an_outcome(one: Outcome) -> AnOutcome:
    """Write how a case ended."""
    return AnOutcome(
        upheld=one.upheld,
        resolved=one.resolved,
        summary=one.summary,
        remedy=one.remedy,
        cause=one.cause,
        lessons=one.lessons,
        recorded_by=one.recorded_by,
        recorded_at=one.recorded_at,
    )


def a_note(note: Note) -> ANote:
    """Write a note."""
    return ANote(number=note.number, text=note.text, by=note.by, at=note.at)


def a_parked(one: Parked) -> AParked:
    """Write a parked message."""
    return AParked(
        id=one.id,
        stage=one.stage,
        source=one.source,
        item=one.item,
        channel=one.channel,
        reason=one.reason,
        says=one.says,
        message=one.message_id,
        state=one.state,
        parked_at=one.parked_at,
    )


def a_dead_letter(one: DeadLetter) -> ADeadLetter:
    """Write a dead letter, without its body."""
    return ADeadLetter(
        id=one.id,
        stage=one.stage,
        topic=one.topic,
        record=one.record_id,
        type=one.type,
        reason=one.reason,
        says=one.says,
        channel=one.channel,
        tries=one.tries,
        died_at=one.died_at,
        state=one.state,
    )


def listed_clocks(clocks: Sequence[Clock], *, now: datetime) -> list[AClock]:
    """Write clocks."""
    return [a_clock(clock, now=now) for clock in clocks]


def _identity(one: Identity) -> AnIdentity:
    return AnIdentity(kind=one.kind, value=one.value)


def _verdict(verdict: Verdict) -> AVerdict:
    return AVerdict(
        kind=verdict.kind,
        confidence=verdict.confidence,
        severity=word_of(verdict.severity),
        needs_person=verdict.needs_person,
        flags=[
            AFlag(
                name=one.name,
                quote=one.quote,
                start=one.start,
                end=one.end,
                rule=one.rule,
                severity=word_of(one.severity),
            )
            for one in verdict.flags
        ],
        model=verdict.model,
    )

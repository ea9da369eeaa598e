"""The respond stage: for each triaged message, the form of reply, the draft, the checks, and what may go by itself."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from amends.arrived import acknowledged, response_clocks
from amends.bus.port import NewRecord, Record, Topic
from amends.domain.audit import Happening
from amends.domain.case import Case
from amends.domain.channel import Channel
from amends.domain.check import Check
from amends.domain.clock import Clock, ClockKind, Pack
from amends.domain.contact import Identity
from amends.domain.delivery import CameTo, Delivery, Unreachable, delivery_of
from amends.domain.message import Message
from amends.domain.reply import Form, Purpose, Reply, ReplyState, reply_id
from amends.domain.secrets import status_token
from amends.domain.task import Task, TaskKind, task_id
from amends.domain.verdict import Kind, Severity
from amends.errors import Refused
from amends.tracer import TRACEPARENT
from amends.unit_of_work import AutomaticCounts, JudgedMessage, UnitOfWork
from amends.wire import TRIAGED, Triaged, body_of, decode_triaged, queued_record
from respond.checks.personal_data import Customer
from respond.checks.post_rule import post_rule
from respond.checks.run import Limits, run_checks
from respond.draft import ReplyContext, draft_reply
from respond.forms import Advice, Situation, advise
from respond.policy import Caps, SentCounts, decide_caps, may_send_by_itself

_HANDLE = re.compile(r"@(\w{1,15})\b", re.ASCII)
#: The author of what nobody wrote by hand.
AMENDS = "amends"


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Who answers, and what may go without a person."""

    organisation: str
    contact_line: str
    urgent_contact: str = ""
    status_url: Callable[[str], str] = lambda _token: ""
    acknowledges_by_itself: bool = True
    acknowledges_within: timedelta = timedelta(days=14)
    #: So long after an automatic reply to somebody no other goes there because of a new mail.
    acknowledges_again_after: timedelta = timedelta(minutes=10)
    #: Whether mail to an address would come back to ourselves.
    owns: Callable[[str], bool] = lambda _address: False
    caps: Caps = field(default_factory=Caps)
    #: The handles by which a post may mention us, where we publish on X; empty where people do.
    publishes_as: frozenset[str] = frozenset()

    def may_publish(self, message: Message) -> bool:
        """Whether X takes our reply to a post from a program: if the post mentions us, as far as its words show."""
        if message.channel is not Channel.X:
            return True
        return not self.publishes_as or bool(self.publishes_as & set(_HANDLE.findall(message.text.casefold())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """One reply as drafted. `goes_by_itself` is what policy says; the caps are asked when it is written."""

    reply: Reply
    checks: tuple[Check, ...]
    goes_by_itself: bool
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What one triaged message leads to."""

    triaged: Triaged
    message: JudgedMessage
    case: Case
    advice: Advice
    drafts: tuple[Drafted, ...]
    #: What opens the status page of a form; empty for what came another way.
    status_token: str = ""
    #: The trace that its record came with.
    trace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """What a plan is made of."""

    triaged: Triaged
    message: JudgedMessage
    case: Case
    clocks: Sequence[Clock]


def _stored(unit: UnitOfWork, told: Sequence[Triaged]) -> list[_Stored]:
    messages = unit.messages.get_many([one.message_id for one in told])
    cases = unit.cases.get_many([one.case_id for one in told])
    clocks = unit.clocks.of_cases([one.case_id for one in told])
    return [
        _Stored(
            triaged=one,
            message=messages[one.message_id],
            case=cases[one.case_id],
            clocks=clocks.get(one.case_id, ()),
        )
        for one in told
    ]


class RespondStage:
    """Reads `triaged`, publishes `outbox`."""

    name = "respond"
    topic = Topic.TRIAGED

    def __init__(
        self,
        office: Office,
        *,
        reading: Callable[[], AbstractContextManager[UnitOfWork]],
        pack: Pack,
        secret: bytes,
    ) -> None:
        self._office = office
        self._reading = reading
        self._pack = pack
        self._secret = secret

    def prepare(self, records: Sequence[Record], *, at: datetime) -> list[Planned]:
        """Draft replies to a batch, from what is stored."""
        told = [decode_triaged(body_of(record, TRIAGED)) for record in records]
        with self._reading() as unit:
            stored = _stored(unit, told)
        traces = [record.headers.get(TRACEPARENT, "") for record in records]
        return [self._plan(one, at, trace) for one, trace in zip(stored, traces, strict=True)]

    def apply(self, unit: UnitOfWork, prepared: list[Planned], *, at: datetime) -> Mapping[str, int]:
        """Store drafts, queue what may go, raise tasks for what is held back; counts replies by what became of each."""
        writing = _Writing(unit, self._office, self._pack, now=at)
        writing.write(self._as_it_stands(unit, prepared, at=at))
        return Counter(reply.state.value for reply, _, _ in writing.stored)

    def _as_it_stands(self, unit: UnitOfWork, prepared: list[Planned], *, at: datetime) -> list[Planned]:
        """Draft again what was drafted for a case that somebody has changed meanwhile.

        A case's clocks change only with its version, and a message in a case changes no more.
        """
        cases = unit.cases.get_many([plan.case.id for plan in prepared])
        changed = {case.id for plan in prepared if (case := cases[plan.case.id]) != plan.case}
        if not changed:
            return prepared
        stored = iter(_stored(unit, [plan.triaged for plan in prepared if plan.case.id in changed]))
        return [self._plan(next(stored), at, plan.trace) if plan.case.id in changed else plan for plan in prepared]

    def _plan(self, stored: _Stored, now: datetime, trace: str) -> Planned:
        triaged, judged, case, clocks = stored.triaged, stored.message, stored.case, stored.clocks
        advice = self._advise(judged, case)
        drafts = tuple(
            self._draft(judged, case, clocks, form, purpose, now)
            for form, purpose in _wanted(triaged, judged, case, advice)
        )
        token = self._status_token(judged.message)
        return Planned(
            triaged=triaged, message=judged, case=case, advice=advice, drafts=drafts, status_token=token, trace=trace
        )

    def _status_token(self, message: Message) -> str:
        return status_token(self._secret, message.id) if message.channel is Channel.WEB_FORM else ""

    def _draft(
        self, judged: JudgedMessage, case: Case, clocks: Sequence[Clock], form: Form, purpose: Purpose, now: datetime
    ) -> Drafted:
        message, office = judged.message, self._office
        flags = frozenset(flag.name for flag in judged.verdict.flags)
        token = self._status_token(message)
        draft = draft_reply(
            ReplyContext(
                case_id=case.id,
                message_id=message.id,
                channel=message.channel,
                form=form,
                kind=case.kind,
                severity=case.severity,
                received_at=message.received_at,
                organisation=office.organisation,
                flags=flags,
                needs_person=case.needs_person,
                customer_name=message.author_name,
                subject=message.subject,
                own_words=message.own_words,
                # Whoever may be in danger is not told to wait for a date.
                next_due=None if case.severity is Severity.CRITICAL else self._answer_due(case, clocks, now),
                contact=office.contact_line,
                urgent_contact=office.urgent_contact,
                status_url=office.status_url(token) if token else "",
                zone=self._pack.calendar.zone,
                post_rule=post_rule(message.channel, message.facts),
            ),
            purpose,
        )
        checks = run_checks(
            draft.text,
            form=form,
            purpose=purpose,
            kind=case.kind,
            channel=message.channel,
            parts=draft.parts,
            customer=Customer(names=(message.author_name,), addresses=(message.author.value,)),
            limits=Limits(public_contacts=(office.contact_line,), post=post_rule(message.channel, message.facts)),
        )
        decision = may_send_by_itself(
            form=form,
            purpose=purpose,
            kind=case.kind,
            severity=case.severity,
            needs_person=case.needs_person,
            flags=flags,
            from_machine=message.automatic is not None,
            person_has_written=bool(case.owner),
            checks=checks,
        )
        may_go = decision.allowed and office.acknowledges_by_itself
        waits = ReplyState.DRAFTED if purpose is Purpose.ANSWER and not form.is_public else ReplyState.IN_REVIEW
        return Drafted(
            reply=Reply(
                id=reply_id(message.id, purpose, form),
                case_id=case.id,
                message_id=message.id,
                purpose=purpose,
                form=form,
                channel=message.channel,
                addressee=message.author,
                subject=draft.subject,
                text=draft.text,
                parts=draft.parts,
                template=draft.template,
                authors=(AMENDS,),
                state=ReplyState.DRAFTED if may_go else waits,
                is_automatic=may_go,
                drafted_at=now,
            ),
            checks=checks,
            goes_by_itself=may_go,
            because=decision.because,
        )

    def frame(self, unit: UnitOfWork, case: Case, form: Form | None, *, at: datetime) -> tuple[Reply, str]:
        """Draft the frame of an answer that a person begins, to a case's last message; with the advice on forms (JSON).

        Raises:
            Refused: the form cannot be used here, or has no text.
        """
        judged = unit.messages.last_filed(case.id)
        clocks = unit.clocks.of_cases([case.id]).get(case.id, ())
        advice = self._advise(judged, case)
        chosen = form or advice.first_written
        if blocked_by := advice.about(chosen).blocked_by:
            raise Refused(f"{chosen.value.replace('_', ' ')} cannot be used: {blocked_by}")
        if chosen is Form.PHONE_CALL:
            raise Refused("a telephone call has no text: make it, then log what was said")
        return self._draft(judged, case, clocks, chosen, Purpose.ANSWER, at).reply, _advice_json(advice)

    def advise(self, unit: UnitOfWork, case: Case) -> Advice:
        """Say in which form to answer a case's last message."""
        return self._advise(unit.messages.last_filed(case.id), case)

    def _advise(self, judged: JudgedMessage, case: Case) -> Advice:
        message = judged.message
        return advise(
            Situation(
                channel=message.channel,
                kind=case.kind,
                severity=case.severity,
                flags=frozenset(flag.name for flag in judged.verdict.flags),
                needs_person=case.needs_person,
                has_email_address=message.author.address is not None,
                own_words=message.own_words,
                may_be_published=not message.is_public or self._office.may_publish(message),
                was_private=not message.is_public,
            )
        )

    def _answer_due(self, case: Case, clocks: Sequence[Clock], now: datetime) -> datetime | None:
        """Say by when the customer is answered: by the clock that runs, or that an acknowledgement now would start."""
        running = [clock.due_at for clock in clocks if clock.kind is ClockKind.RESPONSE and clock.stopped_at is None]
        if not running:
            running = [clock.due_at for clock in response_clocks(self._pack, case, at=now)]
        return min((due for due in running if due > now), default=None)


def _wanted(triaged: Triaged, judged: JudgedMessage, case: Case, advice: Advice) -> list[tuple[Form, Purpose]]:
    """Say which replies a message calls for.

    In private: one acknowledgement when a case opens or turns into a complaint, and the
    frame of an answer for the handler. In public: one suggestion for the reviewer, to
    the newest post. A critical case gets an acknowledgement alone: the rest is a person's.
    """
    is_critical = case.severity is Severity.CRITICAL
    if judged.message.channel.is_public:
        form = advice.first_written
        is_answer = form is Form.PUBLIC_REPLY and not is_critical
        return [(form, Purpose.ANSWER if is_answer else Purpose.ACKNOWLEDGEMENT)]
    if not advice.about(Form.EMAIL).allowed:
        return []
    wanted = []
    if triaged.opened or triaged.became_complaint:
        wanted.append((Form.EMAIL, Purpose.ACKNOWLEDGEMENT))
    if not is_critical and case.kind is not Kind.PRAISE:
        wanted.append((Form.EMAIL, Purpose.ANSWER))
    return wanted


@dataclass(slots=True)
class _Writing:
    """Writes one batch of plans."""

    unit: UnitOfWork
    office: Office
    pack: Pack
    now: datetime
    tasks: list[Task] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    records: list[NewRecord] = field(default_factory=list)
    stored: list[tuple[Reply, tuple[Check, ...], str]] = field(default_factory=list)
    held_back: list[Delivery] = field(default_factory=list)
    to: dict[Identity, int] = field(default_factory=dict)
    on: dict[str, int] = field(default_factory=dict)
    in_all: int = 0
    #: When each mailbox got the last automatic reply.
    last_to: dict[Identity, datetime] = field(default_factory=dict)
    #: Addresses that mail came back from.
    unreachable: Mapping[str, Unreachable] = field(default_factory=dict)
    #: What the cases that are written about again have already, as it stands now.
    older: dict[str, list[Reply]] = field(default_factory=dict)

    def write(self, prepared: list[Planned]) -> None:
        known = self.unit.replies.known([drafted.reply.id for plan in prepared for drafted in plan.drafts])
        self._count(prepared)
        self.older = self.unit.replies.of_cases({plan.case.id for plan in prepared if not plan.triaged.opened})
        for plan in prepared:
            advice = _advice_json(plan.advice)
            for drafted in plan.drafts:
                if drafted.reply.id not in known:
                    known.add(drafted.reply.id)
                    self._store(plan, drafted, advice)
            self._without_a_reply(plan)
            if plan.status_token and plan.drafts:
                # Our own form has promised the page already; a form that came as a file has not.
                self.unit.intake.promise_status(plan.status_token, plan.message.message.id, at=self.now)
        self.unit.replies.add(self.stored)
        self.unit.deliveries.note(self.held_back)
        self.unit.tasks.raise_(self.tasks)
        self.unit.audit.append(self.happenings)
        self.unit.log.publish(self.records)

    def _count(self, prepared: list[Planned]) -> None:
        going = [drafted.reply for plan in prepared for drafted in plan.drafts if drafted.goes_by_itself]
        if not going:
            return
        counts: AutomaticCounts = self.unit.replies.count_automatic(
            {reply.addressee for reply in going},
            {reply.case_id for reply in going},
            since=self.now - timedelta(days=1),
            last_hour=self.now - timedelta(hours=1),
        )
        self.to, self.on, self.in_all = dict(counts.to), dict(counts.on), counts.in_all
        self.last_to = dict(counts.last_to)
        self.unreachable = self.unit.deliveries.unreachable({reply.addressee.value for reply in going})

    def _store(self, plan: Planned, drafted: Drafted, advice: str) -> None:
        reply = drafted.reply
        if not plan.triaged.opened:
            self._supersede(reply)
        if drafted.goes_by_itself:
            reply = self._queued_or_held_back(plan, reply)
        self.stored.append((reply, drafted.checks, advice))
        self._tell(
            f"reply.{reply.state.value}",
            f"reply:{reply.id}",
            case=reply.case_id,
            form=reply.form.value,
            purpose=reply.purpose.value,
            template=reply.template,
            checks=" ".join(check.rule for check in drafted.checks),
        )

    def _queued_or_held_back(self, plan: Planned, reply: Reply) -> Reply:
        because = self._held_back_because(plan.message.message, reply)
        if because:
            self._task(reply.case_id, because, about=reply.id)
            self.held_back.append(delivery_of(reply, CameTo.HELD_BACK, at=self.now, says=because))
            return reply.moved(ReplyState.SUPPRESSED, outcome=because)
        mailbox = reply.addressee.mailbox
        self.to[mailbox] = self.to.get(mailbox, 0) + 1
        self.on[reply.case_id] = self.on.get(reply.case_id, 0) + 1
        self.in_all += 1
        self.last_to[mailbox] = self.now
        queued = reply.moved(ReplyState.QUEUED)
        self.records.append(queued_record(queued, source="/respond", at=self.now, trace=plan.trace))
        return queued

    def _held_back_because(self, message: Message, reply: Reply) -> str:
        """Say why an acknowledgement that policy lets go does not go by itself; "" if nothing speaks against it."""
        to = reply.addressee
        if self.office.owns(to.value):
            return "it comes from an address of our own, and our answer would come back to us: acknowledge another way"
        if to.value in self.unreachable:
            return self.unreachable[to.value].because
        age = self.now - message.received_at
        if age > self.office.acknowledges_within:
            return f"the message is {age.days} days old: an automatic reply so late would only puzzle its writer"
        last = self.last_to.get(to.mailbox)
        if message.channel is Channel.EMAIL and last is not None:
            since = self.now - last
            if since < self.office.acknowledges_again_after:
                return (
                    f"an automatic reply went to this sender {since.seconds // 60} minutes ago, and a machine that "
                    "answers it would be as quick: acknowledge by another route"
                )
        decision = decide_caps(
            SentCounts(
                to_sender_today=self.to.get(to.mailbox, 0),
                on_case=self.on.get(reply.case_id, 0),
                in_all_this_hour=self.in_all,
            ),
            self.office.caps,
        )
        return "" if decision.allowed else decision.because

    def _supersede(self, reply: Reply) -> None:
        """Put a newer draft in the place of one that nobody has touched."""
        older = self.older.get(reply.case_id, [])
        for old in list(older):
            untouched = old.authors == (AMENDS,) and old.state in {ReplyState.DRAFTED, ReplyState.IN_REVIEW}
            replaced = old.purpose is reply.purpose or old.form.is_public
            if untouched and replaced and old.id != reply.id:
                older.remove(old)
                self.unit.replies.save(
                    old.moved(ReplyState.SUPERSEDED, outcome="the customer wrote again"), was=old.state, at=self.now
                )
        for index, (mine, checks, advice) in enumerate(self.stored):
            same = mine.case_id == reply.case_id and (mine.purpose is reply.purpose or mine.form.is_public)
            if same and mine.state in {ReplyState.DRAFTED, ReplyState.IN_REVIEW}:
                superseded = mine.moved(ReplyState.SUPERSEDED, outcome="the customer wrote again")
                self.stored[index] = (superseded, checks, advice)

    def _without_a_reply(self, plan: Planned) -> None:
        """Acknowledge what no reply can acknowledge: by the status page, or by a person."""
        message = plan.message.message
        if message.channel.is_public or message.author.address is not None or not plan.triaged.opened:
            return
        # Only whoever sent the form to us themselves was shown the address of its page.
        has_a_page = plan.status_token and self.unit.intake.status_promise(plan.status_token) is not None
        if has_a_page and plan.case.severity is not Severity.CRITICAL:
            case = self.unit.cases.get(plan.case.id)
            acknowledged(self.unit, case, pack=self.pack, at=self.now)
            self._tell("case.acknowledged", f"case:{case.id}", by="status_page")
        else:
            self._task(plan.case.id, "there is no address to write to: acknowledge by another route", about=message.id)

    def _task(self, case_id: str, reason: str, *, about: str) -> None:
        kind = TaskKind.ACKNOWLEDGE_ANOTHER_WAY
        self.tasks.append(
            Task(id=task_id(case_id, kind, about), case_id=case_id, kind=kind, reason=reason, raised_at=self.now)
        )

    def _tell(self, action: str, subject: str, **facts: str) -> None:
        self.happenings.append(
            Happening(at=self.now, actor="amends:respond", action=action, subject=subject, facts=facts)
        )


# There are few pieces of advice, and many messages.
@lru_cache(1024)
def _advice_json(advice: Advice) -> str:
    return json.dumps(
        [
            {
                "form": option.form.value,
                "allowed": option.allowed,
                "recommended": option.is_recommended,
                "benefits": option.benefits,
                "drawbacks": option.drawbacks,
                "blocked_by": option.blocked_by,
            }
            for option in advice.options
        ]
    )

"""The deliver stage: puts queued replies in front of customers, each once.

Sending is not transactional. So the attempt is written down before it is made, and
its outcome after: a crash in between leaves a reply that is `sending`, and the next
worker asks the channel whether it arrived. Where the channel cannot say, a person
looks. Nothing is ever sent again blindly. A sender that breaks off and will be able to
find out (`InDoubt`) leaves the reply `sending` as well, and is asked at the next try.

A reply that the other side puts off goes back to the queue by itself, with a moment at
which it is tried again (`amends/domain/delivery.py`): no other waits for it. Whatever
happens to a reply is noted in the delivery log of its case.

An acknowledgement that goes by itself may have waited for hours. So its case is looked at
again: once a person has answered it goes no more, and once somebody may come to harm a
person reads it first.

While public posting is held, no public reply goes: whether it is held is asked before
each, right before it is sent. It stays in the queue, until the hold is released or its
approval runs out.

All three are commands (`amends/history.py`). A rebuild repeats them with what the channel
reported at the time, and comes near no channel.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, TypeAlias

from amends.arrived import replies_arrived
from amends.bus.port import Record, Topic
from amends.domain.audit import Happening
from amends.domain.case import CaseState
from amends.domain.clock import Pack
from amends.domain.delivery import CameTo, Delivery, PutOff, Unreachable, again_at, delivery_of
from amends.domain.hold import Hold
from amends.domain.reply import Reply, ReplyState
from amends.domain.secrets import reply_token
from amends.domain.task import Task, TaskKind, task_id
from amends.domain.threading import Via
from amends.domain.verdict import Severity
from amends.errors import InDoubt, NotFound, Unavailable
from amends.history import GIVEN, command
from amends.meter import NO_METER, Meter
from amends.ports import Delivered, DeliveryReport, Now, Sender, SendsMany
from amends.unit_of_work import GivenName, UnitOfWork
from amends.wire import QUEUED, body_of, decode_queued, queued_record
from respond.thread import thread_name

log = logging.getLogger(__name__)

_STATE = {
    Delivered.YES: ReplyState.SENT,
    Delivered.NO: ReplyState.FAILED,
    Delivered.UNKNOWN: ReplyState.UNKNOWN,
    Delivered.LATER: ReplyState.QUEUED,
    Delivered.OVERTAKEN: ReplyState.IN_REVIEW,
}
_CAME_TO = {ReplyState.SENT: CameTo.SENT, ReplyState.FAILED: CameTo.REFUSED, ReplyState.UNKNOWN: CameTo.UNKNOWN}
#: So many replies that were put off are taken up again in one transaction.
_TAKEN_UP_AT_ONCE = 100
#: Whoever has an answer is told no more that we have their message.
_ANSWERED = {CaseState.ANSWERED, CaseState.CLOSED}
#: An approval holds at the very moment that it names, and after that no more.
_RUN_OUT = timedelta(microseconds=1)


#: Says what a channel will call a reply, before it is sent; "" where the channel gives names itself.
NameOf: TypeAlias = Callable[[Reply], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One reply on its way. `is_new` is false when an earlier attempt broke off."""

    reply: Reply
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a channel said of one attempt."""

    reply_id: str
    report: DeliveryReport


class DeliverStage:
    """Reads `outbox`, sends."""

    name = "deliver"
    topic = Topic.OUTBOX

    def __init__(
        self,
        sender: Sender,
        *,
        open_unit: Callable[[], AbstractContextManager[UnitOfWork]],
        name_of: NameOf,
        pack: Pack,
        secret: bytes,
        now: Now,
        at_once: int,
        meter: Meter = NO_METER,
        reading: Callable[[], AbstractContextManager[UnitOfWork]] | None = None,
    ) -> None:
        """Send through `sender`.

        `at_once` is how many replies are marked and settled together: many where the
        channel can always say whether one arrived, one where it cannot. `reading` looks
        for what is due without holding up a writer.
        """
        self._sender = sender
        self._open_unit = open_unit
        self._reading = reading or open_unit
        self._name_of = name_of
        self._pack = pack
        self._secret = secret
        self._now = now
        self._at_once = at_once
        self._meter = meter

    def prepare(self, records: Sequence[Record], *, at: datetime) -> int:
        """Send a batch; returns how many arrived. What came of each is committed here: nothing is left for `apply`.

        Sending takes its time, so each of the two has a moment of its own.

        Raises:
            Unavailable: the channel is down. What was sent is settled, and what is sure not to have gone is queued
                again; the rest is looked up at the next try.
        """
        # A reply that was approved twice may be there twice; it goes once.
        ids = list(dict.fromkeys(decode_queued(body_of(record, QUEUED)).reply_id for record in records))
        return sum(self._send(tuple(ids[start : start + self._at_once])) for start in range(0, len(ids), self._at_once))

    def apply(self, unit: UnitOfWork, prepared: int, *, at: datetime) -> None:
        """Everything was written when it happened."""

    def has_reached(self, prepared: int) -> bool:
        """Whether the channel took something: a reply that no longer goes, or has no address, does not ask it."""
        return prepared > 0

    def tend(self) -> None:
        """Hand replies that were put off to delivery again, those that are due."""
        with self._reading() as unit:
            due = unit.deliveries.due(at=self._now(), limit=_TAKEN_UP_AT_ONCE)
        if due:
            with self._open_unit() as unit:
                take_up(unit, tuple(due), at=self._now())
                unit.commit()

    def _send(self, reply_ids: tuple[str, ...]) -> int:
        with self._open_unit() as unit:
            attempts = begin(unit, reply_ids, at=self._now(), name_of=self._name_of, secret=self._secret)
            unit.commit()
        together = self._send_together([one.reply for one in attempts if one.is_new and not one.reply.form.is_public])
        reported: list[Reported] = []
        unsent: list[str] = []
        again: list[str] = []
        unavailable: Unavailable | None = None
        for attempt in attempts:
            report = together.get(attempt.reply.id)
            # What may have gone stays as it is: it is looked up before it is sent again.
            may_have_gone = not attempt.is_new
            is_held = False
            if report is None and unavailable is None:
                try:
                    is_held = self._is_held(attempt)
                    report = None if is_held else self._report_of(attempt)
                except InDoubt as why:
                    may_have_gone = True
                    unavailable = Unavailable(str(why))
                    unavailable.__cause__ = why
                except Unavailable as why:
                    unavailable = why
            if report is not None and may_have_gone and report.delivered is Delivered.NO:
                # It did not go. Whether it still may is asked anew: hours may have passed.
                unsent.append(attempt.reply.id)
                again.append(attempt.reply.id)
            elif report is not None:
                reported.append(Reported(reply_id=attempt.reply.id, report=report))
            elif not may_have_gone:
                unsent.append(attempt.reply.id)
                if is_held:
                    # It was held after it was marked: marked again, it is left in the queue.
                    again.append(attempt.reply.id)
        if attempts:
            with self._open_unit() as unit:
                settled = settle(unit, tuple(reported), tuple(unsent), at=self._now(), pack=self._pack)
                unit.commit()
            for state in settled:
                self._meter.came_to(self.name, state.value)
        if unavailable is not None:
            raise unavailable
        went = sum(one.report.delivered is Delivered.YES for one in reported)
        return went + (self._send(tuple(again)) if again else 0)

    def _is_held(self, attempt: Attempt) -> bool:
        if not (attempt.is_new and attempt.reply.form.is_public):
            return False
        with self._reading() as unit:
            return unit.holds.standing() is not None

    def _send_together(self, replies: Sequence[Reply]) -> dict[str, DeliveryReport]:
        """Send replies together where the channel takes them so, and give the report of each; none where it failed."""
        if len(replies) < 2 or not isinstance(self._sender, SendsMany):
            return {}
        self._meter.works()
        try:
            reports = self._sender.send_many(replies)
        except Exception as why:
            log.info("replies sent one by one", extra={"stage": self.name, "why": type(why).__name__})
            return {}
        return {reply.id: report for reply, report in zip(replies, reports, strict=True)}

    def _report_of(self, attempt: Attempt) -> DeliveryReport:
        # A mail server may take minutes over each.
        self._meter.works()
        try:
            return self._attempt(attempt)
        except (Unavailable, InDoubt):
            raise
        except Exception as why:
            # Whatever broke, it broke while sending: nobody knows how far it came, so a person looks.
            log.exception("sender failed", extra={"reply": attempt.reply.id})
            return DeliveryReport(
                delivered=Delivered.UNKNOWN,
                channel_name=attempt.reply.channel_name,
                says=f"the sender failed on it: {type(why).__name__}",
            )

    def _attempt(self, attempt: Attempt) -> DeliveryReport:
        if attempt.is_new:
            return self._sender.send(attempt.reply)
        # Only a channel that is sure it has nothing lets us try again.
        return self._sender.look_up(attempt.reply)


@command("delivery.begin")
def begin(
    unit: UnitOfWork,
    reply_ids: tuple[str, ...],
    *,
    at: datetime,
    name_of: Annotated[NameOf, GIVEN],
    secret: Annotated[bytes, GIVEN],
) -> list[Attempt]:
    """Mark replies as being sent; gives those that are to be sent, or were and broke off."""
    batch = _Batch(unit, reply_ids, at=at)
    last = unit.messages.last_filed_in({reply.case_id for reply in batch.read if _asks_for_the_last_word(reply, at=at)})
    unreachable = _unreachable(unit, batch.read)
    cases = unit.cases.get_many({reply.case_id for reply in batch.read if _goes_by_itself(reply)})
    hold = unit.holds.standing() if any(reply.form.is_public for reply in batch.read) else None
    attempts: list[Attempt] = []
    tasks: list[Task] = []
    for reply_id in reply_ids:
        reply = batch.reply(reply_id)
        if reply.state is ReplyState.SENDING:
            attempts.append(Attempt(reply=reply, is_new=False))
        elif reply.state is ReplyState.QUEUED and (because := _no_longer(reply, last, at=at)):
            batch.back_to_review(reply, because=because)
        elif reply.state is ReplyState.QUEUED and reply.form.is_public and hold is not None:
            batch.hold(reply, hold)
        elif _goes_by_itself(reply) and cases[reply.case_id].state in _ANSWERED:
            batch.supersede(reply, because="a person has answered before it could be sent")
        elif _goes_by_itself(reply) and cases[reply.case_id].severity is Severity.CRITICAL:
            batch.back_to_review(reply, because="somebody may come to harm since: a person approves every word")
        elif _goes_by_itself(reply) and reply.addressee.value in unreachable:
            because = unreachable[reply.addressee.value].because
            batch.change(reply.moved(ReplyState.SUPPRESSED, outcome=because))
            batch.tell("reply.suppressed", reply)
            batch.note(reply, CameTo.HELD_BACK, because)
            tasks.append(_task(reply, TaskKind.ACKNOWLEDGE_ANOTHER_WAY, because, at=at))
        elif reply.state is ReplyState.QUEUED:
            sending = reply.moved(ReplyState.SENDING, channel_name=name_of(reply))
            batch.change(sending)
            # Before it is sent: a quick answer must find what it answers.
            batch.promise(reply_token(secret, reply.case_id, reply.addressee), reply)
            if sending.channel_name:
                batch.name(sending.channel_name, reply)
            attempts.append(Attempt(reply=sending, is_new=True))
    batch.write()
    unit.tasks.raise_(tasks)
    return attempts


@command("delivery.settle")
def settle(
    unit: UnitOfWork,
    reported: tuple[Reported, ...],
    unsent: tuple[str, ...],
    *,
    at: datetime,
    pack: Annotated[Pack, GIVEN],
) -> list[ReplyState]:
    """Note what became of attempts, with all that follows from it; what was not sent is queued again.

    Returns the states that replies came to; one of which another worker's word stands is left out.
    """
    batch = _Batch(unit, (*(one.reply_id for one in reported), *unsent), at=at)
    later = unit.deliveries.put_off([one.reply_id for one in reported if one.report.delivered is Delivered.LATER])
    told = {Delivered.YES, Delivered.UNKNOWN}
    proofs = unit.deliveries.proofs([one.reply_id for one in reported if one.report.delivered in told])
    arrived: list[Reply] = []
    tasks: list[Task] = []
    states: list[ReplyState] = []
    for one in reported:
        reply = batch.reply(one.reply_id)
        state, says, again = _came_to(one, proofs.get(reply.id), later.get(reply.id), at=at)
        if state is ReplyState.IN_REVIEW:
            if reply.state is ReplyState.SENDING:
                batch.back_to_review(reply, because=says)
                states.append(state)
            continue
        # Another worker may have looked this attempt up while it was under way. Its word stands, unless we know better.
        knows_better = reply.state is ReplyState.UNKNOWN and state in {ReplyState.SENT, ReplyState.FAILED}
        if reply.state is not ReplyState.SENDING and not knows_better:
            continue
        batch.change(reply.moved(state, outcome=says, channel_name=one.report.channel_name))
        if one.report.channel_name and one.report.channel_name != reply.channel_name:
            batch.name(one.report.channel_name, reply)
        batch.note(reply, _CAME_TO.get(state, CameTo.PUT_OFF), says, again_at=again)
        if again is not None:
            batch.postpone(reply, again)
        else:
            batch.tell(f"reply.{state.value}", reply)
        if state is ReplyState.SENT:
            arrived.append(reply)
        elif state is ReplyState.FAILED:
            says = f"our {reply.purpose.value} was refused: {says}"
            tasks.append(_task(reply, TaskKind.REACH_ANOTHER_WAY, says, at=at))
        elif state is ReplyState.UNKNOWN:
            says = f"nobody knows whether our {reply.purpose.value} arrived ({says}): look, then settle it"
            tasks.append(_task(reply, TaskKind.SETTLE_DELIVERY, says, at=at))
        states.append(state)
    for reply_id in unsent:
        reply = batch.reply(reply_id)
        if reply.state is ReplyState.SENDING:
            batch.change(reply.moved(ReplyState.QUEUED))
    batch.write()
    unit.tasks.raise_(tasks)
    replies_arrived(unit, arrived, pack=pack, at=at)
    return states


@command("delivery.take_up")
def take_up(unit: UnitOfWork, reply_ids: tuple[str, ...], *, at: datetime) -> None:
    """Hand replies that were put off to delivery again; one that no longer waits, or is not due, is left alone."""
    due = unit.deliveries.take_up(reply_ids, at=at)
    replies, before = unit.replies.get_many(due), unit.deliveries.waits(due)
    unit.log.publish(
        [
            queued_record(replies[reply_id], source="/deliver", at=at, again=before[reply_id])
            for reply_id in due
            if replies[reply_id].state is ReplyState.QUEUED
        ]
    )


def _came_to(
    one: Reported, proof: Delivery | None, before: PutOff | None, *, at: datetime
) -> tuple[ReplyState, str, datetime | None]:
    """Say what an attempt came to, why, and when it is made again."""
    state, says = _STATE[one.report.delivered], one.report.says
    came_back = proof is not None and proof.came_to is CameTo.CAME_BACK
    if proof is not None and (state is ReplyState.UNKNOWN or (state is ReplyState.SENT and came_back)):
        # An answer, our copy or a bounce was faster than the word that never came, or than our noting it.
        return ReplyState.SENT if proof.came_to is CameTo.SHOWN else ReplyState.FAILED, proof.says, None
    if state is not ReplyState.QUEUED:
        return state, says, None
    again = again_at(before, at=at)
    if again is None and before is not None:
        says = f"it was put off {before.times + 1} times since {before.since:%d %B %Y}, the last time so: {says}"
        return ReplyState.FAILED, says, None
    return state, says, again


def _unreachable(unit: UnitOfWork, replies: Collection[Reply]) -> Mapping[str, Unreachable]:
    asked = {
        reply.addressee.address for reply in replies if _goes_by_itself(reply) and reply.addressee.address is not None
    }
    return unit.deliveries.unreachable(asked) if asked else {}


class _Batch:
    """Replies that are marked or settled together: read at once, changed one after the other, written at once.

    Each step sees what the steps before it did, so all comes out as if each had been done by itself.
    """

    def __init__(self, unit: UnitOfWork, reply_ids: Sequence[str], *, at: datetime) -> None:
        self._unit = unit
        self._at = at
        self._replies = unit.replies.get_many(reply_ids)
        self._changes: list[tuple[Reply, ReplyState]] = []
        self._names: list[GivenName] = []
        self._happenings: list[Happening] = []
        self._noted: list[Delivery] = []
        self._postponed: dict[str, datetime] = {}
        self._held: dict[str, datetime] = {}

    @property
    def read(self) -> Collection[Reply]:
        """The replies, as they stand now."""
        return self._replies.values()

    def reply(self, reply_id: str) -> Reply:
        """Give a reply as it stands now.

        Raises:
            NotFound: no such reply.
        """
        if reply_id not in self._replies:
            raise NotFound(f"no reply has the id {reply_id!r}; see `amends review list`")
        return self._replies[reply_id]

    def change(self, changed: Reply) -> None:
        """Take a reply one step further."""
        self._changes.append((changed, self._replies[changed.id].state))
        self._replies[changed.id] = changed

    def back_to_review(self, reply: Reply, *, because: str) -> None:
        """Take away what let a reply go, an approval or a policy, and put it before a reviewer."""
        self.change(replace(reply.moved(ReplyState.IN_REVIEW, outcome=because), approval=None, is_automatic=False))
        self.tell("reply.back_to_review", reply, because=because)
        self.note(reply, CameTo.HELD_BACK, because)

    def supersede(self, reply: Reply, *, because: str) -> None:
        """Let a reply be, since something newer says more."""
        self.change(reply.moved(ReplyState.SUPERSEDED, outcome=because))
        self.tell("reply.superseded", reply, because=because)
        self.note(reply, CameTo.HELD_BACK, because)

    def hold(self, reply: Reply, hold: Hold) -> None:
        """Leave a public reply in the queue until the hold is released, or until its approval has run out."""
        if reply.approval is not None:
            self._held[reply.id] = reply.approval.expires_at + _RUN_OUT
        self.note(reply, CameTo.HELD, hold.says)

    def promise(self, token: str, reply: Reply) -> None:
        """Give the reply's addressee a token of its case."""
        self._names.append(GivenName(name=token, via=Via.TOKEN, case_id=reply.case_id, given_to=reply.addressee))

    def name(self, channel_name: str, reply: Reply) -> None:
        """Say what a channel calls a reply."""
        self._names.append(
            GivenName(
                name=thread_name(reply, channel_name),
                via=Via.ANSWER_TO_US,
                case_id=reply.case_id,
                given_to=reply.addressee,
                reply_id=reply.id,
            )
        )

    def tell(self, action: str, reply: Reply, **facts: str) -> None:
        """Say in the audit trail what happened to a reply."""
        self._happenings.append(
            Happening(
                at=self._at,
                actor="amends:deliver",
                action=action,
                subject=f"reply:{reply.id}",
                facts={"case": reply.case_id, "form": reply.form.value, **facts},
            )
        )

    def note(self, reply: Reply, came_to: CameTo, says: str, *, again_at: datetime | None = None) -> None:
        """Say in the delivery log what happened to a reply, which may have changed meanwhile."""
        # An approval that ran out is gone from the reply as it stands now; it was given all the same.
        now = replace(reply, channel_name=self._replies[reply.id].channel_name)
        self._noted.append(delivery_of(now, came_to, at=self._at, says=says, again_at=again_at))

    def postpone(self, reply: Reply, until: datetime) -> None:
        """Say when a reply is to be handed over again."""
        self._postponed[reply.id] = until

    def write(self) -> None:
        """Write all of it down."""
        self._unit.replies.save_many(self._changes, at=self._at)
        self._unit.threads.give(self._names)
        self._unit.audit.append(self._happenings)
        self._unit.deliveries.note(self._noted)
        self._unit.deliveries.postpone(self._postponed)
        self._unit.deliveries.postpone(self._held, are_held=True)


def _goes_by_itself(reply: Reply) -> bool:
    """Whether a reply is about to go that no person has read: what policy let go may have changed since."""
    return reply.state is ReplyState.QUEUED and reply.is_automatic


def _asks_for_the_last_word(reply: Reply, *, at: datetime) -> bool:
    """Whether a reply may go only while it answers the last message of its case."""
    return reply.state is ReplyState.QUEUED and reply.approval is not None and at <= reply.approval.expires_at


def _no_longer(reply: Reply, last: Mapping[str, str], *, at: datetime) -> str:
    """Say why a reply that a person approved may no longer go."""
    if reply.approval is None:
        return ""
    if at > reply.approval.expires_at:
        return "its approval ran out before it could be sent"
    if last[reply.case_id] != reply.message_id:
        return "the customer wrote again before it could be sent"
    return ""


def _task(reply: Reply, kind: TaskKind, reason: str, *, at: datetime) -> Task:
    return Task(
        id=task_id(reply.case_id, kind, reply.id),
        case_id=reply.case_id,
        kind=kind,
        reason=reason,
        raised_at=at,
        reply_id=reply.id,
    )

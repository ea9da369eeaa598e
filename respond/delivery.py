"""The deliver stage: puts queued replies in front of customers, each once.

Sending is not transactional. So the attempt is written down before it is made, and
its outcome after: a crash in between leaves a reply that is `sending`, and the next
worker asks the channel whether it arrived. Where the channel cannot say, a person
looks. Nothing is ever sent again blindly.

Both are commands (`amends/history.py`). A rebuild repeats them with what the channel
reported at the time, and comes near no channel.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, TypeAlias

from amends.arrived import reply_arrived
from amends.bus.port import Record, Topic
from amends.domain.audit import Happening
from amends.domain.clock import Pack
from amends.domain.reply import Reply, ReplyState
from amends.domain.secrets import reply_token
from amends.domain.task import Task, TaskKind, task_id
from amends.errors import Unavailable
from amends.history import GIVEN, command
from amends.meter import NO_METER, Meter
from amends.ports import Delivered, DeliveryReport, Now, Sender
from amends.unit_of_work import UnitOfWork
from amends.wire import QUEUED, body_of, decode_queued
from respond.thread import thread_name

log = logging.getLogger(__name__)

_STATE = {
    Delivered.YES: ReplyState.SENT,
    Delivered.NO: ReplyState.FAILED,
    Delivered.UNKNOWN: ReplyState.UNKNOWN,
}


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
    ) -> None:
        """Send through `sender`.

        `at_once` is how many replies are marked and settled together: many where the
        channel can always say whether one arrived, one where it cannot.
        """
        self._sender = sender
        self._open_unit = open_unit
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
            Unavailable: the channel is down. What was sent is settled, the rest is queued again.
        """
        # A reply that was approved twice may be there twice; it goes once.
        ids = list(dict.fromkeys(decode_queued(body_of(record, QUEUED)).reply_id for record in records))
        return sum(self._send(tuple(ids[start : start + self._at_once])) for start in range(0, len(ids), self._at_once))

    def apply(self, unit: UnitOfWork, prepared: int, *, at: datetime) -> None:
        """Everything was written when it happened."""

    def has_reached(self, prepared: int) -> bool:
        """Whether the channel took something: a reply that no longer goes, or has no address, does not ask it."""
        return prepared > 0

    def _send(self, reply_ids: tuple[str, ...]) -> int:
        with self._open_unit() as unit:
            attempts = begin(unit, reply_ids, at=self._now(), name_of=self._name_of, secret=self._secret)
            unit.commit()
        reported: list[Reported] = []
        unavailable: Unavailable | None = None
        for attempt in attempts:
            # A mail server may take minutes over each.
            self._meter.works()
            try:
                report = self._attempt(attempt)
            except Unavailable as why:
                unavailable = why
                break
            except Exception as why:
                # Whatever broke, it broke while sending: nobody knows how far it came, so a person looks.
                log.exception("sender failed", extra={"reply": attempt.reply.id})
                report = DeliveryReport(
                    delivered=Delivered.UNKNOWN,
                    channel_name=attempt.reply.channel_name,
                    says=f"the sender failed on it: {type(why).__name__}",
                )
            reported.append(Reported(reply_id=attempt.reply.id, report=report))
        unsent = tuple(attempt.reply.id for attempt in attempts[len(reported) :])
        if attempts:
            with self._open_unit() as unit:
                settled = settle(unit, tuple(reported), unsent, at=self._now(), pack=self._pack)
                unit.commit()
            for state in settled:
                self._meter.came_to(self.name, state.value)
        if unavailable is not None:
            raise unavailable
        return sum(one.report.delivered is Delivered.YES for one in reported)

    def _attempt(self, attempt: Attempt) -> DeliveryReport:
        if attempt.is_new:
            return self._sender.send(attempt.reply)
        found = self._sender.look_up(attempt.reply)
        # Only a channel that is sure it has nothing lets us try again.
        return self._sender.send(attempt.reply) if found.delivered is Delivered.NO else found


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
    found = (_begin(unit, reply_id, at=at, name_of=name_of, secret=secret) for reply_id in reply_ids)
    return [attempt for attempt in found if attempt is not None]


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
    settled = [_settle(unit, unit.replies.get(one.reply_id), one.report, at=at, pack=pack) for one in reported]
    for reply_id in unsent:
        reply = unit.replies.get(reply_id)
        if reply.state is ReplyState.SENDING:
            unit.replies.save(reply.moved(ReplyState.QUEUED), was=ReplyState.SENDING, at=at)
    return [state for state in settled if state is not None]


def _begin(unit: UnitOfWork, reply_id: str, *, at: datetime, name_of: NameOf, secret: bytes) -> Attempt | None:
    reply = unit.replies.get(reply_id)
    if reply.state is ReplyState.SENDING:
        return Attempt(reply=reply, is_new=False)
    if reply.state is not ReplyState.QUEUED:
        return None
    because = _no_longer(unit, reply, at=at)
    if because:
        back = replace(reply.moved(ReplyState.IN_REVIEW, outcome=because), approval=None)
        unit.replies.save(back, was=reply.state, at=at)
        _tell(unit, "reply.back_to_review", reply, at=at, because=because)
        return None
    sending = reply.moved(ReplyState.SENDING, channel_name=name_of(reply))
    unit.replies.save(sending, was=reply.state, at=at)
    # Before it is sent: a quick answer must find what it answers.
    token = reply_token(secret, reply.case_id, reply.addressee)
    unit.threads.promise_token(token, reply.case_id, reply.addressee)
    if sending.channel_name:
        _name(unit, reply, sending.channel_name)
    return Attempt(reply=sending, is_new=True)


def _no_longer(unit: UnitOfWork, reply: Reply, *, at: datetime) -> str:
    """Say why a reply that a person approved may no longer go."""
    if reply.approval is None:
        return ""
    if at > reply.approval.expires_at:
        return "its approval ran out before it could be sent"
    if unit.messages.last_filed(reply.case_id).message.id != reply.message_id:
        return "the customer wrote again before it could be sent"
    return ""


def _settle(unit: UnitOfWork, reply: Reply, report: DeliveryReport, *, at: datetime, pack: Pack) -> ReplyState | None:
    state = _STATE[report.delivered]
    # Another worker may have looked this attempt up while it was under way. Its word stands, unless we know better.
    knows_better = reply.state is ReplyState.UNKNOWN and state is not ReplyState.UNKNOWN
    if reply.state is not ReplyState.SENDING and not knows_better:
        return None
    unit.replies.save(reply.moved(state, outcome=report.says, channel_name=report.channel_name), was=reply.state, at=at)
    if report.channel_name and report.channel_name != reply.channel_name:
        _name(unit, reply, report.channel_name)
    _tell(unit, f"reply.{state.value}", reply, at=at)
    what = reply.purpose.value
    if state is ReplyState.SENT:
        reply_arrived(unit, reply, pack=pack, at=at)
    elif state is ReplyState.FAILED:
        _raise(unit, reply, TaskKind.REACH_ANOTHER_WAY, f"our {what} was refused: {report.says}", at=at)
    else:
        reason = f"nobody knows whether our {what} arrived ({report.says}): look, then settle it"
        _raise(unit, reply, TaskKind.SETTLE_DELIVERY, reason, at=at)
    return state


def _name(unit: UnitOfWork, reply: Reply, channel_name: str) -> None:
    unit.threads.name_reply(thread_name(reply, channel_name), reply.case_id, reply.id, reply.addressee)


def _raise(unit: UnitOfWork, reply: Reply, kind: TaskKind, reason: str, *, at: datetime) -> None:
    unit.tasks.raise_(
        [
            Task(
                id=task_id(reply.case_id, kind, reply.id),
                case_id=reply.case_id,
                kind=kind,
                reason=reason,
                raised_at=at,
                reply_id=reply.id,
            )
        ]
    )


def _tell(unit: UnitOfWork, action: str, reply: Reply, *, at: datetime, **facts: str) -> None:
    unit.audit.append(
        [
            Happening(
                at=at,
                actor="amends:deliver",
                action=action,
                subject=f"reply:{reply.id}",
                facts={"case": reply.case_id, "form": reply.form.value, **facts},
            )
        ]
    )

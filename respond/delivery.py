"""The deliver stage: puts queued replies in front of customers, each once.

Sending is not transactional. So the attempt is written down before it is made, and
its outcome after: a crash in between leaves a reply that is `sending`, and the next
worker asks the channel whether it arrived. Where the channel cannot say, a person
looks. Nothing is ever sent again blindly.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TypeAlias

from amends.arrived import reply_arrived
from amends.bus.port import Record, Topic
from amends.domain.audit import Happening
from amends.domain.case import Case
from amends.domain.clock import Pack
from amends.domain.reply import Reply, ReplyState
from amends.domain.secrets import reply_token
from amends.domain.task import Task, TaskKind, task_id
from amends.errors import Refused, Unavailable
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

    def prepare(self, records: Sequence[Record]) -> int:
        """Send a batch; returns how many arrived. What came of each is committed here: nothing is left for `apply`.

        Raises:
            Unavailable: the channel is down. What was sent is settled, the rest is queued again.
        """
        ids = [decode_queued(body_of(record, QUEUED)).reply_id for record in records]
        return sum(self._send(ids[start : start + self._at_once]) for start in range(0, len(ids), self._at_once))

    def apply(self, unit: UnitOfWork, prepared: int) -> None:
        """Everything was written when it happened."""

    def has_reached(self, prepared: int) -> bool:
        """Whether the channel took something: a reply that no longer goes, or has no address, does not ask it."""
        return prepared > 0

    def _send(self, reply_ids: Sequence[str]) -> int:
        with self._open_unit() as unit:
            attempts = [attempt for reply_id in reply_ids if (attempt := self._begin(unit, reply_id)) is not None]
            unit.commit()
        reports: list[tuple[Attempt, DeliveryReport]] = []
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
            reports.append((attempt, report))
        with self._open_unit() as unit:
            settled = [self._finish(unit, attempt.reply, report) for attempt, report in reports]
            for attempt in attempts[len(reports) :]:
                unit.replies.save(attempt.reply.moved(ReplyState.QUEUED), was=ReplyState.SENDING)
            unit.commit()
        for state in settled:
            if state is not None:
                self._meter.came_to(self.name, state.value)
        if unavailable is not None:
            raise unavailable
        return sum(report.delivered is Delivered.YES for _, report in reports)

    def _begin(self, unit: UnitOfWork, reply_id: str) -> Attempt | None:
        reply = unit.replies.get(reply_id)
        if reply.state is ReplyState.SENDING:
            return Attempt(reply=reply, is_new=False)
        if reply.state is not ReplyState.QUEUED:
            return None
        case = unit.cases.get(reply.case_id)
        because = self._no_longer(unit, reply, case)
        if because:
            back = replace(reply.moved(ReplyState.IN_REVIEW, outcome=because), approval=None)
            unit.replies.save(back, was=reply.state)
            self._tell(unit, "reply.back_to_review", reply, because=because)
            return None
        sending = reply.moved(ReplyState.SENDING, channel_name=self._name_of(reply))
        unit.replies.save(sending, was=reply.state)
        # Before it is sent: a quick answer must find what it answers.
        token = reply_token(self._secret, reply.case_id, reply.addressee)
        unit.threads.promise_token(token, reply.case_id, reply.addressee)
        if sending.channel_name:
            self._name(unit, reply, sending.channel_name)
        return Attempt(reply=sending, is_new=True)

    def _no_longer(self, unit: UnitOfWork, reply: Reply, case: Case) -> str:
        """Say why a reply that a person approved may no longer go."""
        if reply.approval is None:
            return ""
        if self._now() > reply.approval.expires_at:
            return "its approval ran out before it could be sent"
        if unit.messages.last_filed(case.id).message.id != reply.message_id:
            return "the customer wrote again before it could be sent"
        return ""

    def _attempt(self, attempt: Attempt) -> DeliveryReport:
        if attempt.is_new:
            return self._sender.send(attempt.reply)
        found = self._sender.look_up(attempt.reply)
        # Only a channel that is sure it has nothing lets us try again.
        return self._sender.send(attempt.reply) if found.delivered is Delivered.NO else found

    def _finish(self, unit: UnitOfWork, reply: Reply, report: DeliveryReport) -> ReplyState | None:
        """Settle an attempt; gives the state it came to, or None where another worker's word stands."""
        state = _STATE[report.delivered]
        settled = reply.moved(state, outcome=report.says, channel_name=report.channel_name)
        try:
            unit.replies.save(settled, was=ReplyState.SENDING)
        except Refused:
            # Another worker looked this attempt up while it was under way. Its word stands, unless we know better.
            if unit.replies.get(reply.id).state is not ReplyState.UNKNOWN or state is ReplyState.UNKNOWN:
                return None
            unit.replies.save(settled, was=ReplyState.UNKNOWN)
        if report.channel_name and report.channel_name != reply.channel_name:
            self._name(unit, reply, report.channel_name)
        self._tell(unit, f"reply.{state.value}", reply)
        if state is ReplyState.SENT:
            reply_arrived(unit, reply, pack=self._pack, at=self._now())
        elif state is ReplyState.FAILED:
            self._raise(
                unit, reply, TaskKind.REACH_ANOTHER_WAY, f"our {reply.purpose.value} was refused: {report.says}"
            )
        else:
            self._raise(
                unit,
                reply,
                TaskKind.SETTLE_DELIVERY,
                f"nobody knows whether our {reply.purpose.value} arrived ({report.says}): look, then settle it",
            )
        return state

    def _name(self, unit: UnitOfWork, reply: Reply, channel_name: str) -> None:
        unit.threads.name_reply(thread_name(reply, channel_name), reply.case_id, reply.id, reply.addressee)

    def _raise(self, unit: UnitOfWork, reply: Reply, kind: TaskKind, reason: str) -> None:
        unit.tasks.raise_(
            [
                Task(
                    id=task_id(reply.case_id, kind, reply.id),
                    case_id=reply.case_id,
                    kind=kind,
                    reason=reason,
                    raised_at=self._now(),
                    reply_id=reply.id,
                )
            ]
        )

    def _tell(self, unit: UnitOfWork, action: str, reply: Reply, **facts: str) -> None:
        unit.audit.append(
            [
                Happening(
                    at=self._now(),
                    actor="amends:deliver",
                    action=action,
                    subject=f"reply:{reply.id}",
                    facts={"case": reply.case_id, "form": reply.form.value, **facts},
                )
            ]
        )

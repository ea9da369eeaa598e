"""What the arrival of a reply does to its case, whoever finds out: a channel, the status page, or a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from amends.domain.case import Case, CaseEvent, CaseState
from amends.domain.clock import Anchor, Clock, ClockKind, Pack
from amends.domain.delivery import CameTo, delivery_of
from amends.domain.reply import Purpose, Reply, ReplyState
from amends.domain.task import TaskKind
from amends.domain.verdict import Kind
from amends.unit_of_work import UnitOfWork


def reply_arrived(unit: UnitOfWork, reply: Reply, *, pack: Pack, at: datetime) -> None:
    """Move the case on, and its clocks, now that the customer has the reply.

    An answer to what is no longer the customer's last word leaves the case in hand:
    it would leave the queue with a message that nobody has read.
    """
    replies_arrived(unit, [reply], pack=pack, at=at)


def replies_arrived(unit: UnitOfWork, replies: Sequence[Reply], *, pack: Pack, at: datetime) -> None:
    """Move their cases on as if each reply had arrived by itself, in this order."""
    for turn in _turns(replies):
        cases = unit.cases.get_many([reply.case_id for reply in turn])
        answers = [
            reply
            for reply in turn
            if reply.purpose is not Purpose.ACKNOWLEDGEMENT and cases[reply.case_id].state is not CaseState.CLOSED
        ]
        last = unit.messages.last_filed_in([reply.case_id for reply in answers])
        _move_on(
            unit,
            acknowledged=[cases[reply.case_id] for reply in turn if reply.purpose is Purpose.ACKNOWLEDGEMENT],
            answered=[cases[reply.case_id] for reply in answers if last[reply.case_id] == reply.message_id],
            pack=pack,
            at=at,
        )


def arrived_after_all(unit: UnitOfWork, reply: Reply, *, says: str, pack: Pack, at: datetime) -> None:
    """Settle a reply of which nobody knew whether it went, now that something shows that it did.

    One that is still being sent is left to its deliverer, who finds the proof in the delivery log.
    """
    unit.deliveries.note([delivery_of(reply, CameTo.SHOWN, at=at, says=says)])
    if reply.state is ReplyState.UNKNOWN:
        unit.replies.save(reply.moved(ReplyState.SENT, outcome=says), was=reply.state, at=at)
        reply_arrived(unit, reply, pack=pack, at=settled(unit, reply, by="amends", at=at))


def settled(unit: UnitOfWork, reply: Reply, *, by: str, at: datetime) -> datetime:
    """Finish the tasks that ask whether a reply arrived; gives the moment at which it was sent, if it was."""
    waiting = [
        task
        for task in unit.tasks.of_case(reply.case_id)
        if task.kind is TaskKind.SETTLE_DELIVERY and task.reply_id == reply.id and task.done_at is None
    ]
    for task in waiting:
        unit.tasks.finish(task.id, by=by, at=at)
    return min((task.raised_at for task in waiting), default=at)


def acknowledged(unit: UnitOfWork, case: Case, *, pack: Pack, at: datetime) -> None:
    """Note that the customer knows that we have it: one clock stops, and what counts from here starts."""
    _move_on(unit, acknowledged=[case], answered=[], pack=pack, at=at)


def response_clocks(pack: Pack, case: Case, *, at: datetime) -> list[Clock]:
    """Count out what an acknowledgement starts."""
    return pack.start(
        Anchor.ACKNOWLEDGEMENT,
        case_id=case.id,
        kind=Kind.COMPLAINT if case.is_handled_as_complaint else case.kind,
        severity=case.severity,
        flags=(),
        at=at,
    )


def _turns(replies: Sequence[Reply]) -> list[list[Reply]]:
    """Part replies so that none of a turn shares its case with another: what is of one case goes in its order."""
    turns: list[list[Reply]] = []
    earlier: Counter[str] = Counter()
    for reply in replies:
        turn = earlier[reply.case_id]
        earlier[reply.case_id] += 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(reply)
    return turns


def _move_on(
    unit: UnitOfWork, *, acknowledged: Sequence[Case], answered: Sequence[Case], pack: Pack, at: datetime
) -> None:
    """Write what becomes of cases, each of which is named once."""
    unit.cases.save(
        [
            *(case.moved(CaseEvent.ACKNOWLEDGED) for case in acknowledged),
            *(replace(case.moved(CaseEvent.ANSWERED), unanswered=0) for case in answered),
        ]
    )
    unit.clocks.stop_in([case.id for case in acknowledged], [ClockKind.ACKNOWLEDGEMENT], at=at)
    unit.clocks.stop_in(
        [case.id for case in answered], [ClockKind.ACKNOWLEDGEMENT, ClockKind.RESPONSE, ClockKind.UPDATE], at=at
    )
    unit.clocks.start(
        [
            clock
            for case in acknowledged
            if case.state not in {CaseState.ANSWERED, CaseState.CLOSED}
            for clock in response_clocks(pack, case, at=at)
        ]
    )

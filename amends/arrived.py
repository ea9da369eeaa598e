"""What the arrival of a reply does to its case, whoever finds out: a channel, the status page, or a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from amends.domain.case import Case, CaseEvent, CaseState
from amends.domain.clock import Anchor, Clock, ClockKind, Pack
from amends.domain.reply import Purpose, Reply
from amends.domain.verdict import Kind
from amends.unit_of_work import UnitOfWork


def reply_arrived(unit: UnitOfWork, reply: Reply, *, pack: Pack, at: datetime) -> None:
    """Move the case on, and its clocks, now that the customer has the reply.

    An answer to what is no longer the customer's last word leaves the case in hand:
    it would leave the queue with a message that nobody has read.
    """
    case = unit.cases.get(reply.case_id)
    if reply.purpose is Purpose.ACKNOWLEDGEMENT:
        acknowledged(unit, case, pack=pack, at=at)
        return
    if case.state is CaseState.CLOSED or unit.messages.last_filed(case.id).message.id != reply.message_id:
        return
    unit.cases.save([replace(case.moved(CaseEvent.ANSWERED), unanswered=0)])
    unit.clocks.stop(case.id, [ClockKind.ACKNOWLEDGEMENT, ClockKind.RESPONSE, ClockKind.UPDATE], at=at)


def acknowledged(unit: UnitOfWork, case: Case, *, pack: Pack, at: datetime) -> None:
    """Note that the customer knows that we have it: one clock stops, and what counts from here starts."""
    unit.cases.save([case.moved(CaseEvent.ACKNOWLEDGED)])
    unit.clocks.stop(case.id, [ClockKind.ACKNOWLEDGEMENT], at=at)
    if case.state not in {CaseState.ANSWERED, CaseState.CLOSED}:
        unit.clocks.start(response_clocks(pack, case, at=at))


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

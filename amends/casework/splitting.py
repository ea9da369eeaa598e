"""A message that tells of another matter gets a case of its own; and back, while nothing hangs on that case.

1. The case keeps its number and the message that opened it: the others can be split off, one at a time.
2. The new case is judged by the message's own verdict, and its clocks count from when the message came.
   Where the customer knows already that we have it, the answer is what is owed.
3. Answers to the message join the new case; what was said to the customer stays where it was said.
4. Drafts to the message are dropped: they answered it in the other case.
5. Undoing it puts the message back as the last one that the old case got, and forgets the new case. The old case is
   judged again with it, and what is due sooner there goes on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from amends.arrived import response_clocks
from amends.casework.telling import tell
from amends.domain.case import Case, CaseState, judge_thread
from amends.domain.clock import Anchor, Clock, ClockKind, Pack
from amends.domain.ids import case_reference, read_reference
from amends.domain.link import Link, LinkKind, LinkState
from amends.domain.reply import ReplyState
from amends.domain.verdict import Kind, Severity
from amends.errors import NotFound, Refused
from amends.history import GIVEN, command
from amends.unit_of_work import JudgedMessage, UnitOfWork

_SUBJECT_CHARS = 90
_STILL_OURS = {ReplyState.DRAFTED, ReplyState.IN_REVIEW, ReplyState.APPROVED}
_ON_ITS_WAY = {ReplyState.QUEUED, ReplyState.SENDING}


@command("case.split")
def split(
    unit: UnitOfWork,
    reference: str,
    message_id: str,
    *,
    because: str,
    by: str,
    at: datetime,
    pack: Annotated[Pack, GIVEN],
) -> Case:
    """Split a message off into a case of its own, and give that case.

    Raises:
        NotFound: no such case, or it has no such message.
        Refused: no reason is given, the message opened the case, or a reply to it is on its way.
    """
    case = unit.cases.get(read_reference(reference))
    judged = _message_of(unit, case, message_id)
    message = judged.message
    if not because.strip():
        raise Refused("say why: the reason is kept with both cases")
    new_id = case_reference(message.id)
    if new_id == case.id:
        raise Refused("this message opened the case and gave it its number: split the others off instead")
    _drop_drafts(unit, case, message.id, at=at)
    before = unit.messages.of_case(case.id)
    standing = judge_thread(None, judged.verdict)
    new = Case(
        id=new_id,
        contact_id=case.contact_id,
        channel=message.channel,
        kind=standing.kind,
        severity=standing.severity,
        needs_person=standing.needs_person,
        state=CaseState.RECEIVED if case.state is CaseState.RECEIVED else CaseState.ACKNOWLEDGED,
        subject=_short(message.subject or message.own_words),
        opened_at=message.received_at,
        last_message_at=message.received_at,
        complaint_since=message.received_at if standing.became_complaint else None,
        owner=case.owner,
    )
    unit.cases.add([new])
    unit.messages.move(message.id, new.id)
    unit.cases.save([_without(case, before, judged)])
    _start_clocks(unit, new, judged, pack=pack, at=at)
    unit.links.suggest(
        [
            Link(
                case_id=new.id,
                other_case_id=case.id,
                kind=LinkKind.SPLIT_OFF,
                reasons=(because.strip(),),
                suggested_at=at,
                state=LinkState.ACCEPTED,
                settled_by=by,
            )
        ]
    )
    tell(unit, "case.split", case.id, by=by, at=at, message=message.id, other=new.id, reason=because)
    tell(unit, "case.split_off", new.id, by=by, at=at, message=message.id, other=case.id, reason=because)
    return new


def _nobody_would_look(unit: UnitOfWork, reference: str, **_said: object) -> None:
    """Refuse to put a message back into a case that is done with: nobody would see it there."""
    for case_id in _split_off_from(unit, read_reference(reference)):
        old = unit.cases.get(case_id)
        if old.state in {CaseState.ANSWERED, CaseState.CLOSED}:
            raise Refused(
                f"{old.id} is {old.state}, so nobody would see the message; first `amends case take {old.id}`"
            )


@command("case.join_again", unless=_nobody_would_look)
def join_again(unit: UnitOfWork, reference: str, *, by: str, at: datetime) -> Case:
    """Undo a split: put the message of a case that was split off back, and give the case that has it again.

    Raises:
        NotFound: no such case.
        Refused: it was not split off, something was done on it since, or nobody would look at the other case.
    """
    new = unit.cases.get(read_reference(reference))
    from_ = _split_off_from(unit, new.id)
    if not from_:
        raise Refused(f"{new.id} was not split off from another case")
    [judged, *more] = unit.messages.of_case(new.id)
    if more:
        raise Refused(f"{new.id} has got more messages since: accept it as a case of its own, or close it")
    old = unit.cases.get(from_[0])
    standing = judge_thread(old, judged.verdict)
    clocks = _due_sooner(unit, new, old, is_worse=(standing.severity or Severity.LOW) > (old.severity or Severity.LOW))
    unit.messages.move(judged.message.id, old.id)
    unit.cases.drop(new.id)
    back = replace(
        old,
        kind=standing.kind,
        severity=standing.severity,
        needs_person=standing.needs_person,
        complaint_since=judged.message.received_at if standing.became_complaint else old.complaint_since,
        messages=old.messages + 1,
        unanswered=old.unanswered + 1,
        last_message_at=max(old.last_message_at, judged.message.received_at),
        version=old.version + 1,
    )
    unit.cases.save([back])
    unit.clocks.stop(old.id, {clock.kind for clock in clocks}, at=at)
    unit.clocks.start(clocks)
    tell(unit, "case.joined_again", old.id, by=by, at=at, message=judged.message.id, other=new.id)
    return back


def _split_off_from(unit: UnitOfWork, case_id: str) -> list[str]:
    return [
        link.other_case_id
        for link in unit.links.of_case(case_id)
        if link.kind is LinkKind.SPLIT_OFF and link.case_id == case_id
    ]


def _due_sooner(unit: UnitOfWork, new: Case, old: Case, *, is_worse: bool) -> list[Clock]:
    """Give the running clocks of `new` that `old` is to go on with: a rights request's, and of a worse matter all."""
    both = unit.clocks.of_cases([new.id, old.id])
    running = {clock.kind: clock.due_at for clock in both.get(old.id, ()) if clock.stopped_at is None}
    return [
        replace(clock, case_id=old.id)
        for clock in both.get(new.id, ())
        if clock.stopped_at is None
        and (is_worse or clock.kind is ClockKind.RIGHTS_REQUEST)
        and (clock.kind not in running or clock.due_at < running[clock.kind])
    ]


def _message_of(unit: UnitOfWork, case: Case, message_id: str) -> JudgedMessage:
    for judged in unit.messages.of_case(case.id):
        if judged.message.id == message_id:
            return judged
    raise NotFound(f"case {case.id} has no message {message_id[:12]!r}; see `amends case show {case.id}`")


def _drop_drafts(unit: UnitOfWork, case: Case, message_id: str, *, at: datetime) -> None:
    answering = [reply for reply in unit.replies.of_case(case.id) if reply.message_id == message_id]
    if any(reply.state in _ON_ITS_WAY for reply in answering):
        raise Refused("a reply to this message is on its way; split it off once that has arrived")
    for reply in answering:
        if reply.state in _STILL_OURS:
            dropped = reply.moved(ReplyState.SUPERSEDED, outcome="its message was split off into another case")
            unit.replies.save(dropped, was=reply.state, at=at)


def _without(case: Case, before: list[JudgedMessage], gone: JudgedMessage) -> Case:
    stay = [one for one in before if one.message.id != gone.message.id]
    later = sum(one.number > gone.number for one in before)
    was_unanswered = later < case.unanswered
    return replace(
        case,
        messages=case.messages - 1,
        unanswered=case.unanswered - 1 if was_unanswered else case.unanswered,
        last_message_at=max(one.message.received_at for one in stay),
        version=case.version + 1,
    )


def _start_clocks(unit: UnitOfWork, new: Case, judged: JudgedMessage, *, pack: Pack, at: datetime) -> None:
    clocks = pack.start(
        Anchor.RECEIPT,
        case_id=new.id,
        kind=Kind.COMPLAINT if new.is_handled_as_complaint else new.kind,
        severity=new.severity,
        flags={flag.name for flag in judged.verdict.flags},
        at=judged.message.received_at,
    )
    if new.state is not CaseState.RECEIVED:
        clocks = [clock for clock in clocks if clock.kind is not ClockKind.ACKNOWLEDGEMENT]
        clocks += response_clocks(pack, new, at=at)
    unit.clocks.start(clocks)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SUBJECT_CHARS else line[: _SUBJECT_CHARS - 1].rstrip() + "…"

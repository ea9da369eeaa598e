"""What handlers do to a case: take it, say what it is, close it with an outcome."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from amends.arrived import acknowledged, reply_arrived, response_clocks, settled
from amends.casework.telling import tell
from amends.domain.audit import Happening
from amends.domain.case import Case, CaseEvent, CaseState
from amends.domain.clock import Anchor, Clock, ClockKind, Pack
from amends.domain.delivery import CameTo, delivery_of
from amends.domain.ids import read_reference
from amends.domain.link import LinkState
from amends.domain.outcome import Outcome, Upheld
from amends.domain.reply import Purpose, Reply, ReplyState
from amends.domain.task import Task, TaskKind, task_id
from amends.domain.verdict import Kind, Severity
from amends.errors import NotFound, Refused
from amends.history import GIVEN, command
from amends.unit_of_work import UnitOfWork


@command("case.take")
def take(unit: UnitOfWork, reference: str, *, by: str, at: datetime) -> Case:
    """Make `by` the owner of a case.

    Raises:
        NotFound: no such case.
    """
    case = unit.cases.get(read_reference(reference))
    taken = replace(case.moved(CaseEvent.TAKEN), owner=by)
    unit.cases.save([taken])
    tell(unit, "case.taken", case.id, by=by, at=at, from_=case.owner or None)
    return taken


@command("case.hand_over")
def hand_over(unit: UnitOfWork, reference: str, *, to: str, because: str, by: str, at: datetime) -> Case:
    """Make somebody else the owner of an open case, with a word why.

    Raises:
        NotFound: no such case.
        Refused: it is closed, `to` is nobody or has it already, or no reason is given.
    """
    case = unit.cases.get(read_reference(reference))
    to = to.strip()
    if not to or not to.isprintable():
        raise Refused("say who is to have the case")
    if not because.strip():
        raise Refused(f"say why: {to} reads it first")
    if case.state is CaseState.CLOSED:
        raise Refused(f"{case.id} is closed; who is to go on with it takes it: `amends case take {case.id}`")
    if to == case.owner:
        raise Refused(f"{to} has {case.id} already")
    # What was answered stays so: a new owner alone asks nothing of the customer.
    moved = case if case.state is CaseState.ANSWERED else case.moved(CaseEvent.TAKEN)
    handed = replace(moved, owner=to, version=case.version + 1)
    unit.cases.save([handed])
    tell(unit, "case.handed_over", case.id, by=by, at=at, from_=case.owner or None, to=to, reason=because)
    return handed


def _outcome_would_not_fit(unit: UnitOfWork, reference: str, *, kind: Kind | None, **_said: object) -> None:
    """Refuse to make a complaint of a closed case that was none, or none of one: its outcome says otherwise."""
    case = unit.cases.get(read_reference(reference))
    if case.state is CaseState.CLOSED and kind and (kind is Kind.COMPLAINT) != (case.kind is Kind.COMPLAINT):
        raise Refused(f"{case.id} is closed as {case.kind}; take it first: `amends case take {case.id}`")


@command("case.set", unless=_outcome_would_not_fit)
def say_what_it_is(
    unit: UnitOfWork,
    reference: str,
    *,
    kind: Kind | None,
    severity: Severity | None,
    reason: str,
    by: str,
    at: datetime,
    pack: Annotated[Pack, GIVEN],
) -> Case:
    """Correct triage: set the kind, the severity or both. From then on a machine may only raise it.

    Raises:
        NotFound: no such case.
        Refused: no reason is given, nothing is said, or the case is closed with an outcome that would not fit.
    """
    case = unit.cases.get(read_reference(reference))
    if not reason.strip():
        raise Refused("say why: the reason is kept with the correction, and triage learns from it")
    if kind is None and severity is None:
        raise Refused("say the kind, the severity, or both")
    kind_now = kind or case.kind
    if not kind_now.is_from_a_customer:
        raise Refused(f"a case cannot be {kind_now}: close it as out_of_scope instead")
    is_complaint = kind_now is Kind.COMPLAINT
    since = case.complaint_since or _first_counted(unit, case, pack) or at
    severity_now = severity or case.severity or (Severity.LOW if is_complaint else None)
    corrected = replace(
        case,
        kind=kind_now,
        severity=severity_now if is_complaint else None,
        needs_person=False,
        complaint_since=since if is_complaint else None,
        kind_set_by=by,
        severity_set_by=by if severity is not None else case.severity_set_by,
        version=case.version + 1,
    )
    unit.cases.save([corrected])
    if is_complaint:
        _count_again(unit, case, corrected, pack=pack, at=at)
    unit.audit.append(
        [
            Happening(
                at=at,
                actor=f"user:{by}",
                action="case.corrected",
                subject=f"case:{case.id}",
                facts={
                    "kind": kind_now.value,
                    "kind_before": case.kind.value,
                    "severity": corrected.severity.word if corrected.severity else None,
                    "severity_before": case.severity.word if case.severity else None,
                    "reason": reason,
                },
            )
        ]
    )
    return corrected


def _first_counted(unit: UnitOfWork, case: Case, pack: Pack) -> datetime | None:
    """Say from when a case was counted as a complaint, which it may have been before somebody called it none."""
    started = [clock.started_at for clock in _of_a_complaint(unit.clocks.of_cases([case.id]).get(case.id, ()), pack)]
    return min(started, default=None)


def _of_a_complaint(clocks: Iterable[Clock], pack: Pack) -> list[Clock]:
    rules = {rule.id for rule in pack.rules if rule.kinds == {Kind.COMPLAINT}}
    return [clock for clock in clocks if clock.rule_id in rules]


def _count_again(unit: UnitOfWork, before: Case, case: Case, *, pack: Pack, at: datetime) -> None:
    """Count a case that was none from when it became a complaint; anew, one that more harm makes due sooner."""
    counted_from = at if before.is_handled_as_complaint else case.complaint_since or at
    clocks = pack.start(
        Anchor.RECEIPT, case_id=case.id, kind=case.kind, severity=case.severity, flags=(), at=counted_from
    )
    running = [clock for clock in unit.clocks.of_cases([case.id]).get(case.id, ()) if clock.stopped_at is None]
    if not before.is_handled_as_complaint:
        if case.state is not CaseState.RECEIVED:
            # The customer knows already that we have it: the answer is what is owed.
            clocks = [clock for clock in clocks if clock.kind is not ClockKind.ACKNOWLEDGEMENT]
            clocks += response_clocks(pack, case, at=at)
        due = {clock.kind: clock.due_at for clock in clocks}
        kept = {
            clock.kind
            for clock in _of_a_complaint(running, pack)
            if clock.kind in due and clock.due_at <= due[clock.kind]
        }
        clocks = [clock for clock in clocks if clock.kind not in kept]
        stopped = {ClockKind.ACKNOWLEDGEMENT, ClockKind.RESPONSE, ClockKind.UPDATE} - kept
    else:
        due = {clock.kind: clock.due_at for clock in running}
        clocks = [clock for clock in clocks if clock.kind in due and clock.due_at < due[clock.kind]]
        stopped = {clock.kind for clock in clocks}
    unit.clocks.stop(case.id, stopped, at=at)
    unit.clocks.start(clocks)


@command("case.answer_rights")
def answer_rights(unit: UnitOfWork, reference: str, *, how: str, by: str, at: datetime) -> Case:
    """Say how and when a rights request was answered. Its clock stops; a later request starts a new one.

    Raises:
        NotFound: no such case.
        Refused: nothing is said, or no rights request waits.
    """
    case = unit.cases.get(read_reference(reference))
    if not how.strip():
        raise Refused("say how and when it was answered: the sentence is kept as the proof")
    if not _runs(unit, case, ClockKind.RIGHTS_REQUEST):
        raise Refused(f"no rights request waits on {case.id}; see its clocks: `amends case show {case.id}`")
    unit.clocks.stop(case.id, [ClockKind.RIGHTS_REQUEST], at=at)
    tell(unit, "case.rights_answered", case.id, by=by, at=at, how=how.strip())
    return case


def _rights_are_owed(unit: UnitOfWork, outcome: Outcome) -> None:
    """Refuse to close a case whose rights request is not answered: nobody would see that clock any more."""
    case = unit.cases.get(read_reference(outcome.case_id))
    if case.state is not CaseState.CLOSED and _runs(unit, case, ClockKind.RIGHTS_REQUEST):
        raise Refused(f"a rights request is not answered; say how it was: `amends case rights {case.id} --how …`")


def _runs(unit: UnitOfWork, case: Case, kind: ClockKind) -> bool:
    return any(
        clock.kind is kind and clock.stopped_at is None for clock in unit.clocks.of_cases([case.id]).get(case.id, [])
    )


@command("case.close", when=lambda said: said["outcome"].recorded_at, unless=_rights_are_owed)
def close(unit: UnitOfWork, outcome: Outcome) -> Case:
    """Close a case with its outcome. Drafts that nobody will send are superseded; its clocks stop.

    Raises:
        NotFound: no such case.
        Refused: it is closed, nobody has said what it is, a reply is still on its way, a rights
            request is not answered, or the outcome does not fit the kind.
    """
    case = unit.cases.get(read_reference(outcome.case_id))
    if case.state is CaseState.CLOSED:
        raise Refused(f"{case.id} is closed already; to reopen it: `amends case take {case.id}`")
    if case.needs_person:
        raise Refused(f"nobody has said what {case.id} is; do so first: `amends case set {case.id} --kind …`")
    if (case.kind is Kind.COMPLAINT) == (outcome.upheld is Upheld.NOT_A_COMPLAINT):
        raise Refused(f"{case.id} is {case.kind}: an outcome of {outcome.upheld.value} does not fit that")
    for reply in unit.replies.of_case(case.id):
        if reply.state in {ReplyState.QUEUED, ReplyState.SENDING}:
            raise Refused(f"reply {reply.id[:8]} is on its way; close the case once it has arrived")
        if not reply.state.is_final:
            unit.replies.save(
                reply.moved(ReplyState.SUPERSEDED, outcome="the case was closed"),
                was=reply.state,
                at=outcome.recorded_at,
            )
    closed = case.moved(CaseEvent.CLOSED)
    unit.cases.save([closed])
    unit.cases.record_outcome(replace(outcome, case_id=case.id))
    unit.clocks.stop(case.id, [ClockKind.ACKNOWLEDGEMENT, ClockKind.RESPONSE, ClockKind.UPDATE], at=outcome.recorded_at)
    tell(
        unit,
        "case.closed",
        case.id,
        by=outcome.recorded_by,
        at=outcome.recorded_at,
        upheld=outcome.upheld.value,
        resolved=outcome.resolved.value,
    )
    return closed


@command("case.link")
def settle_link(unit: UnitOfWork, reference: str, other: str, *, accept: bool, by: str, at: datetime) -> None:
    """Say whether two cases belong together. They stay two cases: accepting shows each in the other.

    Raises:
        NotFound: nobody suggested it.
    """
    case_id, other_id = read_reference(reference), read_reference(other)
    state = LinkState.ACCEPTED if accept else LinkState.REFUSED
    unit.links.settle(case_id, other_id, state, by=by)
    tell(unit, f"link.{state.value}", case_id, by=by, at=at, other=other_id)


@command("case.unlink")
def undo_link(unit: UnitOfWork, reference: str, other: str, *, by: str, at: datetime) -> None:
    """Take back what was said of a suggested link: it is a suggestion again.

    Raises:
        NotFound: there is none, or nobody has settled it.
    """
    case_id, other_id = read_reference(reference), read_reference(other)
    unit.links.unsettle(case_id, other_id)
    tell(unit, "link.reopened", case_id, by=by, at=at, other=other_id)


@command("task.done")
def finish_task(unit: UnitOfWork, task_id: str, *, by: str, at: datetime, pack: Annotated[Pack, GIVEN]) -> Task:
    """Say that a task is done. Where it was to acknowledge, the customer knows now that we have it.

    Where it was to answer, the case stays as it is: whoever did it says so by the case's own commands.

    Raises:
        NotFound: no such open task.
    """
    task = unit.tasks.finish(task_id, by=by, at=at)
    if _is_to_acknowledge(unit, task):
        case = unit.cases.get(task.case_id)
        is_done_with = case.state in {CaseState.ANSWERED, CaseState.CLOSED}
        if not is_done_with and _runs(unit, case, ClockKind.ACKNOWLEDGEMENT):
            acknowledged(unit, case, pack=pack, at=at)
    tell(unit, "task.done", task.case_id, by=by, at=at, task=task.id, kind=task.kind.value)
    return task


@command("task.settle")
def settle_delivery(
    unit: UnitOfWork, reply_id: str, *, arrived: bool, by: str, at: datetime, pack: Annotated[Pack, GIVEN]
) -> None:
    """Say whether a reply whose fate is unknown reached the customer, with all that follows from it.

    What arrived counts from the moment of the attempt. What was lost becomes a task.

    Raises:
        NotFound, Refused: there is none, or its fate is known.
    """
    reply = unit.replies.find(reply_id)
    if reply.state is not ReplyState.UNKNOWN:
        raise Refused(f"reply {reply.id[:8]} is {reply.state.value}: there is nothing to settle")
    to = ReplyState.SENT if arrived else ReplyState.FAILED
    says = f"settled by {by}: it {'arrived' if arrived else 'was lost'}"
    unit.replies.save(reply.moved(to, outcome=f"settled by {by}"), was=reply.state, at=at)
    unit.deliveries.note([delivery_of(reply, CameTo.SETTLED, at=at, says=says)])
    sent_at = settled(unit, reply, by=by, at=at)
    if arrived:
        reply_arrived(unit, reply, pack=pack, at=sent_at)
    else:
        unit.tasks.raise_([_reach_another_way(reply, at=at)])
    tell(unit, "reply.settled", reply.case_id, by=by, at=at, reply=reply.id, arrived=arrived)


@command("mail.allow")
def allow_mail(unit: UnitOfWork, address: str, *, by: str, at: datetime) -> None:
    """Let automatic mail go again to an address that mail came back from.

    Raises:
        NotFound: no mail came back from there.
    """
    one = unit.deliveries.unreachable([address]).get(address)
    if one is None:
        raise NotFound(f"no mail came back from {address!r}; see `amends mail blocked`")
    unit.deliveries.unblock(address)
    case_id = unit.replies.get(one.reply_id).case_id
    tell(unit, "mail.allowed", case_id, by=by, at=at, reply=one.reply_id)


def _is_to_acknowledge(unit: UnitOfWork, task: Task) -> bool:
    if task.kind is TaskKind.REACH_ANOTHER_WAY and task.reply_id:
        return unit.replies.get(task.reply_id).purpose is Purpose.ACKNOWLEDGEMENT
    return task.kind is TaskKind.ACKNOWLEDGE_ANOTHER_WAY


def _reach_another_way(reply: Reply, *, at: datetime) -> Task:
    return Task(
        id=task_id(reply.case_id, TaskKind.REACH_ANOTHER_WAY, reply.id),
        case_id=reply.case_id,
        kind=TaskKind.REACH_ANOTHER_WAY,
        reason=f"our {reply.purpose.value} did not arrive",
        raised_at=at,
        reply_id=reply.id,
    )

"""What a status page says, in plain words: where the case stands, what comes next, and what the customer can say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from amends.domain.case import Case, CaseState
from amends.domain.clock import Clock, ClockKind
from amends.domain.ids import case_reference
from amends.domain.submission import Progress, Said
from amends.unit_of_work import JudgedMessage, UnitOfWork

_NOT_READ_YET = ("We have received it.", "Somebody will look at it.")
_SAYS = {
    CaseState.RECEIVED: ("We have received it.", "We will tell you who is looking into it, and what happens next."),
    CaseState.ACKNOWLEDGED: ("We have acknowledged it.", "Somebody looks into it and answers you."),
    CaseState.IN_HAND: ("Somebody is looking into it.", "You get an answer."),
    CaseState.ANSWERED: ("We have answered it.", "If our answer does not settle it, tell us here and we look again."),
    CaseState.CLOSED: ("It is closed.", "If you are not satisfied, tell us here and we look again."),
}
_PROMISED = {ClockKind.ACKNOWLEDGEMENT, ClockKind.RESPONSE}
_SAID_AT_MOST = 20


def progress_of(unit: UnitOfWork, message_id: str, *, received_at: datetime) -> Progress:
    """Say where the message of a status page stands."""
    judged = unit.messages.get_many([message_id]).get(message_id)
    reference = judged.case_id if judged is not None and judged.case_id else case_reference(message_id)
    case = unit.cases.get_many([reference]).get(reference)
    stage, next_step = _SAYS[case.state] if case is not None else _NOT_READ_YET
    return Progress(
        reference=reference,
        received_at=received_at,
        stage=stage,
        next_step=next_step,
        next_by=_next_due(case, unit.clocks.of_cases([reference]).get(reference, [])),
        choices=_choices(case),
        said=_said(unit.messages.of_case(reference)) if case is not None else (),
    )


def _choices(case: Case | None) -> tuple[Said, ...]:
    if case is None or case.state not in {CaseState.ANSWERED, CaseState.CLOSED}:
        return (Said.ADDED, Said.WITHDRAWN)
    if case.state is CaseState.CLOSED:
        return (Said.ADDED, Said.NOT_SOLVED)
    return (Said.ACCEPTED, Said.NOT_SOLVED, Said.ADDED, Said.WITHDRAWN)


def _said(messages: Sequence[JudgedMessage]) -> tuple[tuple[Said, datetime], ...]:
    found = [
        (Said(said), one.message.received_at) for one in messages if (said := one.message.facts.get("status_page"))
    ]
    return tuple(found[-_SAID_AT_MOST:])


def _next_due(case: Case | None, clocks: Sequence[Clock]) -> datetime | None:
    if case is None or case.state in {CaseState.ANSWERED, CaseState.CLOSED}:
        return None
    return min((clock.due_at for clock in clocks if clock.stopped_at is None and clock.kind in _PROMISED), default=None)

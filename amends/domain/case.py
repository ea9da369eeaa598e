"""A case: one matter of one person, from the first message to the outcome.

    received ──a──▶ acknowledged ──b──▶ in_hand ──c──▶ answered ──d──▶ closed
        └──────────────── b ─────────────▲  ▲             │              │
                                         └──┴───── e ─────┴───────── e ──┘

a an acknowledgement reached the customer · b a person took it · c an answer reached
the customer · d a person closed it with an outcome · e the customer wrote again, or
the answer came back.
The states follow ISO 10002: receipt, acknowledgement, investigation, response, closing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from amends.domain.channel import Channel
from amends.domain.message import require_zone
from amends.domain.verdict import FlagName, Kind, Severity, Verdict


class CaseState(StrEnum):
    """Where a case stands (see the module's picture)."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    IN_HAND = "in_hand"
    ANSWERED = "answered"
    CLOSED = "closed"


class CaseEvent(StrEnum):
    """What moves a case."""

    ACKNOWLEDGED = "acknowledged"
    TAKEN = "taken"
    ANSWERED = "answered"
    CLOSED = "closed"
    CUSTOMER_WROTE = "customer_wrote"
    ANSWER_CAME_BACK = "answer_came_back"


_MOVES: dict[tuple[CaseState, CaseEvent], CaseState] = {
    (CaseState.RECEIVED, CaseEvent.ACKNOWLEDGED): CaseState.ACKNOWLEDGED,
    (CaseState.RECEIVED, CaseEvent.TAKEN): CaseState.IN_HAND,
    (CaseState.RECEIVED, CaseEvent.ANSWERED): CaseState.ANSWERED,
    (CaseState.RECEIVED, CaseEvent.CLOSED): CaseState.CLOSED,
    (CaseState.ACKNOWLEDGED, CaseEvent.TAKEN): CaseState.IN_HAND,
    (CaseState.ACKNOWLEDGED, CaseEvent.ANSWERED): CaseState.ANSWERED,
    (CaseState.ACKNOWLEDGED, CaseEvent.CLOSED): CaseState.CLOSED,
    (CaseState.IN_HAND, CaseEvent.ANSWERED): CaseState.ANSWERED,
    (CaseState.IN_HAND, CaseEvent.CLOSED): CaseState.CLOSED,
    (CaseState.ANSWERED, CaseEvent.TAKEN): CaseState.IN_HAND,
    (CaseState.ANSWERED, CaseEvent.CLOSED): CaseState.CLOSED,
    (CaseState.ANSWERED, CaseEvent.CUSTOMER_WROTE): CaseState.IN_HAND,
    (CaseState.ANSWERED, CaseEvent.ANSWER_CAME_BACK): CaseState.IN_HAND,
    (CaseState.CLOSED, CaseEvent.CUSTOMER_WROTE): CaseState.IN_HAND,
    (CaseState.CLOSED, CaseEvent.ANSWER_CAME_BACK): CaseState.IN_HAND,
    (CaseState.CLOSED, CaseEvent.TAKEN): CaseState.IN_HAND,
}


def next_state(state: CaseState, event: CaseEvent) -> CaseState:
    """Say where an event leaves a case. An event that moves nothing from here leaves it where it is."""
    return _MOVES.get((state, event), state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One matter of one person.

    `complaint_since` is when the message came that made it a complaint; it is there
    exactly when the kind is complaint. `needs_person` asks a person to say what it
    is. `kind_set_by` and `severity_set_by` name the person who did, or are empty
    while triage's word stands. `unanswered` counts the customer's messages since we
    last answered. `version` grows with each change, so that two people cannot
    overwrite each other unseen.
    """

    id: str
    contact_id: str
    channel: Channel
    kind: Kind
    severity: Severity | None
    needs_person: bool
    state: CaseState
    subject: str
    opened_at: datetime
    last_message_at: datetime
    complaint_since: datetime | None = None
    owner: str = ""
    kind_set_by: str = ""
    severity_set_by: str = ""
    messages: int = 1
    unanswered: int = 1
    version: int = 1

    def __post_init__(self) -> None:
        require_zone("opened_at", self.opened_at)
        require_zone("last_message_at", self.last_message_at)
        require_zone("complaint_since", self.complaint_since)
        if not self.kind.is_from_a_customer:
            raise ValueError(f"{self.kind} mail opens no case: it is parked")
        if (self.kind is Kind.COMPLAINT) != (self.complaint_since is not None):
            raise ValueError("a complaint, and nothing else, says since when it is one")
        if self.kind is Kind.COMPLAINT and self.severity is None:
            raise ValueError("a complaint has a severity")

    @property
    def is_handled_as_complaint(self) -> bool:
        """Whether the duties of a complaint apply: it is one, or nobody has said that it is not."""
        return self.kind is Kind.COMPLAINT or self.needs_person

    def moved(self, event: CaseEvent) -> Case:
        """Give the case as an event leaves it."""
        return replace(self, state=next_state(self.state, event), version=self.version + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a case is after one more message: the verdict of the thread, not of the message alone."""

    kind: Kind
    severity: Severity | None
    needs_person: bool
    became_complaint: bool


#: What turns a question into a complaint when it is not the first message of a thread.
_TURNS_SOUR = (FlagName.REPEAT_CONTACT, FlagName.BROKEN_PROMISE)


def judge_thread(case: Case | None, verdict: Verdict) -> Standing:
    """Judge a thread again at each message (Unit 311: recognise when a problem becomes a complaint).

    1. A complaint stays one, and its severity never falls, until a person says so.
    2. A question becomes a complaint with the first message that is one, or that
       tells of chasing or of a broken promise in a thread already open.
    3. Doubt about any message is doubt about the case, until a person settles it.
    4. What a person set, a machine may only raise.
    """
    if case is None:
        kind = verdict.kind if verdict.kind.is_from_a_customer else Kind.OTHER
        is_complaint = kind is Kind.COMPLAINT
        severity = verdict.severity if is_complaint or verdict.needs_person else None
        needs_person = verdict.needs_person or kind is not verdict.kind
        return Standing(kind=kind, severity=severity, needs_person=needs_person, became_complaint=is_complaint)
    turns = verdict.kind is Kind.COMPLAINT or (verdict.kind is not Kind.PRAISE and verdict.has(*_TURNS_SOUR))
    kind = Kind.COMPLAINT if turns or case.kind is Kind.COMPLAINT else case.kind
    severities = [value for value in (case.severity, verdict.severity) if value is not None]
    if kind is Kind.COMPLAINT and turns:
        severities.append(Severity.MEDIUM if verdict.has(*_TURNS_SOUR) else Severity.LOW)
    severity = max(severities, default=None)
    return Standing(
        kind=kind,
        severity=severity if kind is Kind.COMPLAINT or case.needs_person or verdict.needs_person else None,
        needs_person=case.needs_person or verdict.needs_person,
        became_complaint=kind is Kind.COMPLAINT and case.kind is not Kind.COMPLAINT,
    )

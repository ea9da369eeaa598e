"""What to do next, and why it is first: the factors of a case's place in the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from amends.domain.case import Case
from amends.domain.clock import Clock
from amends.domain.verdict import Kind, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One reason for a case's place. Points add up; more points are nearer the top."""

    says: str
    points: int


#: Critical outweighs everything else that a case can have at once.
_BY_SEVERITY = {Severity.CRITICAL: 3000, Severity.HIGH: 400, Severity.MEDIUM: 150, Severity.LOW: 50}
_OVERDUE = 500
_DUE_TODAY = 200
_DUE_SOON = 80
_DOUBT = 120
_COMPLAINT = 60
_PER_UNANSWERED = 20


def factors(case: Case, clocks: Sequence[Clock], *, now: datetime) -> tuple[Factor, ...]:
    """List why a case stands where it stands. A critical case is above every case that is not critical."""
    found = []
    if case.severity is not None:
        found.append(Factor(says=f"{case.severity.word} severity", points=_BY_SEVERITY[case.severity]))
    if case.needs_person:
        found.append(Factor(says="triage is not sure what it is", points=_DOUBT))
    if case.kind is Kind.COMPLAINT:
        found.append(Factor(says="a complaint", points=_COMPLAINT))
    for clock in clocks:
        if clock.stopped_at is not None:
            continue
        if clock.is_overdue(now):
            found.append(Factor(says=f"{clock.kind.value} overdue since {clock.due_at:%d %b %H:%M}", points=_OVERDUE))
        elif clock.due_at - now <= timedelta(days=1):
            found.append(Factor(says=f"{clock.kind.value} due within a day", points=_DUE_TODAY))
        elif clock.due_at - now <= timedelta(days=3):
            found.append(Factor(says=f"{clock.kind.value} due within three days", points=_DUE_SOON))
    if case.unanswered > 1:
        extra = min(case.unanswered - 1, 5)
        found.append(Factor(says=f"{case.unanswered} messages since we last answered", points=extra * _PER_UNANSWERED))
    return tuple(found)


def score(found: Sequence[Factor]) -> int:
    """Add the factors up."""
    return sum(factor.points for factor in found)

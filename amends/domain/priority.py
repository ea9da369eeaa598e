"""What to do next, and why it is first: the factors of a case's place in the queue.

The points stand here alone: `storage/views.py` has the database count with the same ones,
so that only the top of a long queue is read.
"""

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
BY_SEVERITY = {Severity.CRITICAL: 3000, Severity.HIGH: 400, Severity.MEDIUM: 150, Severity.LOW: 50}
OVERDUE = 500
#: A clock that runs out within so long gives so many points, and how that is said. The shortest comes first.
DUE_WITHIN = {
    timedelta(days=1): (200, "within a day"),
    timedelta(days=3): (80, "within three days"),
}
DOUBT = 120
COMPLAINT = 60
#: Each message after the first since we last answered, but no more than so many of them.
PER_UNANSWERED, UNANSWERED_AT_MOST = 20, 5


def factors(case: Case, clocks: Sequence[Clock], *, now: datetime) -> tuple[Factor, ...]:
    """List why a case stands where it stands. A critical case is above every case that is not critical."""
    found = []
    if case.severity is not None:
        found.append(Factor(says=f"{case.severity.word} severity", points=BY_SEVERITY[case.severity]))
    if case.needs_person:
        found.append(Factor(says="triage is not sure what it is", points=DOUBT))
    if case.kind is Kind.COMPLAINT:
        found.append(Factor(says="a complaint", points=COMPLAINT))
    for clock in clocks:
        if clock.stopped_at is not None:
            continue
        if clock.is_overdue(now):
            found.append(Factor(says=f"{clock.kind.value} overdue since {clock.due_at:%d %b %H:%M}", points=OVERDUE))
            continue
        for within, (points, how_soon) in DUE_WITHIN.items():
            if clock.due_at - now <= within:
                found.append(Factor(says=f"{clock.kind.value} due {how_soon}", points=points))
                break
    if case.unanswered > 1:
        extra = min(case.unanswered - 1, UNANSWERED_AT_MOST)
        found.append(Factor(says=f"{case.unanswered} messages since we last answered", points=extra * PER_UNANSWERED))
    return tuple(found)


def score(found: Sequence[Factor]) -> int:
    """Add the factors up."""
    return sum(factor.points for factor in found)

"""What to do next, and why it is first: the factors of a case's place in the queue.

The points stand here alone: `storage/places.py` has the database count with the same ones,
so that only the top of a long queue is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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


def pressure(due_at: datetime, *, now: datetime) -> int:
    """Give the points of a clock that runs until a moment."""
    if now > due_at:
        return OVERDUE
    return next((points for within, (points, _) in DUE_WITHIN.items() if due_at - now <= within), 0)


#: Before and after everything.
ALWAYS_BEFORE, ALWAYS_AFTER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


def steady(dues: Iterable[datetime], *, now: datetime) -> tuple[datetime, datetime]:
    """Say from when until when clocks that run give the points that they give at `now`: the end is not included."""
    since, until = ALWAYS_BEFORE, ALWAYS_AFTER
    for due_at in dues:
        # Time is counted in microseconds: the first that is past the deadline is overdue.
        for turn in (*(due_at - within for within in DUE_WITHIN), due_at + timedelta(microseconds=1)):
            if turn <= now:
                since = max(since, turn)
            else:
                until = min(until, turn)
    return since, until


def score(found: Sequence[Factor]) -> int:
    """Add the factors up."""
    return sum(factor.points for factor in found)

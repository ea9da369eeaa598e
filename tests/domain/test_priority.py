"""The queue's order, and the reasons it gives."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from amends.domain.case import Case
from amends.domain.clock import Clock, ClockKind
from amends.domain.priority import factors, score
from amends.domain.verdict import Kind, Severity
from tests.support.builders import a_case, a_clock
from tests.support.clock import MONDAY


def says(case: Case, *clocks: Clock) -> list[str]:
    return [factor.says for factor in factors(case, clocks, now=MONDAY)]


def a_clock_due(*, hours: float, kind: ClockKind = ClockKind.ACKNOWLEDGEMENT, done: bool = False) -> Clock:
    due_at = MONDAY + timedelta(hours=hours)
    return a_clock(
        kind,
        started_at=due_at - timedelta(days=5),
        due_in=timedelta(days=5),
        stopped_at=MONDAY if done else None,
    )


def test_a_case_says_why_it_stands_where_it_stands() -> None:
    case = a_case(severity=Severity.HIGH, needs_person=True, unanswered=3)
    assert says(case, a_clock_due(hours=-2), a_clock_due(hours=60, kind=ClockKind.UPDATE)) == [
        "high severity",
        "triage is not sure what it is",
        "a complaint",
        "acknowledgement overdue since 23 Nov 07:00",
        "update due within three days",
        "3 messages since we last answered",
    ]


def test_a_deadline_counts_more_the_nearer_it_is() -> None:
    points = [score(factors(a_case(), [a_clock_due(hours=hours)], now=MONDAY)) for hours in (100, 60, 10, -1)]
    assert points == sorted(points)
    assert len(set(points)) == 4


def test_a_stopped_clock_counts_nothing() -> None:
    assert says(a_case(Kind.ENQUIRY), a_clock_due(hours=-50, done=True)) == []


def test_many_messages_raise_a_case_only_so_far() -> None:
    five, fifty = a_case(unanswered=6), a_case(unanswered=50)
    assert score(factors(five, [], now=MONDAY)) == score(factors(fifty, [], now=MONDAY))


cases = st.builds(
    a_case,
    st.sampled_from([Kind.COMPLAINT, Kind.ENQUIRY]),
    severity=st.sampled_from([Severity.LOW, Severity.MEDIUM, Severity.HIGH]),
    needs_person=st.just(True),
    unanswered=st.integers(0, 60),
)
clocks = st.builds(a_clock_due, hours=st.integers(-400, 400), kind=st.sampled_from(list(ClockKind)))


@settings(max_examples=150, deadline=None)
@given(other=cases, running=st.lists(clocks, max_size=4, unique_by=lambda clock: clock.kind))
def test_nothing_that_is_not_critical_stands_above_what_is(other: Case, running: list[Clock]) -> None:
    critical = a_case(severity=Severity.CRITICAL)
    assert score(factors(critical, [], now=MONDAY)) > score(factors(other, running, now=MONDAY))

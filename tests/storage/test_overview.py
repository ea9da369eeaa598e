"""The managers' overview: its numbers add up, and are those of a plain count over the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amends.domain.case import Case, CaseState
from amends.domain.channel import Channel
from amends.domain.clock import Clock, ClockKind
from amends.domain.outcome import Outcome, Resolved, Upheld
from amends.domain.period import Period, Step
from amends.domain.verdict import Kind, Severity
from storage.history import InForce
from storage.overview import Narrowed, OpenCases, Overview, Standing, overview
from storage.timeliness import Timeliness, share_of
from storage.unit_of_work import Database, SqlUnitOfWork
from tests.conftest import PARTITIONS
from tests.storage.stock import add_case
from tests.support.builders import a_case, a_clock, an_outcome
from tests.support.clock import MONDAY

LONDON = ZoneInfo("Europe/London")
#: The clocks go back on 25 October 2026: that day has 25 hours.
AUTUMN = Period(first=date(2026, 10, 20), last=date(2026, 11, 24), zone=LONDON)
#: Also the last moment of a day, and the first of the next, in London, in summer and in winter.
EDGES = [
    datetime(2026, 10, 19, 23, 0, tzinfo=UTC),
    datetime(2026, 10, 19, 22, 59, 59, tzinfo=UTC),
    datetime(2026, 10, 24, 23, 0, tzinfo=UTC),
    datetime(2026, 10, 26, 0, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2026, 11, 25, 0, 0, tzinfo=UTC),
    MONDAY,
]
moments = st.one_of(
    st.sampled_from(EDGES), st.integers(0, 40 * 24).map(lambda hours: AUTUMN.since + timedelta(hours=hours - 48))
)
lengths = st.sampled_from(
    [timedelta(hours=1), timedelta(days=1), timedelta(days=5), timedelta(hours=15), timedelta(days=30)]
)


@dataclass
class Made:
    """A case with what belongs to it."""

    case: Case
    clocks: list[Clock] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)


@st.composite
def offices(draw: st.DrawFn) -> list[Made]:
    made = []
    for number in range(draw(st.integers(0, 12))):
        kind = draw(st.sampled_from([Kind.COMPLAINT, Kind.ENQUIRY]))
        case = a_case(
            kind,
            case_id=f"AM-{number}",
            severity=draw(st.sampled_from(list(Severity) if kind is Kind.COMPLAINT else [None, Severity.HIGH])),
            needs_person=draw(st.booleans()),
            state=draw(st.sampled_from(CaseState)),
            channel=draw(st.sampled_from(Channel)),
            at=draw(moments),
        )
        one = Made(replace(case, owner=draw(st.sampled_from(["", "hana", "tom"]))))
        for what in draw(st.lists(st.sampled_from(ClockKind), unique=True)):
            clock = a_clock(what, case_id=case.id, started_at=draw(moments), due_in=draw(lengths))
            if draw(st.booleans()):
                clock = replace(clock, stopped_at=clock.started_at + draw(lengths))
                if draw(st.integers(0, 3)) == 0:
                    # Counted anew: the next one starts as this one stops.
                    one.clocks.append(a_clock(what, case_id=case.id, started_at=clock.stopped_at or MONDAY))
            one.clocks.append(clock)
        for _ in range(draw(st.integers(0, 2))):
            stops = [clock.stopped_at for clock in one.clocks if clock.stopped_at is not None]
            at = draw(st.one_of(st.sampled_from(stops), moments) if stops else moments)
            upheld, resolved = draw(st.sampled_from(Upheld)), draw(st.sampled_from(Resolved))
            one.outcomes.append(replace(an_outcome(case.id, upheld=upheld, at=at), resolved=resolved))
        made.append(one)
    return made


narrowings = st.builds(
    Narrowed,
    channel=st.sampled_from([None, *Channel]),
    kind=st.sampled_from([None, Kind.COMPLAINT, Kind.ENQUIRY]),
    severity=st.sampled_from([None, Severity.HIGH]),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=offices(), narrowed=narrowings, step=st.sampled_from(Step))
def test_the_numbers_are_those_of_a_plain_count(
    database: Database, made: list[Made], narrowed: Narrowed, step: Step
) -> None:
    # One transaction, which is never committed: the next example begins with nothing.
    with database.viewing() as connection:
        add(SqlUnitOfWork(connection, partitions=PARTITIONS, in_force=InForce(dict)), made)
        found = overview(connection, now=MONDAY, period=AUTUMN, step=step, narrowed=narrowed)
    wanted = [one for one in made if is_wanted(one.case, narrowed)]
    check_open_now(found, [one for one in wanted if one.case.state not in {CaseState.CLOSED, CaseState.ANSWERED}])
    check_flow(found, wanted)
    assert found.acknowledgement == counted_by_hand(ClockKind.ACKNOWLEDGEMENT, wanted)
    assert found.response == counted_by_hand(ClockKind.RESPONSE, wanted)


def add(unit: SqlUnitOfWork, made: Sequence[Made]) -> None:
    for one in made:
        add_case(unit, one.case)
        for clock in sorted(one.clocks, key=lambda clock: clock.stopped_at is None):
            unit.clocks.start([clock])
        for outcome in one.outcomes:
            unit.cases.record_outcome(outcome)
        # A kind that runs is kept as it is; what the table took is what is counted.
        one.clocks[:] = unit.clocks.of_cases([one.case.id]).get(one.case.id, [])


def is_wanted(case: Case, narrowed: Narrowed) -> bool:
    return (
        narrowed.channel in {None, case.channel}
        and narrowed.kind in {None, case.kind}
        and narrowed.severity in {None, case.severity}
    )


def check_open_now(found: Overview, open_: list[Made]) -> None:
    names: dict[str, Callable[[Case], str]] = {
        "by_channel": lambda case: case.channel.value,
        "by_kind": lambda case: case.kind.value,
        "by_severity": lambda case: case.severity.word if case.severity else "",
        "by_owner": lambda case: case.owner,
    }
    assert plain(found.open_now.in_all) == group(open_)
    for sorted_by, name_of in names.items():
        groups: tuple[OpenCases, ...] = getattr(found.open_now, sorted_by)
        for one in groups:
            assert plain(one) == group([made for made in open_ if name_of(made.case) == one.name])
        # Each case is in one group, and no group is missing.
        assert sum(one.in_all for one in groups) == found.open_now.in_all.in_all == len(open_)


def plain(one: OpenCases) -> tuple[dict[Standing, int], int, int]:
    return (
        {standing: count for standing, count in one.by_standing.items() if count},
        one.unacknowledged,
        one.needs_person,
    )


def group(open_: list[Made]) -> tuple[dict[Standing, int], int, int]:
    owed = sum(any(clock.kind is ClockKind.ACKNOWLEDGEMENT for clock in running(one)) for one in open_)
    return dict(Counter(map(standing_of, open_))), owed, sum(one.case.needs_person for one in open_)


def running(one: Made) -> list[Clock]:
    return [clock for clock in one.clocks if clock.stopped_at is None]


def standing_of(one: Made) -> Standing:
    if any(clock.is_overdue(MONDAY) for clock in running(one)):
        return Standing.OVERDUE
    if any(clock.due_at.astimezone(LONDON).date() == MONDAY.date() for clock in running(one)):
        return Standing.DUE_TODAY
    return Standing.DUE_LATER if running(one) else Standing.NO_DATE


def check_flow(found: Overview, wanted: list[Made]) -> None:
    opened = [one.case.opened_at for one in wanted if in_autumn(one.case.opened_at)]
    closed = [outcome for one in wanted for outcome in one.outcomes if in_autumn(outcome.recorded_at)]
    for flow in found.flow:
        assert flow.opened == sum(flow.first <= at.astimezone(LONDON).date() <= flow.last for at in opened)
        assert flow.closed == sum(
            flow.first <= one.recorded_at.astimezone(LONDON).date() <= flow.last for one in closed
        )
    assert sum(flow.opened for flow in found.flow) == len(opened)
    assert sum(flow.closed for flow in found.flow) == len(closed) == sum(found.outcomes.values())
    by_ending = Counter((one.upheld, one.resolved) for one in closed)
    assert {ending: count for ending, count in found.outcomes.items() if count} == dict(by_ending)


def in_autumn(at: datetime) -> bool:
    return AUTUMN.first <= at.astimezone(LONDON).date() <= AUTUMN.last


def counted_by_hand(kind: ClockKind, wanted: list[Made]) -> Timeliness:
    fates: Counter[str] = Counter()
    took = []
    for one in wanted:
        for clock in one.clocks:
            if clock.kind is kind and in_autumn(clock.started_at):
                fate = fate_of(clock, one)
                fates[fate] += 1
                if clock.stopped_at is not None and fate != "dropped":
                    took.append(clock.stopped_at - clock.started_at)
    names = ("in_time", "late", "overdue", "waiting", "dropped")
    return Timeliness(
        **{name: fates[name] for name in names},
        median=share_of(sorted(took), 50),
        ninetieth=share_of(sorted(took), 90),
    )


def fate_of(clock: Clock, one: Made) -> str:
    if clock.stopped_at is None:
        return "overdue" if clock.is_overdue(MONDAY) else "waiting"
    if clock.stopped_at in {outcome.recorded_at for outcome in one.outcomes}:
        return "dropped"
    if any(other.kind is clock.kind and other.started_at == clock.stopped_at for other in one.clocks):
        return "dropped"
    return "in_time" if clock.stopped_at <= clock.due_at else "late"


@pytest.mark.parametrize(
    ("hours", "median", "ninetieth"),
    [([], None, None), ([4], 4, 4), ([1, 2], 1, 2), ([1, 2, 3, 4, 5, 6, 7, 8, 9, 99], 5, 9), ([*range(11)], 5, 9)],
)
def test_the_times_are_ones_that_really_were(hours: list[int], median: int | None, ninetieth: int | None) -> None:
    took = [timedelta(hours=hour) for hour in hours]
    told = [None if hour is None else timedelta(hours=hour) for hour in (median, ninetieth)]
    assert [share_of(took, 50), share_of(took, 90)] == told


def test_a_period_is_cut_at_midnight_of_its_zone_and_at_mondays() -> None:
    weeks = AUTUMN.cut(Step.WEEK)
    assert [(one.first, one.last) for one in weeks][:2] == [
        (date(2026, 10, 20), date(2026, 10, 25)),
        (date(2026, 10, 26), date(2026, 11, 1)),
    ]
    assert [one.until for one in weeks[:-1]] == [one.since for one in weeks[1:]]
    the_long_day = AUTUMN.cut(Step.DAY)[5]
    assert the_long_day.until - the_long_day.since == timedelta(hours=25)


def test_a_period_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="ends after it begins"):
        replace(AUTUMN, last=date(2026, 10, 19))
    with pytest.raises(ValueError, match="731 days at most"):
        replace(AUTUMN, last=date(2029, 10, 19))
    with pytest.raises(ValueError, match="count it by week"):
        replace(AUTUMN, last=date(2027, 10, 19)).cut(Step.DAY)

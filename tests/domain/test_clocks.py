"""Deadlines: counted right over days off and clock changes, and able to explain themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.domain.clock import Anchor, Calendar, Clock, ClockKind, Pack, Roll, Rule, Unit, start_clock
from amends.domain.verdict import FlagName, Kind, Severity
from amends.policies.load import load_pack
from tests.support.builders import a_clock, a_rule
from tests.support.clock import MONDAY

LONDON = ZoneInfo("Europe/London")
SHIPPED = load_pack("service-standard")
ENGLAND = SHIPPED.calendar
EVERY_DAY = Calendar(name="nowhere", zone=LONDON, holiday_on=lambda _day: None)


def at(written: str, *, zone: ZoneInfo = LONDON) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=zone)


def count(rule: Rule, start: datetime, calendar: Calendar = ENGLAND) -> Clock:
    return start_clock(rule, calendar, case_id="AM-1", anchor="received", at=start)


def due_day(rule: Rule, start: str, calendar: Calendar = ENGLAND) -> date:
    return count(rule, at(start), calendar).due_at.astimezone(calendar.zone).date()


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        pytest.param("2026-11-23 09:00", 5, "2026-11-30", id="a plain week"),
        pytest.param("2026-11-23 23:59", 5, "2026-11-30", id="late in the day counts as that day"),
        pytest.param("2026-11-21 10:00", 1, "2026-11-23", id="received on a Saturday"),
        pytest.param("2026-04-02 16:40", 1, "2026-04-07", id="over Easter"),
        pytest.param("2026-04-02 16:40", 5, "2026-04-13", id="a week over Easter"),
        pytest.param("2026-12-24 12:00", 1, "2026-12-29", id="over Christmas with its substitute day"),
        pytest.param("2026-12-23 12:00", 5, "2027-01-04", id="over Christmas and New Year"),
        pytest.param("2026-05-01 09:00", 1, "2026-05-05", id="over the May holiday"),
    ],
)
def test_working_days_leave_days_off_out(start: str, days: int, due: str) -> None:
    assert due_day(a_rule(days), start) == date.fromisoformat(due)


def test_each_day_that_does_not_count_is_named() -> None:
    steps = count(a_rule(1), at("2026-04-02 16:40")).steps
    assert steps[0] == "received on Thu 02 Apr 2026 at 16:40 (ENG)"
    assert steps[1:5] == (
        "Fri 03 Apr does not count: Good Friday",
        "Sat 04 Apr does not count: Saturday",
        "Sun 05 Apr does not count: Sunday",
        "Mon 06 Apr does not count: Easter Monday",
    )
    assert "due Tue 07 Apr 2026 at 23:59 by test.rule" in steps[-1]
    assert a_rule().source in steps[-1]


@pytest.mark.parametrize(
    ("start", "months", "due"),
    [
        ("2026-01-31 10:00", 1, "2026-02-28"),
        ("2028-01-31 10:00", 1, "2028-02-29"),
        ("2026-11-30 10:00", 3, "2027-02-28"),
        ("2026-12-15 10:00", 1, "2027-01-15"),
        ("2026-10-31 10:00", 14, "2027-12-31"),
        ("2026-03-05 10:00", 12, "2027-03-05"),
    ],
)
def test_a_month_ends_on_the_same_date_or_the_last_of_the_month(start: str, months: int, due: str) -> None:
    assert due_day(a_rule(months, Unit.MONTHS), start, EVERY_DAY) == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("rule", "start", "due"),
    [
        pytest.param(a_rule(1, Unit.MONTHS, roll=Roll.NEXT_WORKING_DAY), "2026-11-25 10:00", "2026-12-29", id="month"),
        pytest.param(
            a_rule(14, Unit.CALENDAR_DAYS, roll=Roll.NEXT_WORKING_DAY), "2026-03-20 10:00", "2026-04-07", id="days"
        ),
        pytest.param(a_rule(14, Unit.CALENDAR_DAYS), "2026-03-20 10:00", "2026-04-03", id="no roll"),
    ],
)
def test_a_count_that_ends_on_a_day_off_rolls_only_where_the_rule_says_so(rule: Rule, start: str, due: str) -> None:
    assert due_day(rule, start) == date.fromisoformat(due)


def test_a_roll_names_the_days_it_passes_over() -> None:
    steps = count(a_rule(14, Unit.CALENDAR_DAYS, roll=Roll.NEXT_WORKING_DAY), at("2026-03-20 10:00")).steps
    assert "Fri 03 Apr is no working day (Good Friday): the next one counts" in steps


@pytest.mark.parametrize(
    "start",
    [
        pytest.param("2026-03-28 23:00", id="the night that loses an hour"),
        pytest.param("2026-10-24 23:30", id="the night that gains one"),
        pytest.param("2026-06-01 12:00", id="an ordinary day"),
    ],
)
@pytest.mark.parametrize("zone", [LONDON, ZoneInfo("UTC"), ZoneInfo("America/New_York")])
def test_hours_are_hours_whatever_the_clocks_on_the_wall_do(start: str, zone: ZoneInfo) -> None:
    moment = at(start, zone=zone)
    due = count(a_rule(4, Unit.HOURS), moment).due_at
    assert due.astimezone(UTC) - moment.astimezone(UTC) == timedelta(hours=4)


def test_a_day_ends_at_midnight_where_the_office_is() -> None:
    winter = count(a_rule(1), at("2026-11-23 09:00")).due_at.astimezone(UTC)
    summer = count(a_rule(1), at("2026-07-06 09:00")).due_at.astimezone(UTC)
    assert winter == datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC)
    assert summer == datetime(2026, 7, 7, 22, 59, 59, tzinfo=UTC)


def test_the_day_of_receipt_is_that_of_the_office() -> None:
    # Half past eleven at night in UTC is half past midnight of the next day in London's summer.
    late = datetime(2026, 7, 6, 23, 30, tzinfo=UTC)
    assert count(a_rule(1), late).due_at.astimezone(LONDON).date() == date(2026, 7, 8)


def test_a_clock_without_a_zone_is_not_started() -> None:
    with pytest.raises(ValueError, match="time zone"):
        count(a_rule(), datetime(2026, 11, 23, 9, 0))  # noqa: DTZ001 - that is what is refused


def test_a_clock_is_overdue_only_after_its_last_moment_and_until_it_is_stopped() -> None:
    clock = a_clock(due_in=timedelta(hours=1))
    assert not clock.is_overdue(clock.due_at)
    assert clock.is_overdue(clock.due_at + timedelta(seconds=1))
    assert not a_clock(due_in=timedelta(hours=1), stopped_at=MONDAY).is_overdue(MONDAY + timedelta(days=9))


def start(
    pack: Pack, severity: Severity | None, *, kind: Kind = Kind.COMPLAINT, when: datetime = MONDAY
) -> list[Clock]:
    return pack.start(Anchor.RECEIPT, case_id="AM-1", kind=kind, severity=severity, flags=(), at=when)


def test_of_two_rules_for_one_clock_the_one_that_is_due_first_runs() -> None:
    slow, fast = a_rule(5, rule_id="slow"), a_rule(4, Unit.HOURS, severities=[Severity.CRITICAL], rule_id="fast")
    for rules in [(slow, fast), (fast, slow)]:
        pack = Pack(name="p", version="1", rules=rules, calendar=ENGLAND)
        assert [clock.rule_id for clock in start(pack, Severity.CRITICAL)] == ["fast"]
        assert [clock.rule_id for clock in start(pack, Severity.LOW)] == ["slow"]


def test_a_rule_applies_to_the_kinds_severities_and_flags_that_it_names() -> None:
    rule = a_rule(flags=[FlagName.RIGHTS_REQUEST], severities=[Severity.LOW])
    assert rule.applies_to(Kind.COMPLAINT, Severity.LOW, {FlagName.RIGHTS_REQUEST, FlagName.MEDIA})
    assert not rule.applies_to(Kind.COMPLAINT, Severity.LOW, set())
    assert not rule.applies_to(Kind.COMPLAINT, None, {FlagName.RIGHTS_REQUEST})
    assert not rule.applies_to(Kind.ENQUIRY, Severity.LOW, {FlagName.RIGHTS_REQUEST})


def test_the_response_is_counted_from_the_acknowledgement() -> None:
    def kinds(anchor: Anchor) -> set[ClockKind]:
        clocks = SHIPPED.start(anchor, case_id="AM-1", kind=Kind.COMPLAINT, severity=Severity.LOW, flags=(), at=MONDAY)
        return {clock.kind for clock in clocks}

    assert kinds(Anchor.RECEIPT) == {ClockKind.ACKNOWLEDGEMENT, ClockKind.UPDATE}
    assert kinds(Anchor.ACKNOWLEDGEMENT) == {ClockKind.RESPONSE}


moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@settings(max_examples=150, deadline=None)
@given(when=moments)
def test_a_worse_complaint_is_never_due_later(when: datetime) -> None:
    due: dict[ClockKind, datetime] = {}
    for severity in Severity:
        for clock in start(SHIPPED, severity, when=when):
            assert clock.due_at <= due.get(clock.kind, clock.due_at)
            due[clock.kind] = clock.due_at


rules = st.builds(a_rule, st.integers(1, 40), st.sampled_from(list(Unit)), roll=st.sampled_from(list(Roll)))


@settings(max_examples=150, deadline=None)
@given(when=moments, later=st.timedeltas(timedelta(), timedelta(days=40)), rule=rules)
def test_what_came_later_is_never_due_earlier(when: datetime, later: timedelta, rule: Rule) -> None:
    assert count(rule, when).due_at <= count(rule, when + later).due_at


@settings(max_examples=150, deadline=None)
@given(when=moments, rule=rules)
def test_a_deadline_lies_ahead_and_on_a_day_that_its_rule_allows(when: datetime, rule: Rule) -> None:
    clock = count(rule, when)
    assert clock.due_at > when
    if rule.unit is Unit.WORKING_DAYS or (rule.roll is Roll.NEXT_WORKING_DAY and rule.unit is not Unit.HOURS):
        assert ENGLAND.day_off(clock.due_at.astimezone(LONDON).date()) is None

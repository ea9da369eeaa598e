"""What is usual on a channel: learnt from made-up weeks, over both changes of the clocks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.domain.baseline import HOUR, Baseline, learn
from tests.domain.weeks import CALENDAR, LONDON, Rate, by_hour, office_hours, utc, written

SPRING, AUTUMN = utc(2026, 3, 29), utc(2026, 10, 25)
seeds = st.integers(min_value=0, max_value=2**32)


def learnt(arrivals: Sequence[datetime], now: datetime, counts: Mapping[datetime, int] | None = None) -> Baseline:
    counts = by_hour(arrivals, until=now) if counts is None else counts
    found = learn(counts, first=arrivals[0], now=now, calendar=CALENDAR)
    assert found is not None
    return found


def alerts(
    arrivals: Sequence[datetime], start: datetime, end: datetime, *, every: timedelta = timedelta(minutes=30)
) -> list[tuple[str, datetime]]:
    """Watch from `start` to `end`, learning anew each day; give when what first became unusual."""
    found: list[tuple[str, datetime]] = []
    known: set[str] = set()
    # Whole hours before now alone are learnt from, so one count does for all days.
    counts = by_hour(arrivals, until=end)
    now, baseline, learnt_on = start, learnt(arrivals, start, counts), start.date()
    while now < end:
        if now.date() != learnt_on:
            baseline, learnt_on = learnt(arrivals, now, counts), now.date()
        upto = bisect_right(arrivals, now)
        lately = upto - bisect_right(arrivals, now - HOUR)
        unusual = {"silent"} if baseline.missed(arrivals[upto - 1], now) else set()
        unusual |= {"surge"} if baseline.is_surge(lately, now, goes_on="surge" in known) else set()
        found += [(kind, now) for kind in unusual - known]
        known, now = unusual, now + every
    return found


def weeks_around(change: datetime, rate: Rate, seed: int) -> list[datetime]:
    return written(rate, change - timedelta(weeks=7), change + timedelta(days=5), seed=seed)


@pytest.mark.parametrize("change", [SPRING, AUTUMN])
@pytest.mark.parametrize("busy", [2.0, 20.0])
@settings(max_examples=2)
@given(seed=seeds)
def test_ordinary_weeks_raise_nothing_when_the_clocks_change(change: datetime, busy: float, seed: int) -> None:
    arrivals = weeks_around(change, office_hours(busy), seed)

    assert alerts(arrivals, change - timedelta(days=1), change + timedelta(days=4)) == []


@pytest.mark.parametrize("change", [SPRING, AUTUMN])
@settings(max_examples=2)
@given(seed=seeds)
def test_a_channel_that_falls_silent_on_a_working_day_is_missed_that_day(change: datetime, seed: int) -> None:
    # The Tuesday after the clocks changed, at eleven by the clock on the wall.
    silent_from = datetime(change.year, change.month, change.day + 2, 11, tzinfo=LONDON)
    arrivals = [at for at in weeks_around(change, office_hours(8), seed) if at < silent_from]

    (kind, when), *_ = alerts(arrivals, silent_from - timedelta(days=1), silent_from + timedelta(hours=12))

    assert kind == "silent"
    assert timedelta(minutes=30) <= when - silent_from < timedelta(hours=4)


@settings(max_examples=2)
@given(seed=seeds, hour=st.integers(min_value=0, max_value=13))
def test_nights_and_weekends_do_not_page(seed: int, hour: int) -> None:
    # It falls silent on Friday evening or in the night after.
    silent_from = datetime(2026, 6, 12, 18, tzinfo=LONDON) + timedelta(hours=hour)
    start = silent_from - timedelta(weeks=8)
    arrivals = [at for at in written(office_hours(10), start, silent_from, seed=seed) if at < silent_from]

    (kind, when), *_ = alerts(arrivals, silent_from, silent_from + timedelta(days=4))

    local = when.astimezone(LONDON)
    assert (kind, local.weekday()) == ("silent", 0)
    assert 8 <= local.hour < 18


@settings(max_examples=2)
@given(seed=seeds)
def test_a_public_holiday_is_like_a_sunday(seed: int) -> None:
    # The last Monday of August 2026: nobody writes.
    arrivals = written(office_hours(10), utc(2026, 7, 1), utc(2026, 9, 2), seed=seed)

    assert alerts(arrivals, utc(2026, 8, 30), utc(2026, 9, 1, 12)) == []


@settings(max_examples=2)
@given(seed=seeds, gone=st.sets(st.integers(min_value=0, max_value=7), min_size=1, max_size=2))
def test_weeks_in_which_nothing_was_taken_in_do_not_teach_silence(seed: int, gone: set[int]) -> None:
    end = utc(2026, 6, 15)
    start = end - timedelta(weeks=8)
    arrivals = [
        at
        for at in written(office_hours(10), start, end, seed=seed)
        if (at - start) // timedelta(weeks=1) not in gone or at < start + timedelta(hours=12)
    ]
    now = utc(2026, 6, 12, 15)

    assert learnt(arrivals, now).missed(now - timedelta(hours=6), now) > 0


@settings(max_examples=2)
@given(seed=seeds, busy=st.sampled_from([0.0, 0.5, 5.0, 40.0]))
def test_a_channel_that_shouts_is_heard_within_the_hour(seed: int, busy: float) -> None:
    end = utc(2026, 6, 17, 10)
    arrivals = written(office_hours(busy, quiet=0.05), end - timedelta(weeks=8), end, seed=seed)
    crowd = [end + timedelta(seconds=20 * number) for number in range(int(6 * busy) + 20)]

    found = alerts([*arrivals, *crowd], end - timedelta(hours=2), end + timedelta(hours=3))

    surges = [when for kind, when in found if kind == "surge"]
    assert len(surges) == 1
    assert surges[0] - end <= HOUR


def test_one_and_the_same_surge_is_one_alert() -> None:
    baseline = learnt(written(office_hours(5), utc(2026, 4, 1), utc(2026, 6, 1), seed=1), utc(2026, 6, 1))
    now = utc(2026, 6, 2, 12)
    begins = next(count for count in range(1_000) if baseline.is_surge(count, now))

    assert baseline.is_surge(begins - 3, now, goes_on=True)
    assert not baseline.is_surge(begins // 2, now, goes_on=True)


@pytest.mark.parametrize(("days", "is_judged"), [(20, False), (21, True)])
def test_nothing_is_said_before_there_are_three_weeks(days: int, is_judged: bool) -> None:
    now = utc(2026, 6, 15, 12)
    first = now - timedelta(days=days)

    found = learn({first.replace(minute=0): 5}, first=first, now=now, calendar=CALENDAR)

    assert (found is not None) is is_judged


def test_a_channel_that_hardly_speaks_is_not_missed() -> None:
    now = utc(2026, 6, 15, 12)
    arrivals = written(office_hours(0.1), now - timedelta(weeks=8), now, seed=7)

    assert learnt(arrivals, now).missed(now - timedelta(days=3), now) == 0


def test_who_writes_in_bursts_is_missed_later() -> None:
    now = utc(2026, 6, 12, 17)
    start = now - timedelta(weeks=8)
    regular = written(office_hours(10), start, now, seed=3)
    # The same number, but each time five at once.
    bursts = [at for at in written(office_hours(2), start, now, seed=3) for _ in range(5)]

    assert learnt(bursts, now).dispersion > 2 * learnt(regular, now).dispersion
    assert not learnt(bursts, now).missed(now - timedelta(hours=1, minutes=30), now)
    assert learnt(regular, now).missed(now - timedelta(hours=2, minutes=30), now)


@given(
    pattern=st.lists(st.integers(min_value=0, max_value=500), min_size=1, max_size=100),
    days=st.integers(min_value=21, max_value=40),
    minutes=st.integers(min_value=0, max_value=365 * 24 * 60),
    hours=st.integers(min_value=0, max_value=400),
)
@settings(max_examples=15)
def test_whatever_came_there_is_a_number_for_it(pattern: list[int], days: int, minutes: int, hours: int) -> None:
    now = utc(2026, 1, 1) + timedelta(minutes=minutes)
    counts = [pattern[number % len(pattern)] for number in range(24 * days)]
    first = now - len(counts) * HOUR
    hour = first.replace(minute=0, second=0, microsecond=0)
    baseline = learn(
        {hour + number * HOUR: count for number, count in enumerate(counts)}, first=first, now=now, calendar=CALENDAR
    )

    assert baseline is not None
    assert baseline.expected(now - hours * HOUR, now) >= 0
    assert 1 <= baseline.dispersion <= 10
    assert baseline.missed(now, now) == 0


def test_expected_is_the_sum_of_its_parts() -> None:
    baseline = learnt(written(office_hours(9), utc(2026, 1, 1), utc(2026, 3, 30), seed=5), utc(2026, 3, 29, 12))
    start, middle, end = utc(2026, 3, 25, 7, 13), utc(2026, 3, 27, 9, 31), utc(2026, 3, 30, 16, 2)

    whole = baseline.expected(start, end)

    assert whole == pytest.approx(baseline.expected(start, middle) + baseline.expected(middle, end))
    assert whole > 0

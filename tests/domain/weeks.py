"""Weeks that were made up: who writes when, by chance, with a seed of their own."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from amends.domain.baseline import HOUR
from amends.domain.clock import Calendar

LONDON = ZoneInfo("Europe/London")
HOLIDAY = date(2026, 8, 31)
CALENDAR = Calendar(name="test", zone=LONDON, holiday_on=lambda day: "Summer bank holiday" if day == HOLIDAY else None)

#: How many come in an hour, by what the clock on the wall says.
Rate = Callable[[datetime], float]


def office_hours(busy: float, *, quiet: float = 0.0) -> Rate:
    """Speak on working days from 8 to 18."""

    def rate(at: datetime) -> float:
        local = at.astimezone(LONDON)
        is_open = 8 <= local.hour < 18 and local.weekday() < 5 and local.date() != HOLIDAY
        return busy if is_open else quiet

    return rate


def written(rate: Rate, start: datetime, end: datetime, *, seed: int) -> list[datetime]:
    """Make arrivals up between two moments, by chance (a Poisson process), in order."""
    drawn = random.Random(seed)  # noqa: S311
    found, at = [], start
    while at < end:
        expected, moment = rate(at), at
        while expected > 0:
            moment += timedelta(seconds=drawn.expovariate(expected) * 3600)
            if moment >= min(at + HOUR, end):
                break
            found.append(moment)
        at += HOUR
    return found


def by_hour(arrivals: Sequence[datetime], *, until: datetime) -> Counter[datetime]:
    return Counter(at.replace(minute=0, second=0, microsecond=0) for at in arrivals if at <= until)


def utc(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[arg-type, misc]

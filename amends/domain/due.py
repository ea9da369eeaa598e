"""When things are due, as people plan by it: overdue, today, this week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum


class Due(StrEnum):
    """Which cases to show by when they are due. What is due today is due this week too; what is overdue is neither."""

    OVERDUE = "overdue"
    TODAY = "today"
    WEEK = "week"

    @property
    def says(self) -> str:
        """How pages call it."""
        return {"overdue": "overdue", "today": "due today", "week": "due this week"}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """A moment, with the last moments of its day and of its week (which ends with Sunday)."""

    now: datetime
    day_ends: datetime
    week_ends: datetime

    def span(self, due: Due) -> tuple[datetime | None, datetime]:
        """Give from when until when (both included) something is due; None where it has no beginning."""
        if due is Due.OVERDUE:
            return None, self.now - timedelta(microseconds=1)
        return self.now, self.day_ends if due is Due.TODAY else self.week_ends


def horizon(now: datetime, zone: tzinfo) -> Horizon:
    """Look from a moment, by the days of a time zone."""
    today = now.astimezone(zone).date()
    ends = [
        datetime.combine(day, time.max, tzinfo=zone).astimezone(UTC)
        for day in (today, today + timedelta(days=6 - today.weekday()))
    ]
    return Horizon(now=now, day_ends=ends[0], week_ends=ends[1])

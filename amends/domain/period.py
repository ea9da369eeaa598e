"""A stretch of whole days in one time zone, cut into days or weeks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

#: The longest stretch that is cut, in days, and the longest that is cut into days.
DAYS_AT_MOST, SINGLE_DAYS_AT_MOST = 731, 92
_FIRST_YEAR, _LAST_YEAR = 1970, 9000


class Step(StrEnum):
    """What a period is cut into. A week begins on Monday."""

    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The days from `first` to `last`, both of them counted, as they begin and end in `zone`."""

    first: date
    last: date
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a period ends after it begins: {self.last} is before {self.first}")
        if self.first.year < _FIRST_YEAR or self.last.year > _LAST_YEAR:
            raise ValueError(f"a period lies between {_FIRST_YEAR} and {_LAST_YEAR}")
        if (self.last - self.first).days >= DAYS_AT_MOST:
            raise ValueError(f"a period has {DAYS_AT_MOST} days at most")

    @property
    def since(self) -> datetime:
        """Its first moment."""
        return _begin(self.first, self.zone)

    @property
    def until(self) -> datetime:
        """The first moment after it."""
        return _begin(self.last + timedelta(days=1), self.zone)

    @property
    def usual_step(self) -> Step:
        """Into what it is cut where nobody says: days as long as they can be told apart."""
        return Step.DAY if (self.last - self.first).days < 35 else Step.WEEK

    def cut(self, step: Step) -> list[Period]:
        """Cut it; the first and the last week may be short.

        Raises:
            ValueError: it is too long for single days.
        """
        if step is Step.DAY and (self.last - self.first).days >= SINGLE_DAYS_AT_MOST:
            raise ValueError(f"by day, a period has {SINGLE_DAYS_AT_MOST} days at most; count it by week")
        return list(self._pieces(step))

    def _pieces(self, step: Step) -> Iterator[Period]:
        day = self.first
        while day <= self.last:
            last = day if step is Step.DAY else min(day + timedelta(days=6 - day.weekday()), self.last)
            yield Period(first=day, last=last, zone=self.zone)
            day = last + timedelta(days=1)


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)

"""What is usual on a channel, hour by hour of the week, and when it is unusually silent or loud. Pure.

1. It is learnt from the arrivals of the last eight weeks, by weekday and hour in the zone of
   the installation. A public holiday is like a Sunday. Where clocks are set back an hour
   comes twice and both count; where they are set forward one is missing, and is missed.
2. Nothing is said before there are three whole weeks.
3. What is usual in an hour is the mean of the middle half of its samples: a week in which
   nothing was taken in, or in which everybody wrote, does not move it.
4. Silence is measured in what should have come since the last arrival. Ten messages that
   did not come are no chance where they come one by one; where they come in bursts it
   takes as many more as the channel scatters more. Hours in which nothing is usual add
   nothing: a night never makes an alert.
5. A surge is an hour with three times the usual and far beyond its scatter.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from statistics import median

from amends.domain.clock import Calendar

HOUR = timedelta(hours=1)
LEARNT_FROM = timedelta(weeks=8)
LEARNT_FROM_AT_LEAST = timedelta(weeks=3)
#: Samples of an hour of the week without which nothing is said of it.
_SAMPLES_AT_LEAST = 3
#: Less than so many in an hour is nothing: a channel that hardly speaks is not missed by the hour.
_HARDLY = 0.2
_MISSED, _SILENT_AT_LEAST = 10.0, timedelta(minutes=30)
_TIMES, _SCATTERS, _AT_LEAST = 3.0, 6.0, 12
#: A surge ends below this share of what begins one.
_ENDS_BELOW = 0.6
#: By how much more than chance a channel may scatter.
_DISPERSION_AT_MOST = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What is usual: `rates` by weekday (0 is Monday) and local hour. `dispersion` is 1 where chance alone rules."""

    calendar: Calendar
    rates: Mapping[tuple[int, int], float]
    dispersion: float

    def expected(self, since: datetime, until: datetime) -> float:
        """Say how many usually come between two moments."""
        total, at = 0.0, since
        while at < until:
            end = min(_whole_hour(at) + HOUR, until)
            total += self.rates.get(_slot(at, self.calendar), 0.0) * ((end - at) / HOUR)
            at = end
        return total

    def missed(self, last: datetime, now: datetime) -> float:
        """Say how many should have come since the last arrival, if that is too many to be chance; 0 where it is not."""
        expected = self.expected(last, now)
        is_silence = expected >= _MISSED * self.dispersion and now - last >= _SILENT_AT_LEAST
        return expected if is_silence else 0.0

    def is_surge(self, count: int, now: datetime, *, goes_on: bool = False) -> bool:
        """Whether so many within the last hour are unusual; `goes_on` says that they were a moment ago."""
        usual = self.expected(now - HOUR, now)
        needed = max(_AT_LEAST, _TIMES * usual, usual + _SCATTERS * math.sqrt(self.dispersion * max(usual, 1.0)))
        return count >= needed * (_ENDS_BELOW if goes_on else 1.0)

    def speaks(self, now: datetime) -> bool:
        """Whether anything is usual in this hour."""
        return self.rates.get(_slot(now, self.calendar), 0.0) > 0


def learn(by_hour: Mapping[datetime, int], *, first: datetime, now: datetime, calendar: Calendar) -> Baseline | None:
    """Learn what is usual from the number of arrivals in each whole hour of UTC; None where there is too little of it.

    `first` is the first arrival there ever was; an hour that is not named had none.
    """
    if now - first < LEARNT_FROM_AT_LEAST:
        return None
    samples: dict[tuple[int, int], list[int]] = defaultdict(list)
    at = _whole_hour(max(first + HOUR, now - LEARNT_FROM))
    while at + HOUR <= now:
        samples[_slot(at, calendar)].append(by_hour.get(at, 0))
        at += HOUR
    rates = {slot: _usual(found) for slot, found in samples.items() if len(found) >= _SAMPLES_AT_LEAST}
    return Baseline(
        calendar=calendar,
        rates={slot: rate for slot, rate in rates.items() if rate >= _HARDLY},
        dispersion=_dispersion([samples[slot] for slot, rate in rates.items() if rate >= 1]),
    )


def _usual(samples: Sequence[int]) -> float:
    ordered = sorted(samples)
    # Of three to seven samples one at each end is left out, of eight two.
    left_out = max(1, len(ordered) // 4)
    middle = ordered[left_out : len(ordered) - left_out]
    return sum(middle) / len(middle)


def _dispersion(samples: Sequence[Sequence[int]]) -> float:
    """Say how much more than chance arrivals scatter, by the hours in which some are usual."""
    found = []
    for one in samples:
        middle = median(one)
        scatter = 1.4826 * median(abs(count - middle) for count in one)
        found.append(scatter**2 / max(middle, 1.0))
    return min(max(1.0, median(found)), _DISPERSION_AT_MOST) if found else 1.0


def _whole_hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _slot(at: datetime, calendar: Calendar) -> tuple[int, int]:
    local = at.astimezone(calendar.zone)
    return _weekday(local.date(), calendar), local.hour


@lru_cache(4096)
def _weekday(day: date, calendar: Calendar) -> int:
    return 6 if calendar.holiday_on(day) else day.weekday()

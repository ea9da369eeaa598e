"""Clocks: deadlines that can explain themselves.

A rule (from a dated, cited policy pack) says how long something may take, in which
unit, counted from which event. Starting a clock counts it out and keeps each step
of the count, so that "why this date?" has an answer. No clock reads the time: the
caller says when it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from amends.domain.message import require_zone
from amends.domain.verdict import FlagName, Kind, Severity

#: Names the public holiday on a day, or gives None.
HolidayOn = Callable[[date], str | None]


class ClockKind(StrEnum):
    """What is due."""

    ACKNOWLEDGEMENT = "acknowledgement"
    RESPONSE = "response"
    UPDATE = "update"
    RIGHTS_REQUEST = "rights_request"


class Anchor(StrEnum):
    """The event that a rule counts from."""

    RECEIPT = "receipt"
    ACKNOWLEDGEMENT = "acknowledgement"


class Unit(StrEnum):
    """What a rule counts in."""

    HOURS = "hours"
    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    MONTHS = "months"


class Roll(StrEnum):
    """What happens when a count in days or months ends on a day off."""

    NONE = "none"
    NEXT_WORKING_DAY = "next_working_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One deadline of a policy pack.

    It applies to a case whose kind is among those named, whose severity is among
    those named (none named: any), and with one of the flags named (likewise).
    `source` cites the text it comes from and `checked_on` says when that was last read.
    """

    id: str
    clock: ClockKind
    anchor: Anchor
    kinds: frozenset[Kind]
    severities: frozenset[Severity]
    flags: frozenset[FlagName]
    quantity: int
    unit: Unit
    roll: Roll
    source: str
    checked_on: date

    def __post_init__(self) -> None:
        if self.quantity < 1:
            raise ValueError(f"rule {self.id}: a deadline lies ahead, so its quantity is at least 1")
        if not self.source:
            raise ValueError(f"rule {self.id}: a rule cites its source")

    def applies_to(self, kind: Kind, severity: Severity | None, flags: Collection[FlagName]) -> bool:
        """Whether a case of this kind and severity, with these flags, is under this rule."""
        return (
            kind in self.kinds
            and (not self.severities or severity in self.severities)
            and (not self.flags or not self.flags.isdisjoint(flags))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The days on which a place works, and the zone in which its days begin and end."""

    name: str
    zone: ZoneInfo
    holiday_on: HolidayOn

    def day_off(self, day: date) -> str | None:
        """Say why nobody works on a day: its weekend name or its holiday; None on a working day."""
        if day.weekday() >= 5:
            return f"{day:%A}"
        return self.holiday_on(day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A dated set of rules and the calendar they are counted by."""

    name: str
    version: str
    rules: tuple[Rule, ...]
    calendar: Calendar

    @property
    def edition(self) -> str:
        """Name the pack and its very rules: others have another edition, whatever their author calls them."""
        told = [
            f"{rule.id} {rule.clock} {rule.anchor} {sorted(rule.kinds)} {sorted(rule.severities)} {sorted(rule.flags)} "
            f"{rule.quantity} {rule.unit} {rule.roll} {rule.source}"
            for rule in self.rules
        ]
        rules = "\n".join((self.calendar.name, self.calendar.zone.key, *told))
        return f"{self.name} {self.version} ({hashlib.sha256(rules.encode()).hexdigest()[:8]})"

    def start(
        self,
        anchor: Anchor,
        *,
        case_id: str,
        kind: Kind,
        severity: Severity | None,
        flags: Collection[FlagName],
        at: datetime,
    ) -> list[Clock]:
        """Start every clock that an event starts; of several rules for one clock, the one that is due first."""
        due: dict[ClockKind, Clock] = {}
        for rule in self.rules:
            if rule.anchor is anchor and rule.applies_to(kind, severity, flags):
                clock = start_clock(rule, self.calendar, case_id=case_id, anchor=_ANCHOR_SAYS[anchor], at=at)
                if rule.clock not in due or clock.due_at < due[rule.clock].due_at:
                    due[rule.clock] = clock
        return list(due.values())


_ANCHOR_SAYS = {Anchor.RECEIPT: "received", Anchor.ACKNOWLEDGEMENT: "acknowledged"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One running or stopped deadline of one case.

    `steps` tell the count, a sentence each. `due_at` is the last moment that is
    in time. `stopped_at` is when the thing was done.
    """

    case_id: str
    kind: ClockKind
    rule_id: str
    source: str
    anchor: str
    started_at: datetime
    due_at: datetime
    steps: tuple[str, ...]
    stopped_at: datetime | None = None

    def __post_init__(self) -> None:
        require_zone("started_at", self.started_at)
        require_zone("due_at", self.due_at)
        require_zone("stopped_at", self.stopped_at)
        if self.due_at <= self.started_at:
            raise ValueError("a clock ends after it starts")

    def is_overdue(self, now: datetime) -> bool:
        """Whether its thing is not done and its time is up."""
        return self.stopped_at is None and now > self.due_at


_END_OF_DAY = time(23, 59, 59)


def start_clock(rule: Rule, calendar: Calendar, *, case_id: str, anchor: str, at: datetime) -> Clock:
    """Count a rule out from a moment. `anchor` names the event that the count starts at."""
    require_zone("at", at)
    local = at.astimezone(calendar.zone)
    steps = [f"{anchor} on {local:%a %d %b %Y at %H:%M} ({calendar.name})"]
    if rule.unit is Unit.HOURS:
        # In UTC: added to a local time, hours would be those on the wall.
        due = at.astimezone(UTC) + timedelta(hours=rule.quantity)
        steps.append(f"{rule.quantity} hours later")
    else:
        day, told = _count_days(rule, calendar, local.date())
        steps += told
        due = datetime.combine(day, _END_OF_DAY, tzinfo=calendar.zone)
    steps.append(f"due {due.astimezone(calendar.zone):%a %d %b %Y at %H:%M} by {rule.id}: {rule.source}")
    return Clock(
        case_id=case_id,
        kind=rule.clock,
        rule_id=rule.id,
        source=rule.source,
        anchor=anchor,
        started_at=at,
        due_at=due,
        steps=tuple(steps),
    )


@lru_cache(maxsize=1_024)
def _count_days(rule: Rule, calendar: Calendar, first: date) -> tuple[date, tuple[str, ...]]:
    """Count a rule out from a day: the last day, and how that came about. Most clocks of a day begin on that day."""
    steps = []
    if rule.unit is Unit.WORKING_DAYS:
        day, left = first, rule.quantity
        while left:
            day += timedelta(days=1)
            off = calendar.day_off(day)
            if off is None:
                left -= 1
            else:
                steps.append(f"{day:%a %d %b} does not count: {off}")
        steps.append(f"{rule.quantity} working days, counted from the day after")
        return day, tuple(steps)
    if rule.unit is Unit.CALENDAR_DAYS:
        day = first + timedelta(days=rule.quantity)
        steps.append(f"{rule.quantity} days, counted from the day after")
    else:
        day = _months_later(first, rule.quantity)
        steps.append(f"{rule.quantity} months: the same date, or the last of the month")
    if rule.roll is Roll.NEXT_WORKING_DAY:
        while (off := calendar.day_off(day)) is not None:
            steps.append(f"{day:%a %d %b} is no working day ({off}): the next one counts")
            day += timedelta(days=1)
    return day, tuple(steps)


def _months_later(day: date, months: int) -> date:
    index = day.month - 1 + months
    year, month = day.year + index // 12, index % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(day.day, last))

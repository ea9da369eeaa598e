"""How a time is said to a person: how long ago or how soon, with the exact time behind it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def distance(at: datetime, now: datetime) -> str:
    """Say how far a time is from now: `3 hours ago`, `in 2 days`, `just now`."""
    seconds = abs((at - now).total_seconds())
    if seconds < _MINUTE:
        return "just now"
    count, unit = _largest(seconds)
    said = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"in {said}" if at > now else f"{said} ago"


def exact(at: datetime, zone: ZoneInfo) -> str:
    """Write a time in full, in the office's zone: `Mon 23 Nov 2026, 09:00 GMT`."""
    here = at.astimezone(zone)
    return f"{here:%a} {here.day} {here:%b %Y, %H:%M %Z}"


def time_element(at: datetime, now: datetime, zone: ZoneInfo) -> Markup:
    """Write a time as an element that says how far it is and, on hover and focus, when exactly."""
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(timespec="seconds"), exact(at, zone), distance(at, now)
    )


def _largest(seconds: float) -> tuple[int, str]:
    if seconds < _HOUR:
        return int(seconds // _MINUTE), "minute"
    if seconds < _DAY:
        return int(seconds // _HOUR), "hour"
    days = timedelta(seconds=seconds).days
    if days < 14:
        return days, "day"
    if days < 70:
        return days // 7, "week"
    return (days // 30, "month") if days < 730 else (days // 365, "year")

"""A clock that stands still until a test turns it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

#: A working day without a holiday near it.
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class FakeClock:
    """Says the time that a test sets. It is called like the clock it stands in for (`amends.ports.Now`)."""

    def __init__(self, at: datetime = MONDAY) -> None:
        self.time = at

    def __call__(self) -> datetime:
        return self.time

    def now(self) -> datetime:
        return self.time

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
        self.time += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return self.time

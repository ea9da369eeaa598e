"""Counts of the queue: fresh where they cost nothing, beside the pages where they are dear."""

from __future__ import annotations

import time
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from amends.desk.queue.standing import Standing
from amends.domain.due import horizon
from amends.errors import Unavailable

AT = horizon(datetime(2026, 11, 2, 12, tzinfo=UTC), ZoneInfo("Europe/London"))


class Counter:
    """Counts how often it was asked to count."""

    def __init__(self, takes_s: float) -> None:
        self.takes_s = takes_s
        self.times = 0
        self.is_down = False

    def __call__(self, *_: object) -> Any:
        time.sleep(self.takes_s)
        if self.is_down:
            raise Unavailable("the database is away")
        self.times += 1
        return self.times


def a_standing(counter: Counter) -> Standing:
    return Standing(lambda: nullcontext(), count=counter)


def shown(standing: Standing) -> object:
    return standing.counts(AT)


def test_a_short_queue_is_counted_anew_after_each_change() -> None:
    standing = a_standing(Counter(0.0))
    assert shown(standing) == 1
    standing.forget()
    assert shown(standing) == 2


def test_no_page_waits_for_a_long_queue_to_be_counted_again() -> None:
    counter = Counter(0.2)
    standing = a_standing(counter)
    assert shown(standing) == 1
    assert shown(standing) == 1
    standing.forget()
    assert shown(standing) == 1
    until = time.monotonic() + 10
    while shown(standing) == 1 and time.monotonic() < until:
        time.sleep(0.02)
    assert shown(standing) == 2
    assert counter.times == 2


def test_a_count_that_fails_beside_the_pages_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    counter = Counter(0.1)
    standing = a_standing(counter)
    shown(standing)
    standing.forget()
    counter.is_down = True
    assert shown(standing) == 1
    until = time.monotonic() + 10
    while "could not be counted" not in caplog.text and time.monotonic() < until:
        time.sleep(0.02)
    counter.is_down = False
    while shown(standing) == 1 and time.monotonic() < until:
        time.sleep(0.02)
    assert shown(standing) == 2

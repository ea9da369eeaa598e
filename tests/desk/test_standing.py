"""Counts of the queue: fresh where they cost nothing, beside the pages where they are dear."""

from __future__ import annotations

import time
from contextlib import nullcontext
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from amends.desk.queue import standing as module
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

    def __call__(self, *_: object) -> int:
        time.sleep(self.takes_s)
        if self.is_down:
            raise Unavailable("the database is away")
        self.times += 1
        return self.times


@pytest.fixture
def standing() -> Standing:
    return Standing(lambda: nullcontext())


def counting(monkeypatch: pytest.MonkeyPatch, takes_s: float) -> Counter:
    counter = Counter(takes_s)
    monkeypatch.setattr(module, "count_open", counter)
    return counter


def shown(standing: Standing) -> object:
    return standing.counts(AT)


def test_a_short_queue_is_counted_anew_after_each_change(monkeypatch: pytest.MonkeyPatch, standing: Standing) -> None:
    counting(monkeypatch, 0.0)
    assert shown(standing) == 1
    standing.forget()
    assert shown(standing) == 2


def test_no_page_waits_for_a_long_queue_to_be_counted_again(
    monkeypatch: pytest.MonkeyPatch, standing: Standing
) -> None:
    counter = counting(monkeypatch, 0.2)
    assert shown(standing) == 1
    assert shown(standing) == 1
    standing.forget()
    assert shown(standing) == 1
    until = time.monotonic() + 10
    while shown(standing) == 1 and time.monotonic() < until:
        time.sleep(0.02)
    assert shown(standing) == 2
    assert counter.times == 2


def test_a_count_that_fails_beside_the_pages_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, standing: Standing, caplog: pytest.LogCaptureFixture
) -> None:
    counter = counting(monkeypatch, 0.1)
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

"""Looks at the database for all pages that are open, and tells each what is new to it.

One thread in the process looks every second or two, however many pages there are. It also
counts the places in the queue whose rank holds no more (`storage/places.py`).
"""

from __future__ import annotations

import asyncio
import logging
import threading
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from amends.errors import Unavailable
from amends.ports import Now
from amends.unit_of_work import UnitOfWork
from storage.news import filed_since, has_uncounted, last_filed

log = logging.getLogger(__name__)

#: How often to look, in seconds.
EVERY_S = 1.5
#: Pages at once that are kept up to date, in all and of one person.
STREAMS_AT_MOST, STREAMS_OF_ONE = 800, 20
#: So many messages are remembered; who looked before them is told of these.
_REMEMBERED = 20_000
#: Places counted in one transaction, and in one turn.
_COUNTED_AT_ONCE, _COUNTED_A_TURN = 300, 6_000


@dataclass(frozen=True, slots=True)
class News:
    """What came since somebody looked: cases, and messages to cases that were there."""

    cases: int = 0
    messages: int = 0


class NewsDesk:
    """Tells open pages what is new."""

    def __init__(
        self,
        *,
        viewing: Callable[[], AbstractContextManager[Any]],
        unit: Callable[[], AbstractContextManager[UnitOfWork]],
        now: Now,
        every_s: float = EVERY_S,
        most: int = STREAMS_AT_MOST,
    ) -> None:
        self._viewing, self._unit, self._now = viewing, unit, now
        self._every_s, self._most = every_s, most
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._readers: dict[asyncio.Event, tuple[asyncio.AbstractEventLoop, str]] = {}
        self._opened: list[int] = []
        self._followed: list[int] = []
        self._last: int | None = None

    def start(self) -> None:
        """Begin to look, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="news", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more, and let every page's stream end."""
        self._stopping.set()
        self._wake()
        if self._thread is not None:
            self._thread.join(timeout=5)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be told."""
        return self._stopping.is_set()

    def has_room_for(self, person: str) -> bool:
        """Whether one more page of somebody can be kept up to date."""
        with self._lock:
            of_each = Counter(name for _, name in self._readers.values())
        return not self.is_over and of_each.total() < self._most and of_each[person] < STREAMS_OF_ONE

    @contextmanager
    def reading(self, person: str) -> Iterator[asyncio.Event]:
        """Give an event that is set when there is news. To be used within the loop that waits for it."""
        woken = asyncio.Event()
        with self._lock:
            self._readers[woken] = (asyncio.get_running_loop(), person)
        try:
            yield woken
        finally:
            with self._lock:
                self._readers.pop(woken, None)

    def since(self, number: int) -> News:
        """Say what came after the message of that number."""
        with self._lock:
            return News(
                cases=len(self._opened) - bisect_right(self._opened, number),
                messages=len(self._followed) - bisect_right(self._followed, number),
            )

    def look(self) -> bool:
        """Look once; gives whether anything came."""
        with self._viewing() as connection:
            if self._last is None:
                # Pages were opened before the first look: what they have seen is not remembered, so go back a little.
                self._last = max(0, last_filed(connection) - _REMEMBERED // 20)
            came = filed_since(connection, self._last)
        if not came:
            return False
        with self._lock:
            for number, opened in came:
                (self._opened if opened else self._followed).append(number)
            for numbers in (self._opened, self._followed):
                del numbers[:-_REMEMBERED]
        self._last = came[-1][0]
        return True

    def count_places(self) -> int:
        """Count the places whose rank holds no more, so that the next look at the queue need not."""
        counted = 0
        with self._viewing() as connection:
            if not has_uncounted(connection, self._now()):
                return 0
        while counted < _COUNTED_A_TURN and not self.is_over:
            with self._unit() as unit:
                done = unit.places.count(now=self._now(), limit=_COUNTED_AT_ONCE)
                unit.commit()
            counted += done
            if done < _COUNTED_AT_ONCE:
                break
        return counted

    def _run(self) -> None:
        is_down = False
        while not self._stopping.is_set():
            try:
                while self.look():
                    self._wake()
                self.count_places()
                is_down = False
            except Unavailable:
                if not is_down:
                    log.warning("the desk cannot look for news")
                is_down = True
            except Exception:
                # Pages work without news, and the next look may go well.
                log.exception("looking for news failed")
            self._stopping.wait(self._every_s)

    def _wake(self) -> None:
        with self._lock:
            readers = [(woken, loop) for woken, (loop, _) in self._readers.items()]
        for woken, loop in readers:
            # A loop that has ended meanwhile has no page that waits.
            if not loop.is_closed():
                loop.call_soon_threadsafe(woken.set)

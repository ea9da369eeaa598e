"""How often a password may be tried, so that nobody guesses one and nobody locks the owner out.

1. A try is taken before anything is computed; one that has to wait computes nothing.
2. Each wrong try from one address for one name makes the next wait longer, up to a
   quarter of an hour; so do wrong tries from one address for many names.
3. For one name, wrong tries from all addresses together are few a minute.
4. A browser that its owner has signed in with before is known by a cookie. It has a count of
   its own: what strangers try neither slows it down nor keeps it out.
5. Names that nobody has are treated like all others.

Counts are in memory, for one process. One that was forgotten only ever errs on the side of
whoever tries.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from amends.web.sender import one_sender

#: Wrong tries without a wait: for one name from one address, for all names from one address, in a known browser.
_FREE_FOR_PAIR, _FREE_FOR_ADDRESS, _FREE_FOR_BROWSER = 3, 10, 5
#: Tries for one name from all addresses that are not known: so many at once, then one in so long.
_ALL_AT_ONCE, _ALL_EVERY_S = 20, 60.0
_LONGEST_S = 900.0
#: So long after the last wrong try nothing is remembered of it.
_FORGOTTEN_AFTER = timedelta(hours=24)


@dataclass(slots=True)
class _Count:
    """Wrong tries in a row, and from when on the next one may be made."""

    tries: float
    at: datetime
    free_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One try that was let through: say with `Throttle.right` that it was a right one."""

    keys: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Throttle:
    """Counts tries. Safe to use from several threads."""

    most_kept: int = 50_000
    _counts: OrderedDict[tuple[str, str], _Count] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, name: str, address: str, now: datetime, *, browser: str = "") -> Try | float:
        """Take a try for `name`, or give the seconds to wait until there is one.

        `browser` is what a known browser is called; empty for all others.
        """
        sender = one_sender(address)
        if browser:
            frees = {("browser", f"{browser} {name}"): _FREE_FOR_BROWSER}
        else:
            frees = {("pair", f"{sender} {name}"): _FREE_FOR_PAIR, ("address", sender): _FREE_FOR_ADDRESS}
        with self._lock:
            counts = {key: self._count(key, now) for key in frees}
            every = None if browser else self._everybody(name, now)
            wait_s = max((count.free_from - now).total_seconds() for count in counts.values())
            if every is not None and every.tries > _ALL_AT_ONCE - 1:
                wait_s = max(wait_s, (every.tries - _ALL_AT_ONCE + 1) * _ALL_EVERY_S)
            if wait_s > 0:
                return wait_s
            for key, count in counts.items():
                count.tries += 1
                over = count.tries - frees[key]
                count.free_from = now + timedelta(seconds=min(_LONGEST_S, 2.0**over) if over >= 0 else 0)
                count.at = now
                self._keep(key, count)
            if every is not None:
                every.tries += 1
                self._keep(("name", name), every)
        return Try(keys=tuple(counts))

    def right(self, one: Try) -> None:
        """Say that a try was a right one: the row of wrong ones ends. That of an address only goes back by this one."""
        with self._lock:
            for key in one.keys:
                count = self._counts.get(key)
                if count is None:
                    continue
                if key[0] == "address":
                    count.tries = max(0.0, count.tries - 1)
                    count.free_from = count.at
                else:
                    del self._counts[key]

    def _count(self, key: tuple[str, str], now: datetime) -> _Count:
        found = self._counts.get(key)
        if found is None or now - found.at > _FORGOTTEN_AFTER:
            return _Count(0.0, now, now)
        return found

    def _everybody(self, name: str, now: datetime) -> _Count:
        """Give the tries for a name by all who are not known, less those that time has made good."""
        found = self._counts.get(("name", name)) or _Count(0.0, now, now)
        passed_s = max(0.0, (now - found.at).total_seconds())
        return _Count(max(0.0, found.tries - passed_s / _ALL_EVERY_S), now, now)

    def _keep(self, key: tuple[str, str], count: _Count) -> None:
        self._counts[key] = count
        self._counts.move_to_end(key)
        while len(self._counts) > self.most_kept:
            self._counts.popitem(last=False)

"""When a network is left alone, and for how long: the same for all of them.

1. Where the network says for how long it wants to be left alone, it is left alone so
   long, an hour at most; where it does not say, after pauses that grow to a quarter of an
   hour. The same holds after 5xx, time-outs and broken connections, with shorter pauses.
2. Until then whoever asks gets `Unavailable`, and the network gets no request.
3. Each kind of request has a gate of its own: where mentions are limited, replies go.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from amends.bus.backoff import Backoff
from amends.errors import InDoubt, Misconfigured, Unavailable
from amends.ports import Now

#: How a network answers when it is asked too often, and from where on its answers say that it is at fault itself.
TOO_MANY, SERVER_FAULTS = 429, 500
#: How a network answers to what it will never take.
REFUSALS = frozenset({400, 403, 404, 409, 410, 413, 422})
#: The pauses after being limited without a word on how long, and after anything else that failed.
_LIMITED = Backoff(least_s=30.0, first_s=60.0, most_s=900.0)
_FAILED = Backoff(least_s=1.0, first_s=2.0, most_s=120.0)
#: A refusal of our keys or our plan does not pass by itself.
_REFUSED = Backoff(least_s=30.0, first_s=60.0, most_s=900.0)
#: However far away a network says that it takes us again, we look after this time, and never at once.
_LEFT_ALONE_MOST_S, _LEFT_ALONE_LEAST_S = 3600.0, 5.0
_SECONDS = re.compile(r"[0-9]{1,15}")


class Reads(Protocol):
    """Counts the posts that were read."""

    def left(self) -> int:
        """Say how many posts may still be read in this month; 0 at least."""

    def spend(self, posts: int) -> None:
        """Count posts that were read."""


class Refusal(Exception):
    """A network has read what we want and does not take it. Nothing was posted. The words are its own, for a person."""

    def __init__(self, says: str, *, status: int) -> None:
        super().__init__(" ".join(says.split())[:300] or f"it answered {status}")
        self.status = status


class Limited(Exception):
    """It answered 429. `headers` may say for how long."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__("it answered 429")
        self.headers = headers


class OutOfOrder(Exception):
    """It answered with a fault of its own."""

    def __init__(self, status: int) -> None:
        super().__init__(f"it answered {status}")


class Gates:
    """The gates of one account on one network, which is called `network` in what a person reads.

    `left`, `reset` name the headers that say how many requests are left, and until when it wants to be left alone.
    """

    def __init__(self, network: str, *, left: str, reset: str, now: Now, chance: Callable[[], float]) -> None:
        self._network = network
        self._left = left
        self._reset = reset
        self._now = now
        self._chance = chance
        self._gates: dict[str, _Gate] = {}

    def check(self, what: str) -> None:
        """Refuse to ask too early.

        Raises:
            Unavailable: it is to be left alone for now.
        """
        gate = self._gate(what)
        if gate.until is not None and self._now() < gate.until:
            raise Unavailable(gate.says())

    def passes(self, what: str, headers: Mapping[str, str]) -> None:
        """Note that it answered, and whether that was the last time for a while."""
        gate = self._gate(what)
        gate.failures, gate.until = 0, None
        if headers.get(self._left) == "0":
            gate.until = told_to_wait(headers, self._now(), reset=self._reset)
            gate.because = f"{self._network} limits how often we may ask"

    def limited(self, what: str, why: Limited) -> Unavailable:
        """Leave it alone for as long as it says, or for a pause that grows; gives what to raise."""
        gate, now = self._gate(what), self._now()
        gate.failures += 1
        until = told_to_wait(why.headers, now, reset=self._reset)
        if until is None:
            until = now + timedelta(seconds=_LIMITED.pause_s(gate.failures, self._chance()))
        return gate.closed(until, f"{self._network} limits how often we may ask")

    def failed(self, what: str, why: Exception, says: str = "cannot be reached") -> Unavailable:
        """Leave it alone for a short pause that grows; gives what to raise."""
        return self._close(what, why, _FAILED, f"{self._network} {says}")

    def refused(self, what: str, why: Exception, says: str) -> Unavailable:
        """Leave it alone for a long pause: a person has to mend something; gives what to raise."""
        return self._close(what, why, _REFUSED, says)

    def in_doubt(self, what: str, why: Exception) -> InDoubt:
        """Note that it broke off while it was handed something; gives what to raise."""
        self._close(what, why, _FAILED, f"{self._network} broke off")
        return InDoubt(f"{self._network} was handed the {what} and never said what became of it ({short(why)})")

    def _close(self, what: str, why: Exception, pauses: Backoff, says: str) -> Unavailable:
        gate = self._gate(what)
        gate.failures += 1
        until = self._now() + timedelta(seconds=pauses.pause_s(gate.failures, self._chance()))
        return gate.closed(until, f"{says} ({short(why)})")

    def _gate(self, what: str) -> _Gate:
        return self._gates.setdefault(what, _Gate(what))


@dataclass(slots=True)
class _Gate:
    """One kind of request: since when it fails, and until when it is left alone."""

    what: str
    failures: int = 0
    until: datetime | None = None
    because: str = ""

    def closed(self, until: datetime, because: str) -> Unavailable:
        self.until, self.because = until, because
        return Unavailable(self.says())

    def says(self) -> str:
        when = f"{self.until:%H:%M:%S} UTC" if self.until is not None else "later"
        return f"{self.because}; {self.what}: asked again after {when}"


def told_to_wait(headers: Mapping[str, str], now: datetime, *, reset: str) -> datetime | None:
    """Give the moment until which a network wants to be left alone, within bounds; None if it says none to be read.

    `reset` names the header with a moment, in seconds since 1970 or by ISO 8601; `retry-after` holds seconds.
    """
    wait_s: float | None = None
    if _SECONDS.fullmatch(said := headers.get(reset, "").strip()):
        wait_s = int(said) - now.timestamp()
    elif (moment := _moment(said)) is not None:
        wait_s = (moment - now).total_seconds()
    elif _SECONDS.fullmatch(said := headers.get("retry-after", "").strip()):
        wait_s = float(said)
    if wait_s is None:
        return None
    return now + timedelta(seconds=min(max(wait_s, _LEFT_ALONE_LEAST_S), _LEFT_ALONE_MOST_S))


def short(why: Exception) -> str:
    """Say in a word what failed, without what the network wrote."""
    if isinstance(why, Limited | OutOfOrder):
        return str(why)
    status = getattr(getattr(why, "response", None), "status_code", None)
    return f"it answered {status}" if isinstance(status, int) else type(why).__name__


def protected(url: str, *, setting: str) -> str:
    """Give the address of an API, without a slash at its end, if keys may travel there.

    Raises:
        Misconfigured: they would go unprotected to another machine.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_this_machine(parts.hostname or "")):
        raise Misconfigured(f"{setting} ({url}) would send keys unprotected: write https://…")
    return url.rstrip("/")


def _moment(said: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

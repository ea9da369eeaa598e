"""How many forms one address and one network may send: a bucket of tokens each, in memory, never more than so many."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from threading import Lock

from amends.web.sender import network_of, one_sender
from ingest.web_form.settings import FormLimits


class Allowance:
    """Counts what each address and each network sends. Safe to use from several threads.

    A bucket that was forgotten is a full one, so forgetting only ever errs on the sender's side.
    """

    def __init__(self, limits: FormLimits) -> None:
        self._addresses = _Buckets(limits.forms_at_once, limits.seconds_per_form, limits.addresses_kept)
        self._networks = _Buckets(limits.network_forms_at_once, limits.network_seconds_per_form, limits.addresses_kept)
        self._lock = Lock()

    def take(self, address: str, now: datetime) -> float:
        """Take one form out of both buckets, or out of none; return 0, or the seconds to wait until there is one."""
        whose, of_network = one_sender(address), network_of(address)
        with self._lock:
            wait_s = max(self._addresses.wait_s(whose, now), self._networks.wait_s(of_network, now))
            if not wait_s:
                self._addresses.take(whose)
                self._networks.take(of_network)
        return wait_s

    def __len__(self) -> int:
        return len(self._addresses)


class _Buckets:
    def __init__(self, most: int, pace_s: float, kept: int) -> None:
        self._most, self._pace_s, self._kept = float(most), pace_s, kept
        self._left: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def wait_s(self, whose: str, now: datetime) -> float:
        """Fill a bucket up to now; return 0, or the seconds until there is one form in it."""
        left, counted_at = self._left.pop(whose, (self._most, now))
        # A clock that was set back must not take anything away.
        passed_s = max(0.0, (now - counted_at).total_seconds())
        left = min(self._most, left + passed_s / self._pace_s)
        self._left[whose] = (left, now)
        while len(self._left) > self._kept:
            self._left.popitem(last=False)
        return 0.0 if left >= 1 else (1 - left) * self._pace_s

    def take(self, whose: str) -> None:
        left, counted_at = self._left[whose]
        self._left[whose] = (left - 1, counted_at)

    def __len__(self) -> int:
        return len(self._left)

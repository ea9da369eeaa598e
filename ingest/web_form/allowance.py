"""How many forms one address may send: a bucket of tokens each, in memory, never more than so many buckets."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from threading import Lock

from amends.web.sender import one_sender
from ingest.web_form.settings import FormLimits


class Allowance:
    """Counts what each address sends. Safe to use from several threads.

    A bucket that was forgotten is a full one, so forgetting only ever errs on the sender's side.
    """

    def __init__(self, limits: FormLimits) -> None:
        self._limits = limits
        self._buckets: OrderedDict[str, tuple[float, datetime]] = OrderedDict()
        self._lock = Lock()

    def take(self, address: str, now: datetime) -> float:
        """Take one form out of the address's bucket; return 0, or the seconds to wait until there is one."""
        whose = one_sender(address)
        most, pace_s = float(self._limits.forms_at_once), self._limits.seconds_per_form
        with self._lock:
            left, counted_at = self._buckets.pop(whose, (most, now))
            # A clock that was set back must not take anything away.
            passed_s = max(0.0, (now - counted_at).total_seconds())
            left = min(most, left + passed_s / pace_s)
            wait_s = 0.0 if left >= 1 else (1 - left) * pace_s
            self._buckets[whose] = (left if wait_s else left - 1, now)
            while len(self._buckets) > self._limits.addresses_kept:
                self._buckets.popitem(last=False)
        return wait_s

    def __len__(self) -> int:
        return len(self._buckets)

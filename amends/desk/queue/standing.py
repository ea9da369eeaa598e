"""Keeps the counts of the queue: they are shown on each of its pages, and dear to make of a long one.

Counts are kept twenty times as long as they took, so counting costs at most a twentieth of
one processor, and those of a short queue are always fresh. While one request counts anew,
the others are shown what there is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from amends.domain.due import Horizon
from amends.domain.verdict import FlagName
from storage.counts import Counts, count_open

_KEPT_TIMES = 20
#: Older than this nothing is shown.
_KEPT_AT_MOST_S = 60.0


@dataclass(frozen=True, slots=True)
class _Kept:
    counts: Counts
    made_at: float
    took_s: float

    @property
    def age_s(self) -> float:
        return time.monotonic() - self.made_at


@dataclass(slots=True)
class Standing:
    """The counts of all cases, and of those with each flag that was asked for."""

    viewing: Callable[[], AbstractContextManager[Any]]
    _kept: dict[FlagName | None, _Kept] = field(default_factory=dict)
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def counts(self, at: Horizon, flag: FlagName | None = None) -> Counts:
        """Give the counts, made within the last minute."""
        kept = self._kept.get(flag)
        if kept is not None and kept.age_s < min(kept.took_s * _KEPT_TIMES, _KEPT_AT_MOST_S):
            return kept.counts
        if not self._counting.acquire(blocking=kept is None or kept.age_s > _KEPT_AT_MOST_S):
            assert kept is not None  # noqa: S101
            return kept.counts
        try:
            began = time.monotonic()
            with self.viewing() as connection:
                made = count_open(connection, at, flag)
            now = time.monotonic()
            self._kept[flag] = _Kept(made, now, now - began)
            return made
        finally:
            self._counting.release()

    def forget(self) -> None:
        """Count anew when asked next: somebody has changed what is counted here, and wants to see it."""
        self._kept.clear()

"""Keeps the counts of the queue: they are shown on each of its pages, and dear to make of a long one.

Counts are kept twenty times as long as they took, so counting costs at most a twentieth of
one processor. Those of a short queue are counted while its page waits, and always fresh. Those
of a long one are counted beside the pages, which show what there is meanwhile.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from amends.domain.due import Horizon
from amends.domain.verdict import FlagName
from amends.errors import AmendsError
from storage.counts import Counts, count_open

log = logging.getLogger(__name__)

_KEPT_TIMES = 20
#: Older than this nothing is shown.
_KEPT_AT_MOST_S = 60.0
#: What takes longer than this is counted beside the pages.
_WAITED_FOR_S = 0.05


@dataclass(slots=True)
class _Kept:
    counts: Counts
    made_at: float
    took_s: float
    #: Somebody has changed what is counted.
    is_past: bool = False

    @property
    def age_s(self) -> float:
        return time.monotonic() - self.made_at

    @property
    def is_fresh(self) -> bool:
        return not self.is_past and self.age_s < min(self.took_s * _KEPT_TIMES, _KEPT_AT_MOST_S)


@dataclass(slots=True)
class Standing:
    """The counts of all cases, and of those with each flag that was asked for."""

    viewing: Callable[[], AbstractContextManager[Any]]
    count: Callable[[Any, Horizon, FlagName | None], Counts] = count_open
    _kept: dict[FlagName | None, _Kept] = field(default_factory=dict)
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def counts(self, at: Horizon, flag: FlagName | None = None) -> Counts:
        """Give the counts, made within the last minute."""
        kept = self._kept.get(flag)
        if kept is not None and kept.is_fresh:
            return kept.counts
        if kept is None or kept.age_s > _KEPT_AT_MOST_S or kept.took_s <= _WAITED_FOR_S:
            with self._counting:
                # Another page may have counted while this one waited.
                now = self._kept.get(flag)
                return now.counts if now is not None and now.is_fresh else self._counted(at, flag)
        if self._counting.acquire(blocking=False):
            threading.Thread(target=self._count_beside, args=(at, flag), daemon=True).start()
        return kept.counts

    def forget(self) -> None:
        """Count anew when asked next: somebody has changed what is counted here, and wants to see it."""
        for kept in list(self._kept.values()):
            kept.is_past = True

    def _counted(self, at: Horizon, flag: FlagName | None) -> Counts:
        began = time.monotonic()
        with self.viewing() as connection:
            made = self.count(connection, at, flag)
        now = time.monotonic()
        self._kept[flag] = _Kept(made, now, now - began)
        return made

    def _count_beside(self, at: Horizon, flag: FlagName | None) -> None:
        try:
            self._counted(at, flag)
        except AmendsError:
            # The next page tries again, and says what is wrong when there is nothing left to show.
            log.warning("the queue could not be counted", exc_info=True)
        finally:
            self._counting.release()

"""Who else looks at a case now. It lives in this process's memory: who has gone is forgotten by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

#: Whose page has not been heard of for so long has gone; a page without JavaScript is heard of once.
_HEARD_WITHIN = timedelta(seconds=50)
_CASES_AT_MOST = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """One who looks at a case. `writes` says that they have begun to write."""

    name: str
    shown_as: str
    since: datetime
    heard_at: datetime
    writes: bool


@dataclass(slots=True)
class Presence:
    """Who looks at which case."""

    _cases: dict[str, dict[str, Looking]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def here(self, case_id: str, name: str, *, shown_as: str, writes: bool = False, at: datetime) -> Sequence[Looking]:
        """Note that somebody looks at a case; gives who else does, who came first first."""
        with self._lock:
            looking = self._still(case_id, at)
            before = looking.pop(name, None)
            others = sorted(looking.values(), key=lambda one: (one.since, one.name))
            looking[name] = Looking(
                name=name, shown_as=shown_as, since=before.since if before else at, heard_at=at, writes=writes
            )
            self._cases[case_id] = looking
            if len(self._cases) > _CASES_AT_MOST:
                self._cases = {key: still for key in self._cases if (still := self._still(key, at))}
            return others

    def _still(self, case_id: str, at: datetime) -> dict[str, Looking]:
        looking = self._cases.get(case_id, {})
        return {name: one for name, one in looking.items() if at - one.heard_at < _HEARD_WITHIN}

"""Whether a service is alive, and whether it can do its work.

Alive is a service whose loop comes round. A batch may take long, a pause too; only a
loop that has not moved for longer than its bound is dead, and whoever supervises it may
end it. Ready is a service that has what it needs and does not keep failing. One that is
alive but not ready is left alone: it goes on by itself when what it needs comes back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Event, Thread

from amends.errors import AmendsError

#: How long a loop may stand still, in seconds. A mail server may take ten minutes for its word on one mail (RFC 5321,
#: 4.5.3.2), and half a minute for each word before that; the loops of form and desk turn every second.
BOUND_S: Mapping[str, float] = {
    "ingest": 600.0,
    "relay": 300.0,
    "triage": 300.0,
    "respond": 300.0,
    "deliver": 1_200.0,
    "form": 60.0,
    "desk": 60.0,
    "webhooks": 300.0,
}
#: So long may something be unavailable before a service is no longer ready: a moment is no fault.
_PATIENCE_S = 5.0
#: After so long a check that has not come back counts as failed.
_NO_ANSWER_S = 30.0
_MOST_CHARS = 300


class Pulse:
    """What the loop of a service last did."""

    def __init__(self, *, bound_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._bound_s = bound_s
        self._clock = clock
        self._moves_by = clock() + bound_s
        self._failing: tuple[float, str] | None = None

    def works(self) -> None:
        """Note that a batch, or a piece of one, begins."""
        self._moves_by = self._clock() + self._bound_s

    def did(self) -> None:
        """Note that a batch was committed: what failed works again."""
        self._failing = None
        self.works()

    def rests(self, pause_s: float) -> None:
        """Note that all is well and the loop sleeps."""
        self._failing = None
        self._moves_by = self._clock() + pause_s + self._bound_s

    def waits(self, why: str, pause_s: float) -> None:
        """Note that something is unavailable and the loop sleeps."""
        now = self._clock()
        self._failing = (self._failing[0] if self._failing else now, why)
        self._moves_by = now + pause_s + self._bound_s

    @property
    def standstill(self) -> str:
        """Say that the loop stands still; empty while it moves."""
        over_s = self._clock() - self._moves_by
        return f"the loop has not moved for {self._bound_s + over_s:.0f} s" if over_s > 0 else ""

    @property
    def trouble(self) -> str:
        """Say what has been unavailable for a while; empty when all is well."""
        failing = self._failing
        for_s = self._clock() - failing[0] if failing else 0.0
        return f"failing for {for_s:.0f} s ({failing[1]})" if failing and for_s > _PATIENCE_S else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Something that a service needs. `look` raises when it cannot be used; it may take seconds to say so."""

    part: str
    look: Callable[[], None]
    every_s: float = 5.0


@dataclass(slots=True)
class _Found:
    fault: str = "not looked at yet"
    looking_since: float | None = None


class Checks:
    """Looks again and again on a thread of its own, so that whoever asks is answered at once."""

    def __init__(self, checks: Sequence[Check], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._found = {check.part: _Found() for check in checks}
        self._stopping = Event()
        self._threads = [Thread(target=self._run, args=(check,), daemon=True, name=check.part) for check in checks]

    def start(self) -> None:
        """Begin to look."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Look no longer; a look that hangs is left behind."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=2)

    def faults(self) -> dict[str, str]:
        """Say of each part why it cannot be used; empty where it can."""
        now = self._clock()
        return {part: self._fault(found, now) for part, found in self._found.items()}

    def _fault(self, found: _Found, now: float) -> str:
        since = found.looking_since
        if since is not None and now - since > _NO_ANSWER_S:
            return f"no answer for {now - since:.0f} s"
        return found.fault

    def _run(self, check: Check) -> None:
        found = self._found[check.part]
        while not self._stopping.is_set():
            found.looking_since = self._clock()
            try:
                check.look()
            except AmendsError as why:
                found.fault = " ".join(str(why).split())[:_MOST_CHARS]
            except Exception as why:
                found.fault = f"the check failed ({type(why).__name__})"
            else:
                found.fault = ""
            found.looking_since = None
            self._stopping.wait(check.every_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """A service's pulse and what it needs."""

    pulse: Pulse
    checks: Checks

    def faults(self) -> dict[str, str]:
        """Say of each part why the service is not ready; empty where it is."""
        return {**self.checks.faults(), "stage": self.pulse.trouble}

"""The brake: stops a stage that fails on most records, for then the fault is not theirs.

One brake holds for all partitions of a worker. The records that failed before it gripped
are dead letters, to be handed over again; all others stay where they are.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from amends.errors import AmendsError


class StageBroken(AmendsError):
    """Most records fail: the stage stops, because the fault is not theirs."""


@dataclass(slots=True)
class Brake:
    """Remembers how the last records went. It grips when most of at least `least` went wrong unexpectedly."""

    least: int = 20
    share: float = 0.5
    recent: deque[bool] = field(default_factory=lambda: deque(maxlen=200))

    @property
    def failed_share(self) -> float:
        """The share of the last records that failed; counted as if there were at least `least` of them."""
        return sum(self.recent) / max(len(self.recent), self.least)

    def recall(self, failures: int) -> None:
        """Begin with failures of an earlier life in mind: with enough of them, the next one makes it grip."""
        self.recent.extend([True] * min(failures, self.least))

    def note(self, *, failed: bool) -> None:
        """Remember one record.

        Raises:
            StageBroken: too many failed.
        """
        self.recent.append(failed)
        if failed and sum(self.recent) >= self.least and sum(self.recent) > self.share * len(self.recent):
            raise StageBroken(
                f"{sum(self.recent)} of the last {len(self.recent)} records failed: the stage has stopped, and what it "
                "has not done stays where it is. Those that failed are dead letters: see `amends dead list`, and the "
                "log for the first error. Mend it, start the stage again, then run `amends dead retry --all`"
            )

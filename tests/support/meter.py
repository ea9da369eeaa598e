"""A meter that remembers what it was told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass
class FakeMeter:
    """Remembers each call: outcomes by stage, batches with their ages, and what the loop said of itself."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    batches: list[tuple[str, int, list[float]]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    beats: list[str] = field(default_factory=list)

    def works(self) -> None:
        self.beats.append("works")

    def rests(self, pause_s: float) -> None:
        self.beats.append("rests")

    def waits(self, stage: str, why: str, pause_s: float) -> None:
        self.beats.append(f"waits: {why}")

    def did(
        self, stage: str, outcomes: Mapping[str, int], *, records: int, seconds: float, ages_s: Sequence[float] = ()
    ) -> None:
        assert seconds >= 0
        self.batches.append((stage, records, list(ages_s)))
        for outcome, count in outcomes.items():
            self.came_to(stage, outcome, count)

    def came_to(self, stage: str, outcome: str, count: int = 1) -> None:
        self.outcomes[stage, outcome] += count

    def lost_position(self, stage: str) -> None:
        self.lost.append(stage)

    def failing(self, stage: str, share: float) -> None:
        self.shares.append(share)

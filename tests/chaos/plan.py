"""When to kill what: drawn by chance from a seed, at shares of the work done."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

#: How often each kind is drawn, against the others.
_WEIGHTS = {"ingest": 1, "relay": 2, "triage": 3, "respond": 2, "deliver": 2}


@dataclass(slots=True)
class Plan:
    """The moments left, for each kind of process, as shares of that kind's work."""

    moments: dict[str, list[float]]

    @classmethod
    def drawn(cls, kills: int, kinds: Sequence[str], chance: random.Random) -> Plan:
        """Spread the kills over everything that runs, each kind at least once."""
        victims = list(kinds[:kills])
        victims += chance.choices(kinds, weights=[_WEIGHTS[kind] for kind in kinds], k=kills - len(victims))
        moments: dict[str, list[float]] = {kind: [] for kind in kinds}
        for victim in victims:
            moments[victim].append(chance.uniform(0.01, 0.95))
        return cls({kind: sorted(shares) for kind, shares in moments.items()})

    def due(self, kind: str, share: float) -> bool:
        """Take the next moment of a kind off the plan if its work has come so far."""
        if self.moments[kind] and self.moments[kind][0] <= share:
            self.moments[kind].pop(0)
            return True
        return False

    @property
    def is_empty(self) -> bool:
        """Whether all were killed that had to be."""
        return not any(self.moments.values())

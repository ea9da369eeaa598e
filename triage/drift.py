"""Whether triage judges otherwise than it did: the last month of each channel beside the three before it.

A share has drifted when it moved by more than chance explains (a two-proportion z-test) and by enough to matter. What
moved may be the customers, a source that is read otherwise, or the model; which, a person has to find out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

#: What is compared: these last days with so many before them.
LATELY, BEFORE = timedelta(days=30), timedelta(days=90)

#: Standard errors that are more than chance, and percentage points that matter.
Z, POINTS = 3.0, 5.0

#: Messages in each of the two spans from which on it is looked at all.
ENOUGH = 50


class Judged(Protocol):
    """How messages were judged in some days."""

    @property
    def count(self) -> int:
        """All of them."""

    @property
    def complaints(self) -> int:
        """Those called complaints."""

    @property
    def referred(self) -> int:
        """Those shown to a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A share of the messages of a channel that moved, in percent."""

    channel: str
    share: str
    before: float
    lately: float


def drifts(before: Mapping[str, Judged], lately: Mapping[str, Judged]) -> Iterator[Drift]:
    """Give what drifted; a channel with too few messages in one of the two spans is left out."""
    for channel in sorted(set(before) & set(lately)):
        old, new = before[channel], lately[channel]
        if min(old.count, new.count) < ENOUGH:
            continue
        for share, was, now in (
            ("called complaints", old.complaints, new.complaints),
            ("shown to a person", old.referred, new.referred),
        ):
            both = (was + now) / (old.count + new.count)
            error = math.sqrt(both * (1 - both) * (1 / old.count + 1 / new.count))
            moved = now / new.count - was / old.count
            if abs(moved) > Z * error and abs(moved) * 100 > POINTS:
                yield Drift(
                    channel=channel,
                    share=share,
                    before=round(100 * was / old.count, 1),
                    lately=round(100 * now / new.count, 1),
                )

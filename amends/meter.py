"""What a service tells of itself while it works, and how much of everything waits: the port of all figures.

Stages, runner, relay and intake are handed a `Meter` and tell it what they did, once it
is committed. They know nothing of what becomes of that; by default nothing does.
`docs/metrics.md` lists what comes of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Meter(Protocol):
    """Takes down what one process does. Its methods are quick, wait for nothing and never raise."""

    def works(self) -> None:
        """Note that a batch begins, or the next piece of a long one: the process is alive."""

    def rests(self, pause_s: float) -> None:
        """Note that all went well and there is nothing to do; it looks again after `pause_s` seconds."""

    def waits(self, stage: str, why: str, pause_s: float) -> None:
        """Note that something which a stage needs is unavailable; it tries again after `pause_s` seconds.

        `why` is the name of a kind of error: a word of the code, nothing that anybody wrote.
        """

    def did(
        self, stage: str, outcomes: Mapping[str, int], *, records: int, seconds: float, ages_s: Sequence[float] = ()
    ) -> None:
        """Note a batch that was committed.

        `outcomes` says how many things came to what, `records` how many the batch held and
        `seconds` how long it took. `ages_s` are the seconds from each record's publication to now.
        """

    def came_to(self, stage: str, outcome: str, count: int = 1) -> None:
        """Note what came of something that was committed outside of a batch."""

    def lost_position(self, stage: str) -> None:
        """Note that a batch was dropped because another worker did it."""

    def failing(self, stage: str, share: float) -> None:
        """Note what share of the stage's last records failed for no reason of their own, from 0 to 1."""


class NoMeter:
    """Takes nothing down."""

    def works(self) -> None:
        """Do nothing."""

    def rests(self, pause_s: float) -> None:
        """Do nothing."""

    def waits(self, stage: str, why: str, pause_s: float) -> None:
        """Do nothing."""

    def did(
        self, stage: str, outcomes: Mapping[str, int], *, records: int, seconds: float, ages_s: Sequence[float] = ()
    ) -> None:
        """Do nothing."""

    def came_to(self, stage: str, outcome: str, count: int = 1) -> None:
        """Do nothing."""

    def lost_position(self, stage: str) -> None:
        """Do nothing."""

    def failing(self, stage: str, share: float) -> None:
        """Do nothing."""


NO_METER: Meter = NoMeter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """How much of everything waits, as one moment of the database saw it.

    `lag` counts by stage and topic what the stage has not moved past; `unshipped` what
    the relay has not brought to the broker, the oldest of it published at
    `unshipped_since`. The others count by what their comments say.
    """

    lag: Mapping[tuple[str, str], int]
    unshipped: int
    unshipped_since: datetime | None
    #: By the stage that failed on them.
    dead_letters: Mapping[str, int]
    #: By the reason for which they were set aside.
    parked: Mapping[str, int]
    #: By state, those that somebody or something still has to act on.
    replies: Mapping[str, int]
    #: By kind.
    tasks: Mapping[str, int]
    #: Running clocks that are past their date, by kind.
    overdue: Mapping[str, int]
    #: Cases that wait for people, by the word of their severity, "none" where nobody gave one.
    cases: Mapping[str, int]
    #: Alerts about channels that have not ended, by channel and kind.
    channel_alerts: Mapping[tuple[str, str], int]

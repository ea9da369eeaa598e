"""Partitions that wait because something is unavailable, and the records at their heads.

What is remembered is remembered by one worker, in memory: a worker that starts again, or
takes a partition over, begins to count anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from amends.bus.backoff import Backoff
from amends.bus.port import Position

#: A batch that was unavailable so often is done record by record from then on.
BATCH_TRIES = 3
#: A record is given up after so many tries that count …
TRIES = 8
#: … and not before so many seconds have passed since the first of them.
PATIENCE_S = 300.0
#: What is unavailable is tried again after these pauses.
BACKOFF = Backoff(least_s=0.1, first_s=0.4, most_s=30.0)


@dataclass(slots=True)
class Wait:
    """The wait for the record at the head of a partition, or for the batch that begins with it.

    `tries` counts those that found it unavailable; `counted` those of them that say
    something about the record, because a neighbour went through, the first of them at
    `counted_since`. `passed` is how often something had gone through in the worker at the last try.
    """

    offset: int
    passed: int
    tries: int = 0
    counted: int = 0
    counted_since: float = 0.0
    until: float = 0.0

    @property
    def is_one_by_one(self) -> bool:
        """Whether the whole batch was tried often enough."""
        return self.tries >= BATCH_TRIES


class WaitingRoom:
    """The waits of one worker. `clock` gives seconds that never go back, `chance` a number in [0, 1)."""

    def __init__(self, clock: Callable[[], float], chance: Callable[[], float]) -> None:
        self._clock = clock
        self._chance = chance
        self._waits: dict[int, Wait] = {}

    def __len__(self) -> int:
        """Count the partitions that wait."""
        return len(self._waits)

    def keep(self, partitions: Collection[int]) -> None:
        """Forget the partitions that are no longer ours."""
        self._waits = {partition: wait for partition, wait in self._waits.items() if partition in partitions}

    def at(self, position: Position) -> Wait | None:
        """Give the wait at a position; one for another record is over, and forgotten."""
        wait = self._waits.get(position.partition)
        if wait is not None and wait.offset != position.next_offset:
            self.leave(position.partition)
            return None
        return wait

    def note(self, position: Position, *, counts: bool, passed: int) -> Wait:
        """Note a try that found what is at a position unavailable, and when to try it again."""
        wait = self.at(position) or Wait(offset=position.next_offset, passed=passed)
        now = self._clock()
        wait.tries += 1
        wait.passed = passed
        if counts:
            wait.counted_since = wait.counted_since if wait.counted else now
            wait.counted += 1
        wait.until = now + BACKOFF.pause_s(wait.tries, self._chance())
        self._waits[position.partition] = wait
        return wait

    def has_waited_enough(self, wait: Wait) -> bool:
        """Whether the record at its head may be given up."""
        return wait.counted >= TRIES and self._clock() - wait.counted_since >= PATIENCE_S

    def leave(self, partition: int) -> None:
        """End the wait of a partition."""
        self._waits.pop(partition, None)

    def pauses(self, partition: int) -> bool:
        """Whether a partition is to be left alone for now."""
        return self.pause_s(partition) > 0

    def pause_s(self, partition: int) -> float:
        """Say how long a partition is to be left alone, in seconds."""
        wait = self._waits.get(partition)
        return max(0.0, wait.until - self._clock()) if wait is not None else 0.0

    def shortest_s(self) -> float:
        """Say how long it is until the first of the partitions is to be tried again; 0 if none waits."""
        return min((self.pause_s(partition) for partition in self._waits), default=0.0)

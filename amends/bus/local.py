"""The log on one machine: stages read the table that publishing writes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

from amends.bus.port import Position, Record
from amends.ports import Now

#: How long a worker that says nothing keeps its share. Losing it costs work, never correctness.
CLAIM_TTL = timedelta(seconds=15)


class LogReader(Protocol):
    """The reading side of the log's table, within one transaction."""

    def position(self, group: str, topic: str, partition: int) -> Position:
        """Say where a group stands."""

    def read(self, position: Position, *, limit: int) -> list[Record]:
        """Give records from a position on."""

    def lag(self, group: str, topic: str) -> int:
        """Count what a group has not moved past."""

    def partitions_in_use(self, topic: str) -> int:
        """Say how many partitions hold records."""

    def live_workers(self, group: str, topic: str, worker: str, *, now: datetime, ttl: timedelta) -> list[str]:
        """Say that `worker` lives, and list all that do."""

    def count_workers(self, group: str, topic: str, *, now: datetime) -> int:
        """Count the workers that live."""

    def forget_worker(self, group: str, topic: str, worker: str) -> None:
        """Strike a worker off."""


class LogUnit(Protocol):
    """A transaction on the log's table."""

    @property
    def log(self) -> LogReader:
        """The table."""

    def commit(self) -> None:
        """Make what was written durable."""


class LogDatabase(Protocol):
    """Opens transactions on the log's table."""

    def unit(self) -> AbstractContextManager[LogUnit]:
        """One that writes."""

    def reading(self) -> AbstractContextManager[LogUnit]:
        """One that reads."""


class LocalLog:
    """The log as one table in the database of the cases. See `amends/bus/port.py` for what it promises."""

    rest_at_most_s = 1.0

    def __init__(self, database: LogDatabase, *, partitions: Mapping[str, int], now: Now) -> None:
        self._database = database
        self._partitions = partitions
        self._now = now
        self._claimed: dict[tuple[str, str, str], tuple[datetime, list[int]]] = {}

    def claim(self, group: str, topic: str, worker: str) -> list[int]:
        """Share the partitions out between live workers: each gets every n-th, by its place on the list.

        The list is read again after a third of a claim's time; in between, the last
        answer stands and the database is left alone.
        """
        now = self._now()
        renewed_at, mine = self._claimed.get((group, topic, worker), (None, []))
        # A clock that was set back would never come to renew it.
        if renewed_at is not None and timedelta(0) <= now - renewed_at < CLAIM_TTL / 3:
            return mine
        with self._database.unit() as unit:
            live = unit.log.live_workers(group, topic, worker, now=now, ttl=CLAIM_TTL)
            # Where there were more partitions once, what lies in them is still to be done.
            partitions = max(self._partitions[topic], unit.log.partitions_in_use(topic))
            unit.commit()
        mine = list(range(partitions))[live.index(worker) :: len(live)]
        self._claimed[group, topic, worker] = (now, mine)
        return mine

    def release(self, group: str, topic: str, worker: str) -> None:
        """Give up the worker's share."""
        self._claimed.pop((group, topic, worker), None)
        with self._database.unit() as unit:
            unit.log.forget_worker(group, topic, worker)
            unit.commit()

    def read(self, group: str, topic: str, partition: int, *, limit: int) -> tuple[Position, list[Record]]:
        """Give the group's position and the records from it on."""
        with self._database.reading() as unit:
            position = unit.log.position(group, topic, partition)
            return position, unit.log.read(position, limit=limit)

    def lag(self, group: str, topic: str) -> int:
        """Count what the group has not moved past."""
        with self._database.reading() as unit:
            return unit.log.lag(group, topic)

    def workers(self, group: str, topic: str) -> int:
        """Count the workers of a group that live."""
        with self._database.reading() as unit:
            return unit.log.count_workers(group, topic, now=self._now())

    def close(self) -> None:
        """Nothing to let go of: claims run out by themselves."""

"""The log as stages read it from Kafka. See `amends/bus/port.py` for what it promises.

1.  **Publishing is the table's.** A unit of work writes into the log's table, and the
    relay (`amends/bus/relay.py`) brings that to the broker. Nothing here writes.
2.  **Positions are the database's.** A group's position is the row that the unit of work
    moves by check-and-set. Nothing is ever committed to Kafka. A partition that comes to
    this worker is read from the mark that its position was moved with.
3.  **What comes twice is dropped by its offset**, and nothing is handed out behind a gap
    (`amends/bus/kafka/ready.py`). Offsets are the table's, which has none.
4.  **What the broker has lost is read from the table**: a topic that was cut or made anew,
    or a record on it that cannot be used, costs time, never a record.
5.  **A thread of its own keeps the membership** (`amends/bus/kafka/pump.py`). It polls
    whatever the stage does, so a slow batch costs no rebalance; a partition of which
    enough lies ready is paused, so a stage that falls behind fetches less and stays a
    member.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol

from amends.bus.kafka.connection import Connection
from amends.bus.kafka.pump import Pump
from amends.bus.kafka.records import Received, decode
from amends.bus.kafka.topics import Topics
from amends.bus.port import Position, Record
from amends.errors import NotFound, Unavailable, Unprocessable
from amends.ports import BlobStore

log = logging.getLogger(__name__)

#: How long a worker without a share waits before it looks whether its topic is there at all, and looks again.
_LOOK_EVERY_S = 10.0


class LogReader(Protocol):
    """The reading side of the log's table, within one transaction."""

    def position(self, group: str, topic: str, partition: int) -> Position:
        """Say where a group stands."""

    def read(self, position: Position, *, limit: int) -> list[Record]:
        """Give records from a position on."""

    def shipped(self, topic: str, partition: int) -> int:
        """Say up to which position a partition was shipped."""

    def lag(self, group: str, topic: str) -> int:
        """Count what a group has not moved past."""


class ReadingUnit(Protocol):
    """A transaction that reads."""

    @property
    def log(self) -> LogReader:
        """The table."""


Reading = Callable[[], AbstractContextManager[ReadingUnit]]


class KafkaLog:
    """The log on Kafka: one consumer for each group and topic that this process works on."""

    # To see whether the reading thread has laid anything ready costs next to nothing.
    rest_at_most_s = 0.05

    def __init__(
        self,
        connection: Connection,
        reading: Reading,
        blobs: BlobStore,
        *,
        is_named: bool = False,
    ) -> None:
        """Read through `connection`; positions come from the database that `reading` opens.

        With `is_named` the worker's name is its static membership: a worker that is
        started again under its name within the session's time takes up its share
        without a rebalance.
        """
        self._connection = connection
        self._reading = reading
        self._blobs = blobs
        self._is_named = is_named
        self._pumps: dict[tuple[str, str], Pump] = {}
        #: Where groups stood when the table was asked last.
        self._stood: dict[tuple[str, str, int], Position] = {}
        self._topics = Topics(connection)
        self._looked_at = time.monotonic()

    def claim(self, group: str, topic: str, worker: str) -> list[int]:
        """Join the group the first time; say which partitions are this worker's now.

        Raises:
            Unavailable: the broker cannot be used now, or lacks the topic.
            Misconfigured: it does not let us in, or another worker goes by our name.
        """
        pump = self._pumps.get((group, topic))
        if pump is None:
            pump = Pump(self._connection, self._reading, group, topic, name=worker if self._is_named else "")
            self._pumps[group, topic] = pump
        mine = pump.assigned()
        if mine:
            self._looked_at = time.monotonic()
        elif time.monotonic() - self._looked_at > _LOOK_EVERY_S:
            self._looked_at = time.monotonic()
            if not self._topics.has(topic):
                raise Unavailable(f"the broker has no topic {self._connection.topic(topic)}: run `amends setup`")
        return mine

    def release(self, group: str, topic: str, _worker: str) -> None:
        """Leave the group, so that its other workers take the share over at once."""
        pump = self._pumps.pop((group, topic), None)
        if pump is not None:
            pump.stop()

    def read(self, group: str, topic: str, partition: int, *, limit: int) -> tuple[Position, list[Record]]:
        """Give the group's position and the records from it on: those that lie ready, if the partition is ours."""
        pump, here = self._pumps.get((group, topic)), (group, topic, partition)
        if pump is not None and here in self._stood and pump.rests(partition):
            # Most looks find nothing: they cost the database nothing.
            return self._stood[here], []
        with self._reading() as unit:
            position = self._stood[here] = unit.log.position(group, topic, partition)
            if pump is None or not pump.has(partition):
                return position, _from_table(unit, position, limit)
            ready = pump.take(partition, position.next_offset, limit=limit)
            records = self._decoded(ready, topic)
            if records:
                return position, records
            if not ready:
                was_late = pump.is_late(partition)
                if pump.is_time_to_ask(partition):
                    pump.note_owed(partition, is_owed=unit.log.shipped(topic, partition) > position.next_offset)
                if not pump.is_late(partition):
                    return position, []
                if not was_late:
                    log.warning("read from the table: the broker has lost records", extra=_where(position))
            records = _from_table(unit, position, limit)
            if not records:
                pump.catch_up(partition)
            return position, records

    def lag(self, group: str, topic: str) -> int:
        """Count what the group has not moved past."""
        with self._reading() as unit:
            return unit.log.lag(group, topic)

    def workers(self, group: str, topic: str) -> int:
        """Count the members of the group."""
        return self._topics.members(group)

    def close(self) -> None:
        """Leave every group."""
        for group, topic in list(self._pumps):
            self.release(group, topic, "")

    def _decoded(self, ready: Sequence[Received], topic: str) -> list[Record]:
        """Read records up to the first one that cannot be read; the table has that one."""
        records: list[Record] = []
        for one in ready:
            try:
                records.append(decode(one, topic, self._blobs))
            except (Unprocessable, NotFound, Unavailable) as why:
                where = {"topic": topic, "partition": one.partition, "why": type(why).__name__}
                log.warning("record read from the table: the broker's copy cannot be used", extra=where)
                break
        return records


def _from_table(unit: ReadingUnit, position: Position, limit: int) -> list[Record]:
    # The broker is looked into again from where it was left.
    return [replace(record, mark=position.mark) for record in unit.log.read(position, limit=limit)]


def _where(position: Position) -> dict[str, object]:
    return {"topic": position.topic, "partition": position.partition, "offset": position.next_offset}

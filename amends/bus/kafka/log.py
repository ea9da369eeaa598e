"""The log as stages read it from Kafka. See `amends/bus/port.py` for what it promises.

1.  **Publishing is the table's.** A unit of work writes into the log's table, and the
    relay (`amends/bus/relay.py`) brings that to the broker. Nothing here writes.
2.  **Positions are the database's.** A group's position is the row that the unit of work
    moves by check-and-set. Nothing is ever committed to Kafka. A partition that comes to
    this worker is read from the mark that its position was moved with.
3.  **What comes twice is dropped by its offset.** Offsets are the table's; the first
    copies lie in order, so a record below the one that is wanted is a copy.
4.  **What the broker has lost is read from the table**: a topic that was cut or made anew
    costs time, never a record.
5.  **A thread of its own keeps the membership.** It polls whatever the stage does, so a
    slow batch costs no rebalance; a partition of which enough lies ready is paused, so a
    stage that falls behind fetches less and stays a member.
"""

from __future__ import annotations

import logging
import random
import re
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from itertools import islice
from threading import Event, Lock, Thread
from typing import Protocol

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import MemberToRemove
from kafka.consumer.fetcher import ConsumerRecord
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor

from amends.bus.backoff import Backoff
from amends.bus.kafka.connection import Connection, told_plainly
from amends.bus.kafka.records import decode, offset_of
from amends.bus.kafka.topics import Topics
from amends.bus.port import Position, Record
from amends.errors import AmendsError, NotFound, Unavailable, Unprocessable
from amends.ports import BlobStore

log = logging.getLogger(__name__)

#: How long one poll waits; what arrives ends it.
_POLL_MS = 100
#: So many records of a partition lie ready before it is paused.
_READY_RECORDS = 2_000
#: Or so many bytes of it.
_READY_BYTES = 8 * 1024 * 1024
#: How long a partition may bring nothing, although the table says that it should, before it is read from there.
_PATIENCE_S = 5.0
#: The pause before a consumer is made anew: short, for a broker that comes back is waited for.
_BACKOFF = Backoff(least_s=0.2, first_s=0.5, most_s=5.0)
#: What Kafka does not take in the name of a member.
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]")


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
        self._pumps: dict[tuple[str, str], _Pump] = {}
        self._topics = Topics(connection)

    def claim(self, group: str, topic: str, worker: str) -> list[int]:
        """Join the group the first time; say which partitions are this worker's now."""
        pump = self._pumps.get((group, topic))
        if pump is None:
            pump = _Pump(self._connection, self._reading, group, topic, worker if self._is_named else "")
            self._pumps[group, topic] = pump
        return pump.assigned()

    def release(self, group: str, topic: str, _worker: str) -> None:
        """Leave the group, so that its other workers take the share over at once."""
        pump = self._pumps.pop((group, topic), None)
        if pump is not None:
            pump.stop()

    def read(self, group: str, topic: str, partition: int, *, limit: int) -> tuple[Position, list[Record]]:
        """Give the group's position and the records from it on: those that lie ready, if the partition is ours."""
        pump = self._pumps.get((group, topic))
        with self._reading() as unit:
            position = unit.log.position(group, topic, partition)
            if pump is None or not pump.has(partition):
                return position, unit.log.read(position, limit=limit)
            ready = pump.ready(partition, position.next_offset, limit=limit)
            try:
                records = [decode(one, topic, self._blobs) for one in ready]
            except (Unprocessable, NotFound, Unavailable):
                # The table has the whole of it, a large body as well.
                records = []
            starts_right = records and records[0].offset == position.next_offset
            if starts_right or not (ready or self._is_overdue(unit, pump, position)):
                return position, records
            log.warning("records read from the table: the broker lacks them", extra={"topic": topic})
            return position, unit.log.read(position, limit=limit)

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

    def _is_overdue(self, unit: ReadingUnit, pump: _Pump, position: Position) -> bool:
        """Whether the broker has kept a record back for so long that it must have lost it."""
        if not pump.has_been_empty(position.partition, seconds=_PATIENCE_S):
            return False
        return unit.log.shipped(position.topic, position.partition) > position.next_offset


@dataclass(slots=True)
class _Ready:
    """What lies ready of one partition: each record with its offset, in order."""

    records: deque[tuple[int, ConsumerRecord]] = field(default_factory=deque)
    size_bytes: int = 0
    empty_since: float = field(default_factory=time.monotonic)

    @property
    def is_enough(self) -> bool:
        return len(self.records) >= _READY_RECORDS or self.size_bytes >= _READY_BYTES


class _Pump(ConsumerRebalanceListener):  # type: ignore[misc] # kafka-python has no types
    """A thread that is a member of a group and lays records ready."""

    def __init__(self, connection: Connection, reading: Reading, group: str, topic: str, instance: str) -> None:
        self._connection = connection
        self._reading = reading
        self._group = group
        self._topic = topic
        self._instance = _NOT_IN_NAMES.sub("-", instance)
        self._lock = Lock()
        #: The partitions that are ours and whose reading began at our position.
        self._ready: dict[int, _Ready] = {}
        #: Those that are ours, or come to us again, and have to be placed at our position first.
        self._to_place: set[int] = set()
        self._fault: AmendsError | None = None
        #: How often in a row the consumer failed, before it came to a first poll.
        self._failures = 0
        self._stopping = Event()
        self._thread = Thread(target=self._run, name=f"kafka-{group}", daemon=True)
        self._thread.start()

    def assigned(self) -> list[int]:
        """Say which partitions are ours.

        Raises:
            Unavailable: the broker cannot be used now; it is tried again.
            Misconfigured: it does not let us in.
        """
        with self._lock:
            if self._fault is not None:
                raise self._fault
            return sorted(self._ready)

    def has(self, partition: int) -> bool:
        """Whether a partition is ours."""
        with self._lock:
            return partition in self._ready

    def ready(self, partition: int, wanted: int, *, limit: int) -> list[ConsumerRecord]:
        """Give what lies ready from an offset on; what lies before it was done and is dropped."""
        with self._lock:
            lies = self._ready.get(partition)
            if lies is None:
                return []
            while lies.records and lies.records[0][0] < wanted:
                _, done = lies.records.popleft()
                lies.size_bytes -= len(done.value or b"")
                lies.empty_since = time.monotonic()
            return [one for _, one in islice(lies.records, limit)]

    def has_been_empty(self, partition: int, *, seconds: float) -> bool:
        """Whether nothing of a partition has lain ready for so long."""
        with self._lock:
            lies = self._ready.get(partition)
            return lies is not None and not lies.records and time.monotonic() - lies.empty_since > seconds

    def stop(self) -> None:
        """Leave the group and end the thread."""
        self._stopping.set()
        self._thread.join(timeout=20)
        if self._instance:
            # A static member does not leave by itself: the others would wait until its session ran out.
            with suppress(Unavailable), told_plainly(self._connection):
                admin = KafkaAdminClient(**self._connection.client())
                try:
                    leaving = MemberToRemove(group_instance_id=self._instance)
                    admin.remove_group_members(self._connection.group(self._group), [leaving])
                finally:
                    admin.close()

    # Called by the consumer, on its own thread: what they touch is ours alone, and they wait for nothing.

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Note what has come to us."""
        with self._lock:
            self._to_place |= {one.partition for one in assigned}

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Forget what was taken from us."""
        with self._lock:
            for one in revoked:
                self._ready.pop(one.partition, None)
                self._to_place.discard(one.partition)

    def on_partitions_lost(self, lost: Collection[TopicPartition]) -> None:
        """Forget what we lost without being asked."""
        self.on_partitions_revoked(lost)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with told_plainly(self._connection):
                    self._consume()
            except AmendsError as why:
                log.warning(
                    "broker unavailable", extra={"group": self._group, "why": type(why.__cause__ or why).__name__}
                )
                with self._lock:
                    self._fault = why
                    self._ready.clear()
                self._pause()
            except Exception as why:
                log.exception("reading from the broker failed", extra={"group": self._group})
                with self._lock:
                    self._fault = Unavailable(
                        f"reading from the broker failed ({type(why).__name__}); it is tried again"
                    )
                    self._ready.clear()
                self._pause()

    def _pause(self) -> None:
        self._failures += 1
        self._stopping.wait(_BACKOFF.pause_s(self._failures, random.random()))  # noqa: S311 - no secret

    def _consume(self) -> None:
        consumer = KafkaConsumer(
            **self._connection.client(),
            group_id=self._connection.group(self._group),
            **({"group_instance_id": self._instance} if self._instance else {}),
            partition_assignment_strategy=[CooperativeStickyAssignor()],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=self._connection.session_timeout_ms,
            heartbeat_interval_ms=max(300, self._connection.session_timeout_ms // 5),
            max_poll_records=_READY_RECORDS,
            # How soon a topic that was made later is seen.
            metadata_max_age_ms=15_000,
            allow_auto_create_topics=False,
        )
        try:
            topic = self._connection.topic(self._topic)
            # Whoever shares the partitions out before it has heard of them shares out none.
            if not consumer.partitions_for_topic(topic):
                raise Unavailable(f"the broker does not know the topic {topic} yet; run `amends setup`")
            consumer.subscribe([topic], listener=self)
            with self._lock:
                self._fault = None
            while not self._stopping.is_set():
                brought = consumer.poll(timeout_ms=_POLL_MS)
                self._failures = 0
                placed = self._place(consumer)
                self._lay_ready(brought, without=placed)
                self._pause_and_resume(consumer)
        finally:
            with self._lock:
                self._ready.clear()
                self._to_place.clear()
            consumer.close(autocommit=False, timeout_ms=5_000)

    def _place(self, consumer: KafkaConsumer) -> set[int]:
        """Begin to read what has come to us at our position; returns what was placed now or still must be."""
        with self._lock:
            to_place = set(self._to_place)
        held = {one.partition: one for one in consumer.assignment()}
        for partition in to_place & set(held):
            try:
                # A connection of this thread: the caller's belongs to the stage.
                with self._reading() as unit:
                    position = unit.log.position(self._group, self._topic, partition)
            except Unavailable:
                continue
            consumer.seek(held[partition], position.mark)
            with self._lock:
                if partition in self._to_place:
                    self._to_place.discard(partition)
                    self._ready[partition] = _Ready()
        return to_place

    def _lay_ready(self, brought: Mapping[TopicPartition, list[ConsumerRecord]], *, without: set[int]) -> None:
        for source, records in brought.items():
            if source.partition in without:
                # Read before the partition was placed: it comes again from the right place.
                continue
            with self._lock:
                lies = self._ready.get(source.partition)
                if lies is None:
                    continue
                for one in records:
                    try:
                        offset = offset_of(one)
                    except Unprocessable:
                        log.warning("foreign record passed over", extra={"topic": self._topic, "offset": one.offset})
                        continue
                    # The first copy counts; a relay that was killed sends more.
                    if not lies.records or offset > lies.records[-1][0]:
                        lies.records.append((offset, one))
                        lies.size_bytes += len(one.value or b"")

    def _pause_and_resume(self, consumer: KafkaConsumer) -> None:
        with self._lock:
            full = {partition for partition, lies in self._ready.items() if lies.is_enough}
        held = {one.partition: one for one in consumer.assignment()}
        paused = {one.partition for one in consumer.paused()}
        if stop := [held[partition] for partition in full - paused if partition in held]:
            consumer.pause(*stop)
        if go := [held[partition] for partition in paused - full if partition in held]:
            consumer.resume(*go)

"""A thread that is a member of a group and lays records ready.

    poll ─▶ place what has come to us at our position ─▶ lay ready ─▶ pause what is full ─▶ poll …

It polls whatever the stage does, so a slow batch costs no rebalance. kafka-python calls
rebalance listeners on a thread of its own, which also sends the heartbeats: they only
note what came and what went, and the pump's thread does the rest.
"""

from __future__ import annotations

import logging
import random
import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from threading import Event, Lock, Thread
from typing import Protocol

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import MemberToRemove
from kafka.consumer.fetcher import ConsumerRecord
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import FencedInstanceIdError

from amends.bus.backoff import Backoff
from amends.bus.kafka.clients import a_consumer, an_admin
from amends.bus.kafka.connection import Connection, told_plainly
from amends.bus.kafka.membership import Membership
from amends.bus.kafka.ready import Ready
from amends.bus.kafka.records import Received, offset_of
from amends.bus.port import Position
from amends.errors import AmendsError, Misconfigured, Unavailable, Unprocessable

log = logging.getLogger(__name__)

#: How long one poll waits; what arrives ends it.
_POLL_MS = 250
#: So many records come at a time: what compresses well is large when it is unpacked.
POLL_RECORDS = 200
#: The pause before a consumer is made anew: short, for a broker that comes back is waited for.
_BACKOFF = Backoff(least_s=0.2, first_s=0.5, most_s=5.0)
#: How long the thread may take to end: a contact that fails, and the good-bye.
_END_S = 20.0
#: What Kafka does not take in the name of a member.
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]")
#: The most that it takes of one.
_NAME_AT_MOST = 249


class Positions(Protocol):
    """Where groups stand, in the log's table."""

    def position(self, group: str, topic: str, partition: int) -> Position:
        """Say where a group stands."""


class PositionsUnit(Protocol):
    """A transaction that reads."""

    @property
    def log(self) -> Positions:
        """The table."""


class Pump(ConsumerRebalanceListener):  # type: ignore[misc] # kafka-python has no types
    """One member of one group, reading one topic."""

    def __init__(
        self,
        connection: Connection,
        reading: Callable[[], AbstractContextManager[PositionsUnit]],
        group: str,
        topic: str,
        *,
        name: str,
    ) -> None:
        """Join `group`, as a static member if `name` is not empty, and begin to read `topic`."""
        self._connection = connection
        self._reading = reading
        self._group = group
        self._topic = topic
        self._name = _NOT_IN_NAMES.sub("-", name)[:_NAME_AT_MOST]
        self._lock = Lock()
        #: The partitions that are ours and whose reading began at our position.
        self._ready: dict[int, Ready] = {}
        #: Those that are ours, or come to us again, and have to be placed at our position first.
        self._to_place: set[int] = set()
        self._fault: AmendsError | None = None
        self._is_replaced = False
        #: How often in a row the consumer failed, before it came to a first poll.
        self._failures = 0
        self._stopping = Event()
        self._thread = Thread(target=self._run, name=f"kafka-{group}", daemon=True)
        self._thread.start()

    def assigned(self) -> list[int]:
        """Say which partitions are ours.

        Raises:
            Unavailable: the broker cannot be used now; it is tried again.
            Misconfigured: it does not let us in, or another worker goes by our name.
        """
        with self._lock:
            if self._fault is not None:
                raise self._fault
            return sorted(self._ready)

    def has(self, partition: int) -> bool:
        """Whether a partition is ours."""
        with self._lock:
            return partition in self._ready

    def rests(self, partition: int) -> bool:
        """Whether a partition is ours, nothing of it lies ready, and the table need not be asked for it."""
        with self._lock:
            ready = self._ready.get(partition)
            return ready is not None and ready.rests(time.monotonic())

    def take(self, partition: int, wanted: int, *, limit: int) -> list[Received]:
        """Give the unbroken run of what lies ready from an offset on; what lies before it was done and is forgotten."""
        with self._lock:
            ready = self._ready.get(partition)
            return [] if ready is None else ready.take(wanted, limit=limit)

    def is_time_to_ask(self, partition: int) -> bool:
        """Whether to ask the table if the broker owes us the record that is wanted."""
        with self._lock:
            ready = self._ready.get(partition)
            return ready is not None and ready.is_time_to_ask(time.monotonic())

    def note_owed(self, partition: int, *, is_owed: bool) -> None:
        """Note what the table said."""
        with self._lock:
            if partition in self._ready:
                self._ready[partition].note_owed(is_owed=is_owed)

    def is_late(self, partition: int) -> bool:
        """Whether a partition is read from the table for now."""
        with self._lock:
            ready = self._ready.get(partition)
            return ready is not None and ready.is_late

    def catch_up(self, partition: int) -> None:
        """Note that a partition which was read from the table has nothing more there."""
        with self._lock:
            if partition in self._ready:
                self._ready[partition].catch_up()

    def stop(self) -> None:
        """Leave the group and end the thread."""
        self.fall_silent()
        if self._name and not self._is_replaced:
            # A static member does not leave by itself: the others would wait until its session ran out.
            with suppress(AmendsError), an_admin(self._connection) as admin:
                leaving = MemberToRemove(group_instance_id=self._name)
                admin.remove_group_members(self._connection.group(self._group), [leaving])

    def fall_silent(self) -> None:
        """End the thread. A member with a name stays one until its session runs out, or it comes back."""
        self._stopping.set()
        self._thread.join(_END_S)
        if self._thread.is_alive():
            log.warning("the reader of the broker has not ended in time", extra={"group": self._group})

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
        while not self._stopping.is_set() and not self._is_replaced:
            try:
                with told_plainly(self._connection):
                    self._consume()
            except AmendsError as why:
                log.warning("broker unavailable", extra={"group": self._group, "why": str(why)})
                self._fail(why)
            except Exception as why:
                log.exception("reading from the broker failed", extra={"group": self._group})
                self._fail(Unavailable(f"reading from the broker failed ({type(why).__name__}); it is tried again"))

    def _fail(self, why: AmendsError) -> None:
        with self._lock:
            self._fault = why
        self._failures += 1
        self._stopping.wait(_BACKOFF.pause_s(self._failures, random.random()))  # noqa: S311 - no secret

    def _consume(self) -> None:
        try:
            with a_consumer(
                self._connection,
                group_id=self._connection.group(self._group),
                group_instance_id=self._name or None,
                partition_assignment_strategy=[CooperativeStickyAssignor()],
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                session_timeout_ms=self._connection.session_timeout_ms,
                heartbeat_interval_ms=max(300, self._connection.session_timeout_ms // 5),
                max_poll_interval_ms=self._connection.max_poll_interval_ms,
                max_poll_records=POLL_RECORDS,
                # How soon a topic that was made later is seen.
                metadata_max_age_ms=15_000,
                allow_auto_create_topics=False,
            ) as consumer:
                topic = self._connection.topic(self._topic)
                # Whoever shares the partitions out before it has heard of them shares out none.
                if not consumer.partitions_for_topic(topic):
                    raise Unavailable(f"the broker has no topic {topic}: run `amends setup`")
                consumer.subscribe([topic], listener=self)
                membership = Membership(consumer, rebalance_s=self._connection.max_poll_interval_ms / 1000)
                with self._lock:
                    self._fault = None
                while not self._stopping.is_set():
                    brought = consumer.poll(timeout_ms=_POLL_MS)
                    self._failures = 0
                    membership.look_after()
                    placed = self._place(consumer)
                    self._lay_ready(brought, without=placed)
                    self._pause_and_resume(consumer)
        except FencedInstanceIdError as why:
            # Whoever came last has the name. To join again would only throw that one out.
            self._is_replaced = True
            raise Misconfigured(
                f"another worker of {self._group} goes by the name {self._name}: give each of them a name of its own "
                "with --worker, or none"
            ) from why
        finally:
            with self._lock:
                self._ready.clear()
                self._to_place.clear()

    def _place(self, consumer: KafkaConsumer) -> set[int]:
        """Begin to read what has come to us at our position; returns what was placed now or still must be."""
        with self._lock:
            to_place = set(self._to_place)
        held = {one.partition: one for one in consumer.assignment()} if to_place else {}
        for partition in to_place & set(held):
            try:
                # A connection of this thread: the caller's belongs to the stage.
                with self._reading() as unit:
                    position = unit.log.position(self._group, self._topic, partition)
            except Unavailable:
                continue
            if not _if_still_ours(consumer.seek, held[partition], position.mark):
                continue
            with self._lock:
                if partition in self._to_place:
                    self._to_place.discard(partition)
                    self._ready[partition] = Ready(position.next_offset)
        return to_place

    def _lay_ready(self, brought: Mapping[TopicPartition, Iterable[ConsumerRecord]], *, without: set[int]) -> None:
        for source, records in brought.items():
            if source.partition in without:
                # Read before the partition was placed: it comes again from the right place.
                continue
            ours, foreign = [], 0
            for one in records:
                try:
                    ours.append((offset_of(one), one))
                except Unprocessable:
                    foreign += 1
            if foreign:
                where = {"topic": self._topic, "partition": source.partition, "records": foreign}
                log.warning("foreign records passed over", extra=where)
            with self._lock:
                if ready := self._ready.get(source.partition):
                    for offset, one in ours:
                        ready.lay(offset, one)

    def _pause_and_resume(self, consumer: KafkaConsumer) -> None:
        with self._lock:
            full = {partition for partition, ready in self._ready.items() if ready.is_enough}
        paused = {one.partition for one in consumer.paused()}
        if full == paused:
            return
        for one in consumer.assignment():
            if one.partition in full - paused:
                _if_still_ours(consumer.pause, one)
            elif one.partition in paused - full:
                _if_still_ours(consumer.resume, one)


def _if_still_ours(do: Callable[..., None], partition: TopicPartition, *more: int) -> bool:
    # The consumer's own thread may take a partition away between our look and our deed.
    try:
        do(partition, *more)
    except (KeyError, ValueError):
        return False
    return True

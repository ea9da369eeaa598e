"""The log on Kafka with all that belongs to it: a table, a relay, readers; and a look at what the broker holds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType

from kafka import KafkaProducer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from amends.bus.kafka.clients import a_consumer, a_producer, an_admin
from amends.bus.kafka.connection import Connection
from amends.bus.kafka.log import KafkaLog
from amends.bus.kafka.shipper import KafkaShipper
from amends.bus.kafka.topics import Topics
from amends.bus.port import Record, Topic, partition_of
from amends.bus.relay import Relay
from amends.bus.runner import StageRunner
from amends.errors import Unavailable
from amends.ports import BlobStore
from storage.unit_of_work import Database
from tests.bus.stages import FakeStage
from tests.support.builders import a_record
from tests.support.clock import FakeClock

TOPIC, GROUP = Topic.MESSAGES, "testing"
#: The topic that most tests read has four partitions.
PARTITIONS = {TOPIC: 4, Topic.TRIAGED: 2, Topic.OUTBOX: 1}


def in_the_end(is_so: Callable[[], bool], *, seconds: float = 40, what: object = "") -> None:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, what or "it never came to be"
        time.sleep(0.05)


def key_in(partition: int, partitions: int = PARTITIONS[TOPIC]) -> str:
    """Give a key that goes to a partition."""
    return next(key for key in map(str, range(10_000)) if partition_of(key, partitions) == partition)


@dataclass(kw_only=True)
class Works:
    """What a test of the log on Kafka works with."""

    connection: Connection
    database: Database
    database_url: str
    blobs: BlobStore
    partitions: Mapping[str, int] = field(default_factory=lambda: PARTITIONS)
    _open: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Works:
        return self

    def __exit__(self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None) -> None:
        self._open.close()

    def publish(self, *ids: str, key: str = "", topic: str = TOPIC, body: bytes = b"{}") -> None:
        """Write records into the table; without a key each has its id for one."""
        with self.database.unit() as unit:
            unit.log.publish([a_record(one, key=key or one, topic=topic, body=body) for one in ids])
            unit.commit()

    def shipper(self, connection: Connection | None = None) -> KafkaShipper:
        shipper = KafkaShipper(connection or self.connection, self.blobs)
        self._open.callback(shipper.close)
        return shipper

    def relay(self, *, batch: int = 1_000) -> Relay:
        return Relay(self.shipper(), self.database.shipping, batch=batch)

    def ship_all(self) -> None:
        """Bring everything in the table to the broker."""
        relay = self.relay()
        while relay.step():
            pass

    def log(self, *, is_named: bool = False, connection: Connection | None = None) -> KafkaLog:
        log = KafkaLog(connection or self.connection, self.database.reading, self.blobs, is_named=is_named)
        self._open.callback(log.close)
        return log

    def joined(self, *, worker: str = "", connection: Connection | None = None) -> KafkaLog:
        """Give a log that holds every partition."""
        log = self.log(is_named=bool(worker), connection=connection)
        in_the_end(lambda: len(log.claim(GROUP, TOPIC, worker)) == self.partitions[TOPIC], what="it holds no share")
        return log

    def runner(
        self, stage: FakeStage, log: KafkaLog, *, worker: str = "anna", batch: int = 20
    ) -> StageRunner[list[Record]]:
        return StageRunner(stage, log, self.database.unit, worker=worker, now=FakeClock(), batch=batch)

    def running(self, stage: FakeStage, log: KafkaLog, *, worker: str = "anna", batch: int = 20) -> threading.Event:
        """Run a stage on a thread until the event that is given back is set."""
        stop = threading.Event()
        runner = self.runner(stage, log, worker=worker, batch=batch)
        thread = threading.Thread(target=runner.run, args=(stop,), daemon=True)
        thread.start()
        self._open.callback(thread.join, 30)
        self._open.callback(stop.set)
        return stop

    def read(self, log: KafkaLog, partition: int, *, limit: int = 100) -> list[Record]:
        return log.read(GROUP, TOPIC, partition, limit=limit)[1]

    def read_all(
        self, log: KafkaLog, count: int, *, limit: int = 100, worker: str = "", seconds: float = 40
    ) -> list[Record]:
        """Read and move on until so many records came, and see that no more do."""
        seen: list[Record] = []
        until = time.monotonic() + seconds
        while len(seen) < count:
            assert time.monotonic() < until, f"{len(seen)} of {count} records came"
            seen += self.read_once(log, limit=limit, worker=worker)
        assert self.read_once(log, limit=limit, worker=worker) == []
        return seen

    def read_once(self, log: KafkaLog, *, limit: int = 100, worker: str = "") -> list[Record]:
        """Read what lies ready of each partition once, and move on."""
        seen: list[Record] = []
        try:
            mine = log.claim(GROUP, TOPIC, worker)
        except Unavailable:
            time.sleep(0.1)
            return []
        for partition in mine:
            position, records = log.read(GROUP, TOPIC, partition, limit=limit)
            if records:
                with self.database.unit() as unit:
                    unit.log.advance(position, records[-1].next_offset, mark=records[-1].mark)
                    unit.commit()
                seen += records
        if not seen:
            time.sleep(0.05)
        return seen

    def shipped(self, topic: str = TOPIC) -> int:
        """Count what is marked as shipped."""
        with self.database.reading() as unit:
            return sum(unit.log.shipped(topic, partition) for partition in range(self.partitions[topic]))

    def lag(self, group: str = GROUP, topic: str = TOPIC) -> int:
        with self.database.reading() as unit:
            return unit.log.lag(group, topic)

    def on_broker(self, topic: str = TOPIC) -> list[ConsumerRecord]:
        """Give everything that lies on a topic, copies and all, partition after partition."""
        with a_consumer(self.connection, auto_offset_reset="earliest", enable_auto_commit=False) as consumer:
            places = [TopicPartition(self.connection.topic(topic), one) for one in range(self.partitions[topic])]
            consumer.assign(places)
            ends = consumer.end_offsets(places)
            found: dict[TopicPartition, list[ConsumerRecord]] = {place: [] for place in places}
            in_the_end(lambda: _is_read(consumer, found, ends), what="the topic could not be read to its end")
        return [one for place in places for one in found[place]]

    def put_on_broker(
        self,
        *,
        partition: int = 0,
        key: bytes | None = None,
        value: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        """Put a record of somebody else on the topic."""
        with a_producer(self.connection) as producer:
            _put(producer, self.connection.topic(TOPIC), partition, key, value, list(headers))

    def described(self, group: str = GROUP) -> dict[str, object]:
        """Say what the broker knows of a group."""
        name = self.connection.group(group)
        with an_admin(self.connection) as admin:
            described: dict[str, object] = admin.describe_groups([name])[name]
        return described

    def topics(self) -> Topics:
        return Topics(self.connection)


def _put(
    producer: KafkaProducer,
    topic: str,
    partition: int,
    key: bytes | None,
    value: bytes | None,
    headers: list[tuple[str, bytes]],
) -> None:
    producer.send(topic, key=key, value=value, headers=headers, partition=partition).get(timeout=10)


def _is_read(
    consumer: object, found: dict[TopicPartition, list[ConsumerRecord]], ends: Mapping[TopicPartition, int]
) -> bool:
    for place, records in consumer.poll(timeout_ms=200).items():  # type: ignore[attr-defined] # kafka-python has no types
        found[place] += records
    return all(consumer.position(place) >= end for place, end in ends.items())  # type: ignore[attr-defined]

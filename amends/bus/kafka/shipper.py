"""Brings records to Kafka: an idempotent producer, acknowledged by all replicas in sync.

1. Of each partition the broker has an unbroken run, or nothing: what comes after a record
   that it did not take is not counted, and is sent again after it.
2. A record that the broker refuses as too large is no reason to stand still: from then
   on, bodies of half its size and more travel by their blob.
3. A producer in which anything failed is ended, so that nothing it still holds is sent
   later.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from threading import Lock

from kafka import KafkaProducer
from kafka.errors import (
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    UnknownTopicOrPartitionError,
)
from kafka.producer.future import FutureRecordMetadata

from amends.bus.kafka.clients import a_producer
from amends.bus.kafka.connection import Connection, told_plainly
from amends.bus.kafka.records import encode
from amends.bus.port import Place, Record, Shipped
from amends.errors import AmendsError, Unavailable
from amends.ports import BlobStore

log = logging.getLogger(__name__)

#: How long the producer waits for more to send together, and how much it sends together at most.
_LINGER_MS, _BATCH_BYTES = 20, 262_144
#: Together these, and the first contact, stay below the half minute for which the database lets a
#: relay wait with a partition locked: how long a topic is looked for, and when a record counts as not shipped.
_TOPIC_MS, _DELIVERY_MS = 4_000, 12_000
#: A body below this always travels whole: its blob's name would take as much room.
_SMALLEST_BODY = 1_000
_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)


class KafkaShipper:
    """A producer that is made when it is first needed, and anew after it failed."""

    def __init__(self, connection: Connection, blobs: BlobStore) -> None:
        self._connection = connection
        self._blobs = blobs
        self._body_at_most = connection.body_at_most
        self._producer: KafkaProducer | None = None
        self._open = ExitStack()
        self._making = Lock()

    def ship(self, records: Sequence[Record]) -> Shipped:
        """Bring records to the broker, and say how far each partition came: all replicas in sync have that."""
        if not records:
            return Shipped(reached={})
        producer = self._made()
        try:
            shipped = self._ship(producer, records)
        except BaseException:
            self.close()
            raise
        if shipped.held_up:
            self.close()
        if not shipped.reached and not any(isinstance(why, _OfThisPlace) for why in shipped.held_up.values()):
            raise next(iter(shipped.held_up.values()))
        return shipped

    def close(self) -> None:
        """Let go of the producer; what it has not sent is not sent."""
        with self._making:
            self._producer = None
            self._open.close()

    def _made(self) -> KafkaProducer:
        with self._making:
            if self._producer is None:
                self._producer = self._open.enter_context(
                    a_producer(
                        self._connection,
                        acks="all",
                        enable_idempotence=True,
                        linger_ms=_LINGER_MS,
                        batch_size=_BATCH_BYTES,
                        compression_type="lz4",
                        delivery_timeout_ms=_DELIVERY_MS,
                        max_block_ms=_TOPIC_MS,
                        max_request_size=self._connection.record_at_most,
                        allow_auto_create_topics=False,
                    )
                )
            return self._producer

    def _ship(self, producer: KafkaProducer, records: Sequence[Record]) -> Shipped:
        sent: list[tuple[Record, FutureRecordMetadata]] = []
        held_up: dict[Place, AmendsError] = {}
        missing: dict[str, AmendsError] = {}
        for record in records:
            place = (record.topic, record.partition)
            if record.topic in missing:
                # Each look for a topic that is not there takes its time.
                held_up.setdefault(place, missing[record.topic])
            if place in held_up:
                continue
            try:
                sent.append((record, self._send(producer, record)))
            except _NoTopic as why:
                held_up[place] = missing[record.topic] = why
            except AmendsError as why:
                held_up[place] = why
        until = time.monotonic() + _DELIVERY_MS / 1000 + 1
        # It wakes the producer, but does not wait for a batch that was split because it was too large: what
        # counts is each record.
        with suppress(KafkaError):
            producer.flush(timeout=until - time.monotonic())
        for _, future in sent:
            with suppress(KafkaError):
                future.get(timeout=max(0.0, until - time.monotonic()))
        return self._settle(sent, held_up)

    def _send(self, producer: KafkaProducer, record: Record) -> FutureRecordMetadata:
        topic = self._connection.topic(record.topic)
        body, headers = encode(record, self._blobs, body_at_most=self._body_at_most)
        try:
            return producer.send(
                topic,
                key=record.key.encode("utf-8", "surrogatepass"),
                value=body,
                headers=headers,
                partition=record.partition,
            )
        except ValueError as why:
            raise _OfThisPlace(
                f"{topic} has no partition {record.partition} on the broker: run `amends setup`"
            ) from why
        except KafkaTimeoutError as why:
            raise _NoTopic(f"the broker does not show a topic {topic}: run `amends setup`") from why
        except KafkaError as why:
            raise self._fault(record, why) from why

    def _settle(
        self, sent: Sequence[tuple[Record, FutureRecordMetadata]], held_up: dict[Place, AmendsError]
    ) -> Shipped:
        reached: dict[Place, int] = {}
        stopped: dict[Place, AmendsError] = {}
        for record, future in sent:
            place = (record.topic, record.partition)
            if place in stopped:
                continue
            if future.is_done and future.succeeded():
                reached[place] = record.next_offset
            else:
                why = future.exception if future.is_done else KafkaTimeoutError()
                stopped[place] = self._fault(record, why)
        return Shipped(reached=reached, held_up={**held_up, **stopped})

    def _fault(self, record: Record, why: BaseException) -> AmendsError:
        if isinstance(why, _TOO_LARGE):
            return self._too_large(record)
        topic = self._connection.topic(record.topic)
        if isinstance(why, UnknownTopicOrPartitionError):
            return _OfThisPlace(f"{topic}[{record.partition}] is missing on the broker: run `amends setup`")
        try:
            with told_plainly(self._connection):
                raise why
        except AmendsError as plainly:
            return plainly

    def _too_large(self, record: Record) -> AmendsError:
        size = len(record.body)
        topic = self._connection.topic(record.topic)
        if size > self._body_at_most or size // 2 < _SMALLEST_BODY:
            return _OfThisPlace(f"the broker takes not even a small record on {topic}: raise its max.message.bytes")
        self._body_at_most = size // 2
        log.warning(
            "a record was too large for the broker: such bodies travel by their blob from now on",
            extra={"topic": topic, "size_bytes": size, "body_at_most": self._body_at_most},
        )
        return _OfThisPlace(
            f"the broker takes no record of {size} bytes on {topic}, which is sent again by its blob: "
            "set AMENDS_KAFKA_BODY_BYTES below the topic's max.message.bytes"
        )


class _OfThisPlace(Unavailable):
    """One partition cannot be shipped, which says nothing of the others."""


class _NoTopic(_OfThisPlace):
    """The broker does not show a topic, after it was waited for."""

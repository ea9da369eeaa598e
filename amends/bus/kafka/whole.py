"""Reads whole topics from the broker, from their first record to the last one now: for a rebuild.

The consumer belongs to no group and moves nothing. Copies, which a relay that was killed
has left behind, are dropped by their offset, as stages drop them (`amends/bus/kafka/log.py`).
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from amends.bus.kafka.clients import a_consumer
from amends.bus.kafka.connection import Connection, told_plainly
from amends.bus.kafka.records import decode, offset_of
from amends.bus.port import Record
from amends.errors import NotFound, Unavailable, Unprocessable
from amends.ports import BlobStore

_POLL_MS = 500
#: How long the broker may bring nothing before we give up.
_PATIENCE_S = 60.0
#: So many records may lie before the one that they follow: more than a relay ships at a time.
_EARLY_AT_MOST = 10_000


class WholeTopics:
    """What the broker holds of our topics."""

    def __init__(self, connection: Connection, blobs: BlobStore) -> None:
        self._connection = connection
        self._blobs = blobs

    def records(self, topic: str) -> Iterator[Record]:
        """Give every record of a topic once; those of a partition in order and without a gap.

        Raises:
            NotFound: there is no such topic, or it lacks records that were on it.
            Unavailable: the broker cannot be read now.
        """
        wanted: dict[int, int] = defaultdict(int)
        #: What came before the one before it: a relay that was refused a record ships again from there.
        early: dict[int, dict[int, ConsumerRecord]] = defaultdict(dict)
        for received, offset in self._received(topic):
            here, waiting = received.partition, early[received.partition]
            if offset >= wanted[here]:
                waiting.setdefault(offset, received)
            while (found := waiting.pop(wanted[here], None)) is not None:
                wanted[here] += 1
                yield decode(found, topic, self._blobs)
            if len(waiting) > _EARLY_AT_MOST:
                break
        for partition, waiting in early.items():
            if waiting:
                raise NotFound(
                    f"{self._connection.topic(topic)}[{partition}] lacks the records from {wanted[partition]} to "
                    f"{min(waiting)}: it was cut short, so it cannot be rebuilt from"
                )

    def ends(self, topic: str) -> dict[int, int]:
        """Say up to which offset each partition was shipped; one that holds nothing is left out.

        Raises:
            NotFound: there is no such topic.
            Unavailable: the broker cannot be read now.
        """
        ends: dict[int, int] = {}
        for received, offset in self._received(topic):
            ends[received.partition] = max(ends.get(received.partition, 0), offset + 1)
        return ends

    def _received(self, topic: str) -> Iterator[tuple[ConsumerRecord, int]]:
        """Give what lies on a topic now, copies and all, each with the offset that the log's table gave it."""
        with (
            told_plainly(self._connection),
            a_consumer(
                self._connection, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
            ) as consumer,
        ):
            name = self._connection.topic(topic)
            found = consumer.partitions_for_topic(name)
            if not found:
                raise NotFound(f"the broker has no topic {name}: check AMENDS_KAFKA_PREFIX")
            partitions = [TopicPartition(name, number) for number in sorted(found)]
            consumer.assign(partitions)
            ends = consumer.end_offsets(partitions)
            consumer.seek_to_beginning(*partitions)
            yield from self._until(consumer, ends)

    def _until(self, consumer: KafkaConsumer, ends: dict[TopicPartition, int]) -> Iterator[tuple[ConsumerRecord, int]]:
        quiet_since = time.monotonic()
        while any(consumer.position(one) < end for one, end in ends.items()):
            brought = consumer.poll(timeout_ms=_POLL_MS)
            for one, records in brought.items():
                for received in records:
                    if received.offset >= ends[one]:
                        continue
                    try:
                        yield received, offset_of(received)
                    except Unprocessable:
                        # Somebody else's.
                        continue
            if brought:
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > _PATIENCE_S:
                raise Unavailable(f"the broker has brought nothing for {_PATIENCE_S:.0f} s: check that it runs")

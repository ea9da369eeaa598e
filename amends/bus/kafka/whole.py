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

from amends.bus.kafka.connection import Connection, told_plainly
from amends.bus.kafka.records import decode, offset_of
from amends.bus.port import Record
from amends.errors import NotFound, Unavailable, Unprocessable
from amends.ports import BlobStore

_POLL_MS = 500
#: How long the broker may bring nothing before we give up.
_PATIENCE_S = 60.0


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
        for received, offset in self._received(topic):
            if offset > wanted[received.partition]:
                raise NotFound(
                    f"{self._connection.topic(topic)}[{received.partition}] lacks the records from "
                    f"{wanted[received.partition]} to {offset}: it was cut short, so it cannot be rebuilt from"
                )
            if offset == wanted[received.partition]:
                wanted[received.partition] += 1
                yield decode(received, topic, self._blobs)

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
        with told_plainly(self._connection):
            consumer = KafkaConsumer(
                **self._connection.client(), group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
            )
            try:
                name = self._connection.topic(topic)
                found = consumer.partitions_for_topic(name)
                if not found:
                    raise NotFound(f"the broker has no topic {name}: check AMENDS_KAFKA_PREFIX")
                partitions = [TopicPartition(name, number) for number in sorted(found)]
                consumer.assign(partitions)
                ends = consumer.end_offsets(partitions)
                consumer.seek_to_beginning(*partitions)
                yield from self._until(consumer, ends)
            finally:
                consumer.close(autocommit=False)

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

"""Brings records to Kafka: an idempotent producer, acknowledged by all replicas in sync."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from kafka import KafkaProducer

from amends.bus.kafka.connection import Connection, told_plainly
from amends.bus.kafka.records import encode
from amends.bus.port import Record
from amends.ports import BlobStore

#: How long the producer waits for more to send together, and how much it sends together at most.
_LINGER_MS, _BATCH_BYTES = 20, 262_144
#: After this long an unacknowledged record counts as not shipped.
_DELIVERY_TIMEOUT_S = 30


class KafkaShipper:
    """A producer that is made when it is first needed, and anew after it failed."""

    def __init__(self, connection: Connection, blobs: BlobStore) -> None:
        self._connection = connection
        self._blobs = blobs
        self._producer: KafkaProducer | None = None
        self._making = Lock()

    def ship(self, records: Sequence[Record]) -> None:
        """Bring records to the broker in order, and return when all replicas in sync have them."""
        encoded = [encode(record, self._connection, self._blobs) for record in records]
        try:
            with told_plainly(self._connection):
                producer = self._open()
                sent = [
                    producer.send(
                        self._connection.topic(record.topic),
                        key=record.key.encode("utf-8", "surrogatepass"),
                        value=body,
                        headers=headers,
                        partition=record.partition,
                    )
                    for record, (body, headers) in zip(records, encoded, strict=True)
                ]
                producer.flush(timeout=_DELIVERY_TIMEOUT_S)
                for one in sent:
                    one.get(timeout=_DELIVERY_TIMEOUT_S)
        except Exception:
            # What was sent after the one that failed must not arrive before it is sent again.
            self.close()
            raise

    def close(self) -> None:
        """Let go of the producer; what it has not sent is not sent."""
        with self._making:
            producer, self._producer = self._producer, None
        if producer is not None:
            producer.close(timeout=0)

    def _open(self) -> KafkaProducer:
        with self._making:
            if self._producer is None:
                self._producer = KafkaProducer(
                    **self._connection.client(),
                    acks="all",
                    enable_idempotence=True,
                    linger_ms=_LINGER_MS,
                    batch_size=_BATCH_BYTES,
                    compression_type="lz4",
                    delivery_timeout_ms=_DELIVERY_TIMEOUT_S * 1000,
                    max_block_ms=10_000,
                    allow_auto_create_topics=False,
                )
            return self._producer

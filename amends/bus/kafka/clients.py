"""Opens clients of kafka-python, and ends them: also those that fail while they are made.

A client starts threads and opens sockets before it knows whether a broker answers, and
leaves them behind when none does. A worker that waits for its broker tries several times a
second; it would run out of file handles within the hour.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from amends.bus.kafka.connection import Connection, told_plainly
from amends.bus.kafka.net import STRAIGHT, Net
from amends.bus.kafka.reach import hindrance
from amends.errors import Misconfigured

#: How long a consumer may take to say good-bye, and a producer's thread to end.
_GOODBYE_MS, _END_S = 5_000, 5.0


class _Consumer(KafkaConsumer):  # type: ignore[misc] # kafka-python has no types
    """A consumer that gives back what it had read of a partition before it was paused.

    kafka-python 3.0.12 takes such records up again only while nothing else is half read, and holds what was read to
    its end for half read, too. It neither gives them back nor fetches them again then, and they never come.
    """

    def poll(self, *arguments: Any, **more: Any) -> Any:
        """Poll, with nothing in the way that is read to its end."""
        fetcher = self._fetcher
        if not fetcher._next_partition_records:
            fetcher._next_partition_records = None
        return super().poll(*arguments, **more)


@contextmanager
def a_consumer(connection: Connection, **said: Any) -> Iterator[KafkaConsumer]:
    """Open a consumer; it leaves its group when the block ends.

    Raises:
        Unavailable: no broker can be used now.
        Misconfigured: it does not let us in, or is not reached in this way.
    """
    with _opened(_Consumer, connection, _leave, metrics_enabled=False, **said) as consumer:
        yield consumer


@contextmanager
def a_producer(connection: Connection, **said: Any) -> Iterator[KafkaProducer]:
    """Open a producer; what it has not sent when the block ends is never sent.

    Raises:
        Unavailable: no broker can be used now.
        Misconfigured: it does not let us in, or is not reached in this way.
    """
    with _opened(KafkaProducer, connection, _end, metrics_enabled=False, **said) as producer:
        yield producer


@contextmanager
def an_admin(connection: Connection) -> Iterator[KafkaAdminClient]:
    """Open a client that asks and changes what the cluster holds.

    Raises:
        Unavailable: no broker can be used now.
        Misconfigured: it does not let us in, or is not reached in this way.
    """
    with _opened(KafkaAdminClient, connection, KafkaAdminClient.close) as admin, told_plainly(connection):
        yield admin


@contextmanager
def _opened(
    make: Callable[..., Any], connection: Connection, close: Callable[[Any], None], **said: Any
) -> Iterator[Any]:
    nets: list[Net] = []

    def net(**more: Any) -> Net:
        nets.append(Net(**more))
        return nets[-1]

    try:
        client = _made(make, connection, kafka_client=net, **said)
        try:
            yield client
        finally:
            close(client)
    finally:
        for one in nets:
            one.close()


def _made(make: Callable[..., Any], connection: Connection, **said: Any) -> Any:
    if connection.ca_file:
        _refuse_unreadable(connection.ca_file)
    with told_plainly(connection):
        try:
            return make(**connection.client(), proxy_url=STRAIGHT, **said)
        except KafkaTimeoutError as why:
            # kafka-python only says that it took too long.
            found = hindrance(connection)
            if found is None:
                raise
            # Its trace holds on to the sockets of every attempt.
            raise found from why.with_traceback(None)


def _refuse_unreadable(ca_file: str) -> None:
    try:
        ssl.create_default_context(cafile=ca_file)
    except OSError as why:
        raise Misconfigured(
            f"AMENDS_KAFKA_CA_FILE names {ca_file}, which cannot be read as certificates ({type(why).__name__})"
        ) from why


def _leave(consumer: KafkaConsumer) -> None:
    # Whoever cannot say good-bye is missed when its session runs out.
    with suppress(KafkaError, OSError):
        consumer.close(autocommit=False, timeout_ms=_GOODBYE_MS)


def _end(producer: KafkaProducer) -> None:
    # `close` first waits for what is unsent, and when that takes too long it goes away without closing
    # anything. The producer's thread closes its sockets itself, so it has to be gone before we do.
    producer._sender.force_close()
    producer._sender.join(_END_S)
    with suppress(KafkaError):
        producer.close(timeout=0)

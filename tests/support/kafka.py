"""Fresh topics and groups on the broker that tests share."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator, Mapping

from kafka import KafkaAdminClient

from amends.bus.kafka.connection import Connection
from amends.bus.kafka.log import KafkaLog
from amends.bus.kafka.topics import TopicPlan, Topics
from tests.servers.kafka import StandIn
from tests.support.places import server


@contextlib.contextmanager
def a_connection(partitions: Mapping[str, int], *, body_at_most: int = 700_000) -> Iterator[Connection]:
    """Give topics and groups of this test's own, and remove the topics."""
    connection = Connection(
        servers=(server("kafka"),),
        prefix=f"test-{uuid.uuid4().hex[:10]}.",
        session_timeout_ms=_session_ms(),
        body_at_most=body_at_most,
    )
    plans = {name: TopicPlan(name=name, partitions=count) for name, count in partitions.items()}
    Topics(connection).ensure(plans)
    yield connection
    admin = KafkaAdminClient(**connection.client())
    admin.delete_topics([connection.topic(name) for name in plans])
    admin.close()


def _session_ms() -> int:
    """Give the shortest session that the broker allows: ours is told to allow 1 second, its stand-in insists on 6."""
    return 6_000 if os.environ.get("AMENDS_TEST_KAFKA_KIND") == StandIn.kind else 2_000


def silenced(log: KafkaLog) -> None:
    """End a named worker without a word to the group: a static member that closes does not leave it."""
    for pump in log._pumps.values():
        pump._stopping.set()
        pump._thread.join()
    log._pumps.clear()

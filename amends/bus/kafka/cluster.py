"""What the cluster says of itself, for those who look after it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from amends.bus.kafka.connection import Connection, told_plainly


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFacts:
    """How many brokers answer, and how many bytes each of our topics takes in one batch of records."""

    brokers: int
    record_bytes: dict[str, int]


def facts_of(connection: Connection, topics: Collection[str]) -> ClusterFacts:
    """Ask the cluster. A topic that it does not have, or whose settings we may not see, is left out.

    Raises:
        Unavailable: no broker can be reached.
        Misconfigured: it does not let us in.
    """
    names = {connection.topic(topic): topic for topic in topics}
    with told_plainly(connection):
        admin = KafkaAdminClient(**connection.client())
        try:
            brokers = admin.describe_cluster()["brokers"]
            there = [name for name in names if name in set(admin.list_topics())]
            asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in there]
            said = admin.describe_configs(asked, config_filter="all")["topic"] if asked else {}
        finally:
            admin.close()
    return ClusterFacts(
        brokers=len(brokers),
        record_bytes={
            names[name]: int(configs["max.message.bytes"]["value"])
            for name, configs in said.items()
            if "max.message.bytes" in configs
        },
    )

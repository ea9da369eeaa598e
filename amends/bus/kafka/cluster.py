"""What the cluster says of itself, for those who look after it."""

from __future__ import annotations

from collections.abc import Collection

from kafka.admin import ConfigResource, ConfigResourceType

from amends.bus.kafka.clients import an_admin
from amends.bus.kafka.connection import Connection


def record_limits(connection: Connection, topics: Collection[str]) -> dict[str, int]:
    """Say how many bytes each topic takes in one batch of records. Asking for none shows whether a broker answers.

    A topic that the cluster does not have, or whose settings we may not see, is left out.

    Raises:
        Unavailable: no broker can be reached.
        Misconfigured: it does not let us in.
    """
    names = {connection.topic(topic): topic for topic in topics}
    with an_admin(connection) as admin:
        there = set(admin.list_topics())
        asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names if name in there]
        said = admin.describe_configs(asked, config_filter="all")["topic"] if asked else {}
    return {
        names[name]: int(configs["max.message.bytes"]["value"])
        for name, configs in said.items()
        if "max.message.bytes" in configs
    }

"""The topics on the broker: made, kept as the settings say, and looked at."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from kafka.admin import ConfigResource, ConfigResourceType

from amends.bus.kafka.clients import an_admin
from amends.bus.kafka.connection import Connection
from amends.bus.kafka.topics import TopicPlan, Topics
from amends.errors import Misconfigured
from tests.bus.kafka.works import in_the_end
from tests.support.kafka import a_connection

pytestmark = pytest.mark.kafka

PLAN = TopicPlan(name="gossip", partitions=3, keep_hours=48)


@pytest.fixture
def connection() -> Iterator[Connection]:
    with a_connection({"gossip": 1}) as connection, an_admin(connection) as admin:
        admin.delete_topics([connection.topic("gossip")])
        yield connection


def settings(connection: Connection) -> dict[str, str]:
    name = connection.topic("gossip")
    with an_admin(connection) as admin:
        said = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)], config_filter="all")
    return {setting: one["value"] for setting, one in said["topic"][name].items()}


def set_to(connection: Connection, **said: str) -> None:
    """Change settings, and wait until the broker tells of them: its controller takes them first."""
    changed = {name.replace("_", "."): value for name, value in said.items()}
    with an_admin(connection) as admin:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, connection.topic("gossip"), changed)])
    in_the_end(lambda: changed.items() <= settings(connection).items(), what=changed)


def test_a_topic_is_made_as_planned_once(connection: Connection) -> None:
    topics = Topics(connection)

    assert topics.faults({"gossip": PLAN}) == [f"topic {connection.prefix}gossip is missing"]
    assert topics.ensure({"gossip": PLAN}) == [f"{connection.prefix}gossip"]
    assert topics.ensure({"gossip": PLAN}) == []

    assert topics.faults({"gossip": PLAN}) == []
    found = settings(connection)
    assert {name: found[name] for name in PLAN.configs()} == PLAN.configs()
    assert found["retention.ms"] == str(48 * 3_600_000)


def test_what_is_kept_for_good_never_runs_out(connection: Connection) -> None:
    Topics(connection).ensure({"gossip": replace(PLAN, keep_hours=None)})

    assert (settings(connection)["retention.ms"], settings(connection)["retention.bytes"]) == ("-1", "-1")


def test_many_processes_that_make_a_topic_at_once_agree(connection: Connection) -> None:
    with ThreadPoolExecutor(5) as pool:
        made = [pool.submit(Topics(connection).ensure, {"gossip": PLAN}) for _ in range(5)]
        assert sum(len(one.result()) for one in made) == 1
        more = replace(PLAN, partitions=7)
        grown = [pool.submit(Topics(connection).ensure, {"gossip": more}) for _ in range(5)]
        assert sum(len(one.result()) for one in grown) >= 1

    in_the_end(lambda: Topics(connection).faults({"gossip": more}) == [])


def test_partitions_and_settings_that_changed_are_brought_up_to_date(connection: Connection) -> None:
    topics, name = Topics(connection), connection.topic("gossip")
    topics.ensure({"gossip": PLAN})
    new = replace(PLAN, partitions=5, keep_hours=96, record_bytes=2_000_000)

    assert topics.faults({"gossip": new}) == [
        f"topic {name} has 3 partitions and needs 5",
        f"topic {name} has max.message.bytes=1048588 and needs 2000000",
    ]
    assert topics.ensure({"gossip": new}) == [
        f"{name} (5 partitions)",
        f"{name} (max.message.bytes=2000000, retention.ms=345600000)",
    ]
    in_the_end(lambda: topics.faults({"gossip": new}) == [])


def test_more_than_is_needed_is_left_as_it_is(connection: Connection) -> None:
    topics = Topics(connection)
    topics.ensure({"gossip": replace(PLAN, partitions=6, record_bytes=5_000_000)})

    assert topics.ensure({"gossip": PLAN}) == []
    assert settings(connection)["max.message.bytes"] == "5000000"


def test_compaction_which_would_drop_records_is_a_fault_and_is_undone(connection: Connection) -> None:
    topics, name = Topics(connection), connection.topic("gossip")
    topics.ensure({"gossip": PLAN})
    set_to(connection, cleanup_policy="compact")

    assert topics.faults({"gossip": PLAN}) == [f"topic {name} has cleanup.policy=compact and needs delete"]
    topics.ensure({"gossip": PLAN})
    in_the_end(lambda: settings(connection)["cleanup.policy"] == "delete")


def test_more_replicas_than_there_are_brokers_is_told_with_the_setting(connection: Connection) -> None:
    with pytest.raises(Misconfigured, match="9 replicas \\(AMENDS_KAFKA_REPLICAS\\)"):
        Topics(connection).ensure({"gossip": replace(PLAN, replicas=9)})

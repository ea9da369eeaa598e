"""What is left behind when a log, a shipper or a whole process ends: nothing."""

from __future__ import annotations

import gc
import threading
import time
from pathlib import Path

import psutil
import pytest

from amends.bus.kafka.clients import an_admin
from amends.bus.kafka.connection import Connection
from amends.bus.kafka.topics import Topics
from amends.bus.port import TOPICS
from amends.bus.relay import Relay
from tests.bus.kafka.works import GROUP, TOPIC, Works, in_the_end
from tests.journeys.running import end, start
from tests.support.places import server

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]


def left() -> tuple[int, int]:
    """Count the threads and the open handles of this process."""
    gc.collect()
    return threading.active_count(), psutil.Process().num_fds()


def test_a_log_that_is_opened_and_closed_many_times_leaves_no_thread_and_no_socket(works: Works) -> None:
    works.publish("r1")
    works.ship_all()
    for round_ in range(20):
        log = works.log(is_named=round_ % 2 == 0)
        in_the_end(lambda log=log: len(log.claim(GROUP, TOPIC, "anna")) == 4)  # type: ignore[misc]
        log.close()
        if round_ == 2:
            before = left()

    assert left() == before


def test_a_shipper_that_is_opened_and_closed_many_times_leaves_no_thread_and_no_socket(works: Works) -> None:
    for round_ in range(20):
        works.publish(f"r{round_}")
        shipper = works.shipper()
        assert Relay(shipper, works.database.shipping).step() == 1
        shipper.close()
        if round_ == 2:
            before = left()

    assert left() == before


@pytest.mark.parametrize("worker", ["", "anna"], ids=["without a name", "with a name"])
def test_a_stage_that_is_told_to_stop_leaves_its_group_at_once(postgres_url: str, tmp_path: Path, worker: str) -> None:
    prefix = f"test-{tmp_path.name[-40:]}-{time.time_ns()}."
    connection = Connection(servers=(server("kafka"),), prefix=prefix)
    topics = Topics(connection)
    settings = {
        "kafka_servers": server("kafka"),
        "database_url": postgres_url,
        "kafka_prefix": prefix,
        # Whoever merely falls silent would be missed after a minute.
        "kafka_session_s": "60",
    }
    named = ["--worker", worker] if worker else []
    process = start("run", "respond", *named, "--data-dir", str(tmp_path / "data"), at=tmp_path, settings=settings)
    try:
        in_the_end(lambda: topics.members("respond") == 1, seconds=60)
        began = time.monotonic()
        end(process, patience_s=30)
        in_the_end(lambda: topics.members("respond") == 0, seconds=5)
        assert process.returncode == 0
        assert time.monotonic() - began < 20
    finally:
        end(process)
        with an_admin(connection) as admin:
            admin.delete_topics([connection.topic(name) for name in TOPICS], raise_errors=False)

"""A broker that stops, is killed, comes back or was never there. Each test has one of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from amends.bus.kafka.connection import Connection
from amends.bus.kafka.log import KafkaLog
from amends.bus.kafka.topics import TopicPlan, Topics
from amends.bus.relay import Relay
from amends.errors import Unavailable
from storage.blobs import FolderBlobStore
from storage.engine import open_engine
from storage.unit_of_work import Database
from tests.bus.kafka.works import PARTITIONS, TOPIC, Works, in_the_end
from tests.bus.stages import FakeStage
from tests.servers.kafka import ApacheKafka, fetched_jars
from tests.servers.ports import NoServer

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """A broker that tests may stop. Each finds it up and leaves it up."""
    try:
        broker = ApacheKafka(tmp_path_factory.mktemp("broker"), fetched_jars()).start()
    except NoServer as why:
        pytest.skip(f"Apache Kafka itself is needed: {why}")
    yield broker
    broker.stop(at_once=True)


@pytest.fixture
def works(broker: ApacheKafka, postgres_url: str, tmp_path: Path) -> Iterator[Works]:
    engine = open_engine(postgres_url)
    connection = Connection(servers=(broker.servers,), prefix=f"{tmp_path.name[-20:]}.", session_timeout_ms=3_000)
    make_topics(connection)
    with Works(
        connection=connection,
        database=Database(engine, partitions=PARTITIONS),
        database_url=postgres_url,
        blobs=FolderBlobStore(tmp_path / "blobs"),
    ) as made:
        yield made
    engine.dispose()


def make_topics(connection: Connection) -> None:
    Topics(connection).ensure({name: TopicPlan(name=name, partitions=count) for name, count in PARTITIONS.items()})


def relaying(works: Works) -> threading.Event:
    """Run a relay on a thread, until the event that is given back is set."""
    stop = threading.Event()
    relay = works.relay(batch=50)
    thread = threading.Thread(target=relay.run, args=(stop,), daemon=True)
    thread.start()
    works._open.callback(thread.join, 60)
    works._open.callback(stop.set)
    return stop


def done(works: Works) -> list[str]:
    with works.database.reading() as unit:
        return [entry.happening_json.split('"subject":"')[1].rstrip('"}') for entry in unit.audit.every()]


def names(count: int, start: int = 0) -> list[str]:
    return [f"r{number}" for number in range(start, start + count)]


def test_a_flush_that_fails_marks_nothing_and_everything_arrives_once_the_broker_is_back(
    works: Works, broker: ApacheKafka
) -> None:
    works.publish(*names(300))
    shipper = works.shipper()
    relay = Relay(shipper, works.database.shipping)
    assert relay.step() == 300
    works.publish(*names(300, 300))
    broker.stop(at_once=True)
    threads = threading.active_count()
    began = time.monotonic()
    with pytest.raises(Unavailable, match="check that"):
        relay.step()

    # The database lets a relay hold its rows for half a minute.
    assert time.monotonic() - began < 28
    assert works.shipped() == 300
    # The producer with what was not sent is gone: nothing of it arrives later.
    assert threading.active_count() < threads

    broker.start()
    in_the_end(lambda: _step(relay) or works.shipped() == 600, seconds=180)

    assert len(works.on_broker()) >= 600
    found = [record.id for record in works.read_all(works.joined(), 600)]
    assert sorted(found) == sorted(names(600))


@pytest.mark.parametrize("at_once", [False, True], ids=["stopped", "killed"])
def test_a_broker_that_comes_back_finds_its_stage_and_its_relay_where_they_were(
    works: Works, broker: ApacheKafka, *, at_once: bool
) -> None:
    stage, log = FakeStage(), works.log(is_named=True)
    works.running(stage, log, batch=10)
    relaying(works)
    works.publish(*names(100))
    in_the_end(lambda: len(done(works)) >= 50)
    broker.stop(at_once=at_once)
    works.publish(*names(100, 100))
    time.sleep(6)
    broker.start()
    works.publish(*names(100, 200))

    in_the_end(lambda: len(done(works)) >= 300, seconds=180)
    time.sleep(1)

    assert sorted(done(works)) == sorted(names(300))
    in_the_end(lambda: works.topics().members("testing") == 1, seconds=90)


def test_a_broker_that_is_not_there_yet_is_waited_for(works: Works, broker: ApacheKafka) -> None:
    broker.stop()
    stage, log = FakeStage(), works.log()
    with pytest.raises(Unavailable, match=r"nothing answers at 127.0.0.1:.*AMENDS_KAFKA_SERVERS"):
        claim_until_it_fails(log)
    works.publish(*names(10))
    relaying(works)
    works.running(stage, log)
    time.sleep(8)
    broker.start()

    in_the_end(lambda: sorted(done(works)) == sorted(names(10)), seconds=180)


def test_what_lies_ready_or_in_the_table_is_done_while_the_broker_is_away(works: Works, broker: ApacheKafka) -> None:
    log = works.joined()
    works.publish(*names(50))
    works.ship_all()
    broker.stop(at_once=True)
    try:
        found = [record.id for record in works.read_all(log, 50, limit=3)]
    finally:
        broker.start()

    assert sorted(found) == sorted(names(50))


def test_waiting_for_a_broker_leaves_no_threads_and_no_sockets_behind(works: Works) -> None:
    nobody = replace(works.connection, servers=("127.0.0.1:9",))
    log = works.log(connection=nobody)
    before = (threading.active_count(), psutil.Process().num_fds())
    with pytest.raises(Unavailable):
        claim_until_it_fails(log)
    time.sleep(12)

    after = (threading.active_count(), psutil.Process().num_fds())
    # The pump's thread, the one of the attempt that is under way, and its handles.
    assert after[0] <= before[0] + 2
    assert after[1] <= before[1] + 6


def claim_until_it_fails(log: KafkaLog) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        log.claim("testing", TOPIC, "anna")
        time.sleep(0.05)


def _step(relay: Relay) -> bool:
    try:
        relay.step()
    except Unavailable:
        time.sleep(0.2)
    return False

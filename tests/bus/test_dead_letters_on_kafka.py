"""Dead letters where the log is on Kafka: the same table, and a topic that others can read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from amends.bus.brake import StageBroken
from amends.bus.kafka.connection import Connection
from amends.bus.kafka.log import KafkaLog
from amends.bus.kafka.shipper import KafkaShipper
from amends.bus.port import Record, Topic
from amends.bus.relay import Relay
from amends.bus.runner import StageRunner
from amends.errors import Unprocessable
from storage.blobs import FolderBlobStore
from storage.engine import open_engine
from storage.unit_of_work import Database
from tests.bus.stages import Workshop
from tests.conftest import PARTITIONS
from tests.support.builders import a_record
from tests.support.clock import FakeClock
from tests.support.kafka import a_connection

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]


@dataclass(kw_only=True)
class KafkaWorkshop(Workshop):
    """A stage that reads from a broker."""

    connection: Connection
    log: KafkaLog
    relay: Relay
    blobs: Path

    def worker(self) -> StageRunner[list[Record]]:
        return StageRunner(self.stage, self.log, self.database.unit, worker="anna", now=self.clock, batch=7)

    def work(self) -> None:
        """Ship all, and let a worker do all."""
        while self.relay.step():
            pass
        self.worker().run(Event(), until_idle=lambda: self.lag == 0)
        while self.relay.step():
            pass

    def brought(self, topic: str, count: int) -> list[tuple[bytes, bytes, dict[str, str]]]:
        """Give the records of a topic as any program sees them: key, body and headers."""
        consumer = KafkaConsumer(**self.connection.client())
        consumer.assign([TopicPartition(self.connection.topic(topic), n) for n in range(PARTITIONS[topic])])
        consumer.seek_to_beginning()
        found: list[tuple[bytes, bytes, dict[str, str]]] = []
        until = time.monotonic() + 20
        while len(found) < count and time.monotonic() < until:
            for records in consumer.poll(timeout_ms=200).values():
                found += [(one.key, one.value, {k: v.decode() for k, v in one.headers}) for one in records]
        consumer.close()
        return found


@pytest.fixture
def shop(postgres_url: str, clock: FakeClock, tmp_path: Path) -> Iterator[KafkaWorkshop]:
    engine = open_engine(postgres_url)
    database = Database(engine, partitions=PARTITIONS)
    blobs = FolderBlobStore(tmp_path / "blobs")
    with a_connection(PARTITIONS, body_at_most=500) as connection:
        shipper, log = KafkaShipper(connection, blobs), KafkaLog(connection, database.reading, blobs)
        relay = Relay(shipper, database.shipping)
        yield KafkaWorkshop(
            database=database, clock=clock, connection=connection, log=log, relay=relay, blobs=tmp_path / "blobs"
        )
        log.close()
        shipper.close()
    engine.dispose()


def poison(record_id: str) -> None:
    if record_id.startswith("poison"):
        raise Unprocessable("it is no message", reason="bad_record")


def test_a_poison_record_goes_to_the_topic_of_dead_letters_and_its_partition_moves_on(shop: KafkaWorkshop) -> None:
    shop.publish("r1", "poison", "r3")
    shop.stage.preparing = poison
    shop.work()
    assert (shop.done, shop.lag) == (["r1", "r3"], 0)
    [letter] = shop.dead()
    [(key, body, headers)] = shop.brought(Topic.DEAD, 1)
    assert (key, body) == (b"ines", b"{}")
    assert headers["ce_id"] == headers["dead_id"] == letter.record_id == "poison"
    assert (headers["dead_stage"], headers["dead_reason"]) == ("testing", "bad_record")
    assert (headers["dead_topic"], headers["dead_partition"]) == ("messages", str(letter.partition))


def test_what_another_program_writes_to_our_topic_is_passed_over(shop: KafkaWorkshop) -> None:
    producer = KafkaProducer(**shop.connection.client())
    for headers in ([], [("amends_offset", b"seven")], [("amends_offset", b"9" * 5000)]):
        for partition in range(PARTITIONS[Topic.MESSAGES]):
            topic = shop.connection.topic(Topic.MESSAGES)
            producer.send(topic, key=b"k", value=b"\xff", headers=headers, partition=partition)
    producer.flush(timeout=20)
    producer.close()
    shop.publish("r1", "r2")
    shop.work()
    assert (shop.done, shop.lag, shop.dead()) == (["r1", "r2"], 0, [])


@pytest.mark.parametrize("is_damaged", [True, False])
def test_a_large_body_whose_blob_is_damaged_or_gone_is_read_from_the_table(
    shop: KafkaWorkshop, is_damaged: bool
) -> None:
    with shop.database.unit() as unit:
        unit.log.publish([a_record("large", body=b"x" * 5_000), a_record("r2")])
        unit.commit()
    while shop.relay.step():
        pass
    [blob] = [path for path in shop.blobs.rglob("*") if path.is_file()]
    blob.write_bytes(b"damaged") if is_damaged else blob.unlink()
    shop.work()
    assert (shop.done, shop.lag, shop.dead()) == (["large", "r2"], 0, [])


def test_the_brake_holds_over_all_partitions_and_the_rest_stays_on_the_log(shop: KafkaWorkshop) -> None:
    for number in range(60):
        shop.publish(f"r{number}", key=f"person {number}")

    def broken(_record_id: str) -> None:
        raise ZeroDivisionError

    shop.stage.preparing = broken
    with pytest.raises(StageBroken, match="20 of the last 20"):
        shop.work()
    assert (len(shop.dead()), shop.lag) == (20, 40)
    assert len({letter.partition for letter in shop.dead()}) > 1

"""The logs keep their promises: the same sentences for the table and for Kafka."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from amends.bus.kafka.log import KafkaLog
from amends.bus.kafka.shipper import KafkaShipper
from amends.bus.local import CLAIM_TTL, LocalLog
from amends.bus.port import Log, NewRecord, Position, Record
from amends.bus.relay import Relay
from storage.blobs import FolderBlobStore
from storage.engine import open_engine
from storage.unit_of_work import Database
from tests.conftest import PARTITIONS
from tests.contracts.log import GROUP, TOPIC, LogContract, LogUnderTest
from tests.servers.kafka import StandIn
from tests.support.clock import FakeClock
from tests.support.kafka import a_connection, silenced


class TestLocalLog(LogContract):
    """The table in the database of the cases, on either kind of database."""

    @pytest.fixture
    def house(self, database_url: str, clock: FakeClock) -> Iterator[LogUnderTest]:
        engine = open_engine(database_url)
        database = Database(engine, partitions=PARTITIONS)

        def open_log() -> LocalLog:
            return LocalLog(database, partitions=PARTITIONS, now=clock)

        yield LogUnderTest(
            log=open_log(),
            open_unit=database.unit,
            another_process=open_log,
            partitions=PARTITIONS[TOPIC],
            clock=clock,
            claim_ttl=CLAIM_TTL,
        )
        engine.dispose()


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaLogUnderTest(LogUnderTest):
    """What is published is shipped; what is read comes from the broker, to a worker that has claimed its share."""

    relay: Relay
    shipped: Callable[[int], int]

    def publish(self, *records: NewRecord) -> int:
        count = LogUnderTest.publish(self, *records)
        self.relay.step()
        return count

    def pass_time(self, share: float = 0.5) -> None:
        # The broker's clock is a real one.
        time.sleep(0.05)

    def fall_silent(self, log: Log) -> None:
        assert isinstance(log, KafkaLog)
        silenced(log)

    def read(self, partition: int, *, group: str = GROUP, limit: int = 1_000) -> tuple[Position, list[Record]]:
        self.in_the_end(lambda: [self.log.claim(group, TOPIC, "anna")], lambda shares: shares == [self.every])
        until = time.monotonic() + 30
        while True:
            position, records = self.log.read(group, TOPIC, partition, limit=limit)
            expected = min(limit, self.shipped(partition) - position.next_offset)
            if len(records) >= expected:
                assert all(record.mark > 0 for record in records), "read from the table, not from the broker"
                return position, records
            assert time.monotonic() < until, records
            time.sleep(0.02)


@pytest.mark.kafka
@pytest.mark.postgres
class TestKafkaLog(LogContract):
    """Apache Kafka, with positions in PostgreSQL."""

    @pytest.fixture
    def house(self, postgres_url: str, clock: FakeClock, tmp_path: Path) -> Iterator[LogUnderTest]:
        engine = open_engine(postgres_url)
        database = Database(engine, partitions=PARTITIONS)
        blobs = FolderBlobStore(tmp_path / "blobs")
        opened: list[KafkaLog] = []
        with a_connection(PARTITIONS) as connection:

            def open_log(*, is_named: bool = True) -> KafkaLog:
                opened.append(KafkaLog(connection, database.reading, blobs, is_named=is_named))
                return opened[-1]

            def shipped(partition: int) -> int:
                with database.reading() as unit:
                    return unit.log.shipped(TOPIC, partition)

            shipper = KafkaShipper(connection, blobs)
            yield KafkaLogUnderTest(
                log=open_log(is_named=False),
                open_unit=database.unit,
                another_process=open_log,
                partitions=PARTITIONS[TOPIC],
                clock=clock,
                claim_ttl=timedelta(milliseconds=connection.session_timeout_ms),
                relay=Relay(shipper, database.shipping),
                shipped=shipped,
            )
            for log in opened:
                log.close()
            shipper.close()
        engine.dispose()

    @pytest.mark.xfail(
        os.environ.get("AMENDS_TEST_KAFKA_KIND") == StandIn.kind,
        strict=True,
        reason="the stand-in goes on counting a static member that has fallen silent",
    )
    def test_6_a_worker_that_says_nothing_for_too_long_loses_its_share(self, house: LogUnderTest) -> None:
        super().test_6_a_worker_that_says_nothing_for_too_long_loses_its_share(house)

"""`amends doctor` on Kafka and PostgreSQL: each thing that can be down, missing or off is named, with its remedy."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from kafka import KafkaAdminClient

from amends.bus.port import NewRecord, Topic
from amends.compose import House, utc_now
from amends.doctor import Finding, examine
from amends.settings import load_settings
from storage.engine import open_engine
from storage.migrate import pending
from tests.journeys.running import free_port, run_amends
from tests.servers.kafka import a_broker
from tests.servers.postgres import Postgres
from tests.support.places import server
from tests.support.postgres import a_postgres_database

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """An installation on Kafka and PostgreSQL that was set up."""

    settings: dict[str, Any]

    def examined(self, *, ahead: timedelta = timedelta(), **others: Any) -> dict[str, Finding]:
        """Examine it with some settings otherwise, and this machine's clock ahead."""

        def now() -> datetime:
            return utc_now() + ahead

        return {one.what: one for one in examine(load_settings(**{**self.settings, **others}), now=now)}

    def house(self, **others: Any) -> House:
        """Open it."""
        return House(settings=load_settings(**{**self.settings, **others}))


@pytest.fixture
def site(tmp_path: Path, postgres_url: str) -> Iterator[Site]:
    site = Site(
        settings={
            "data_dir": tmp_path / "data",
            "database_url": postgres_url,
            "kafka_servers": server("kafka"),
            "kafka_prefix": f"doctor-{uuid.uuid4().hex[:10]}.",
        }
    )
    house = site.house()
    assert house.secret
    assert house.blobs
    house.topics.ensure(house.topic_plans)
    yield site
    assert house.kafka is not None
    admin = KafkaAdminClient(**house.kafka.client())
    ours = [name for name in admin.list_topics() if name.startswith(house.kafka.prefix)]
    if ours:
        admin.delete_topics(ours)
    admin.close()


def bad(found: dict[str, Finding]) -> list[str]:
    return [what for what, finding in found.items() if not finding.is_well]


def test_all_is_well_where_all_is_well_and_each_thing_is_looked_at(site: Site) -> None:
    found = site.examined()

    assert bad(found) == []
    assert found.keys() >= {"broker", "topics", "record size", "relay", "clock", "sizes", "database", "stage deliver"}
    assert found["database"].says.startswith("PostgreSQL ")
    assert "the log 0 records" in found["sizes"].says


def test_a_broker_that_is_down_is_named_once(site: Site) -> None:
    found = site.examined(kafka_servers=f"127.0.0.1:{free_port()}")

    assert bad(found) == ["broker"]
    assert "start it" in found["broker"].remedy
    assert "AMENDS_KAFKA_SERVERS" in found["broker"].remedy


@pytest.mark.slow
def test_a_broker_that_goes_down_and_comes_back_is_named_as_long_as_it_is_down(tmp_path: Path, site: Site) -> None:
    broker = a_broker(tmp_path / "broker").start()
    try:
        house = site.house(kafka_servers=broker.servers)
        house.topics.ensure(house.topic_plans)
        assert [one for one in site.examined(kafka_servers=broker.servers).values() if not one.is_well] == []

        broker.stop()
        found = site.examined(kafka_servers=broker.servers)
        broker.start()

        assert bad(found) == ["broker"]
        assert bad(site.examined(kafka_servers=broker.servers)) == []
    finally:
        broker.stop()


def test_a_topic_that_is_missing_is_named_and_setup_makes_it(tmp_path: Path, site: Site) -> None:
    house = site.house()
    assert house.kafka is not None
    gone = house.kafka.topic(Topic.TRIAGED)
    admin = KafkaAdminClient(**house.kafka.client())
    admin.delete_topics([gone])
    admin.close()

    found = site.examined()
    made = run_amends("setup", at=tmp_path, settings={name: str(value) for name, value in site.settings.items()})

    assert bad(found) == ["topics"]
    assert f"topic {gone} is missing" in found["topics"].says
    assert "`amends setup`" in found["topics"].remedy
    assert f"topics: made {gone}" in made.out
    assert bad(site.examined()) == []


def test_a_topic_with_too_few_partitions_is_named(site: Site) -> None:
    found = site.examined(partitions=6)

    assert "topics" in bad(found)
    assert "has 4 partitions and needs 6" in found["topics"].says


def test_a_topic_that_takes_no_record_as_large_as_ours_is_named(site: Site) -> None:
    found = site.examined(kafka_body_bytes=2_000_000)

    assert "record size" in bad(found)
    assert "AMENDS_KAFKA_BODY_BYTES" in found["record size"].remedy


def test_a_database_that_goes_down_is_named_once_with_exit_code_1(tmp_path: Path, site: Site) -> None:
    own = Postgres(tmp_path / "postgres").start()
    try:
        settings = {**site.settings, "database_url": own.url()}
        house = site.house(database_url=own.url())
        house.database.engine.dispose()
        assert bad(site.examined(database_url=own.url())) == []

        own.stop()

        found = site.examined(database_url=own.url())
        words = {name: str(value) for name, value in settings.items()}
        told = run_amends("doctor", "--json", at=tmp_path, settings=words, code=1).json
        assert bad(found) == ["database"]
        assert "AMENDS_DATABASE_URL" in found["database"].remedy
        assert [one["what"] for one in told if not one["is_well"]] == ["database"]
        assert "amends:amends" not in str(told), "the password of the database is shown"
    finally:
        own.stop()


def test_a_migration_that_is_missing_is_named_and_not_run(site: Site) -> None:
    with a_postgres_database(is_empty=True) as url:
        found = site.examined(database_url=url)

        assert bad(found) == ["database"]
        assert "migrations missing: v0001" in found["database"].says
        assert "`amends setup`" in found["database"].remedy
        engine = open_engine(url)
        assert pending(engine)
        engine.dispose()


@pytest.mark.parametrize("kind", ["folder", "fsspec"])
def test_a_blob_store_that_cannot_be_written_is_named(tmp_path: Path, site: Site, kind: str) -> None:
    # Whoever runs the tests may be allowed to write everywhere: but nobody can into a folder that is
    # a file, nor into an archive that was opened to be read.
    with ZipFile(tmp_path / "plain", "w") as archive:
        archive.writestr("blobs/ab/abcd", b"kept before")
    address = {"folder": f"file://{tmp_path}/plain/blobs", "fsspec": f"zip://blobs::file://{tmp_path}/plain"}[kind]

    found = site.examined(blob_store=address)

    assert bad(found) == ["raw messages"]
    assert "AMENDS_BLOB_STORE" in found["raw messages"].remedy


@pytest.mark.parametrize(("seconds", "says"), [(5, "ahead of"), (-5, "behind")])
def test_a_clock_that_is_off_is_named(site: Site, seconds: int, says: str) -> None:
    found = site.examined(ahead=timedelta(seconds=seconds))

    assert bad(found) == ["clock"]
    assert f" s {says} the database server's" in found["clock"].says
    assert "time service" in found["clock"].remedy


def test_a_clock_that_is_off_by_a_second_is_let_pass(site: Site) -> None:
    assert bad(site.examined(ahead=timedelta(seconds=1))) == []


def test_a_relay_that_nobody_runs_is_named_and_one_that_has_done_its_work_is_not(site: Site) -> None:
    house = site.house()
    with house.database.unit() as unit:
        unit.log.publish([NewRecord(topic=Topic.OUTBOX, key="k", id="1", type="t", body=b"{}", at=utc_now())])
        unit.commit()

    before = site.examined()
    house.relay().step()
    after = site.examined()
    house.database.engine.dispose()

    assert "relay" in bad(before)
    assert "1 records wait" in before["relay"].says
    assert "`amends run relay`" in before["relay"].remedy
    assert "relay" not in bad(after)

"""The broker forgets all, or its topics are those of another life: new ones, under another name, put it right."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest
from kafka import KafkaAdminClient

from amends.compose import House
from tests.journeys.letters import a_letter
from tests.journeys.running import a_house, type_in, written_mails
from tests.support.places import server

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.slow]


@contextmanager
def _on_kafka(data: Path, database_url: str) -> Iterator[House]:
    """Open the installation with topics that nobody has had before."""
    prefix = f"lost-{uuid.uuid4().hex[:10]}."
    with a_house(data, database_url=database_url, kafka_servers=server("kafka"), kafka_prefix=prefix) as house:
        assert house.kafka is not None
        house.topics.ensure(house.topic_plans)
        yield house
        admin = KafkaAdminClient(**house.kafka.client())
        admin.delete_topics([house.kafka.topic(name) for name in house.topic_plans])
        admin.close()


def _letter(number: int) -> bytes:
    return a_letter(f"My parcel {number} is late.", message_id=f"parcel-{number}@customer.example")


def ship(house: House, *, messages: int) -> None:
    """Bring everything to the broker: so many messages, and the history of how they came."""
    with house.database.reading() as unit:
        waiting, _ = unit.log.unshipped()
    assert waiting > messages
    assert house.relay().step() == waiting


def test_what_new_topics_lack_is_read_from_the_table_and_what_comes_then_from_the_broker(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMENDS_DATABASE_URL", postgres_url)
    before = written_mails(tmp_path / "before", [_letter(number) for number in range(3)])
    after = written_mails(tmp_path / "after", [_letter(number) for number in range(3, 5)])
    type_in("ingest", "files", str(before), "--data-dir", str(tmp_path / "data"))
    with _on_kafka(tmp_path / "data", postgres_url) as house:
        ship(house, messages=3)

    with _on_kafka(tmp_path / "data", postgres_url) as house:
        type_in("ingest", "files", str(after), "--data-dir", str(tmp_path / "data"))
        ship(house, messages=2)
        runner = house.runner("triage", worker="anna")
        done = runner.run(Event(), until_idle=house.is_idle("triage"))

        assert done == 5
        with house.database.reading() as unit:
            assert unit.log.lag("triage", "messages") == 0

"""The log on Kafka under everything at once, drawn by chance: each record is read once, in the order of its key."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from kafka import TopicPartition

from amends.bus.kafka.clients import an_admin
from amends.bus.port import Record
from amends.bus.relay import Relay
from tests.bus.kafka.test_relay import DiesBeforeMarking, Dying
from tests.bus.kafka.works import PARTITIONS, TOPIC, Works, in_the_end

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

STEPS = 80


@pytest.mark.parametrize("seed", [1, 20261123, pytest.param(7, marks=pytest.mark.slow)])
def test_whatever_happens_each_record_is_read_once_and_in_order(works: Works, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - seeded
    log = works.log()
    published: list[str] = []
    seen: list[Record] = []

    def publish() -> None:
        new = [f"r{len(published) + number}" for number in range(chance.randrange(1, 30))]
        published.extend(new)
        for one in new:
            works.publish(one, key=f"person {chance.randrange(9)}", body=b"x" * chance.choice([2, 300, 5_000]))

    def ship() -> None:
        works.relay(batch=chance.randrange(1, 20)).step()

    def ship_and_die() -> None:
        with suppress(DiesBeforeMarking):
            Relay(Dying(works.shipper()), works.database.shipping, batch=chance.randrange(1, 20)).step()

    def read() -> None:
        seen.extend(works.read_once(log, limit=chance.randrange(1, 25)))

    def come_anew() -> None:
        nonlocal log
        log.close()
        log = works.log()

    def forget() -> None:
        partition = TopicPartition(works.connection.topic(TOPIC), chance.randrange(PARTITIONS[TOPIC]))
        with an_admin(works.connection) as admin:
            admin.delete_records({partition: -1})

    def meddle() -> None:
        offset = str(chance.randrange(200)).encode()
        works.put_on_broker(partition=chance.randrange(4), value=b"?", headers=[("amends_offset", offset)])

    deeds = [publish, ship, ship_and_die, read, read, read, come_anew, forget, meddle]
    weights = [8, 10, 3, 10, 10, 10, 1, 1, 1]
    for _ in range(STEPS):
        chance.choices(deeds, weights)[0]()
    works.ship_all()

    def all_are_read() -> bool:
        read()
        return len(seen) >= len(published)

    in_the_end(all_are_read, seconds=90)

    assert works.read_once(log) == []
    assert sorted(record.id for record in seen) == sorted(published)
    for partition in range(PARTITIONS[TOPIC]):
        offsets = [record.offset for record in seen if record.partition == partition]
        assert offsets == list(range(len(offsets)))
    assert all(len(record.body) in {2, 300, 5_000} for record in seen)

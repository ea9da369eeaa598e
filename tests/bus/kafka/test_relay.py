"""The relay: whatever becomes of it and of the broker, a reader sees each record once and in order."""

from __future__ import annotations

import logging
import multiprocessing
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Event, Thread

import pytest

from amends.bus.kafka.clients import an_admin
from amends.bus.kafka.records import offset_of
from amends.bus.kafka.topics import TopicPlan
from amends.bus.port import Place, Record, Shipped, Topic
from amends.bus.relay import Relay, Shipper
from amends.errors import Unavailable
from tests.bus.kafka.relaying import relay_for_ever
from tests.bus.kafka.works import PARTITIONS, TOPIC, Works, in_the_end, key_in

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]


@dataclass
class FakeShipper:
    """Takes what it is told to take, and remembers it."""

    refuses: set[Place] = field(default_factory=set)
    at_most: int = 1_000
    taken: list[str] = field(default_factory=list)
    is_closed: bool = False

    def ship(self, records: Sequence[Record]) -> Shipped:
        reached: dict[Place, int] = {}
        held_up: dict[Place, Exception] = {}
        for record in records:
            place = (record.topic, record.partition)
            if place in self.refuses:
                held_up[place] = Unavailable("it has no leader")
            elif sum(one.startswith(f"{place}") for one in self.taken) < self.at_most:
                self.taken.append(f"{place} {record.id}")
                reached[place] = record.next_offset
        return Shipped(reached=reached, held_up=held_up)  # type: ignore[arg-type]

    def close(self) -> None:
        self.is_closed = True


class DiesBeforeMarking(RuntimeError):
    """A relay that ends at the worst of moments."""


@dataclass
class Dying:
    """Ships, and dies when it has."""

    shipper: Shipper

    def ship(self, records: Sequence[Record]) -> Shipped:
        self.shipper.ship(records)
        raise DiesBeforeMarking

    def close(self) -> None:
        self.shipper.close()


def ids(records: Sequence[Record]) -> list[str]:
    return [record.id for record in records]


def test_what_the_broker_has_is_marked_and_the_rest_is_shipped_again(works: Works) -> None:
    works.publish(*(f"r{number}" for number in range(10)), key=key_in(1))
    shipper = FakeShipper(at_most=4)
    relay = Relay(shipper, works.database.shipping)

    assert relay.step() == 4
    assert works.shipped() == 4
    shipper.at_most = 1_000
    assert relay.step() == 6

    assert shipper.taken == [f"{(TOPIC, 1)} r{number}" for number in range(10)]


def test_a_partition_that_is_not_taken_rests_while_the_others_go_on(
    works: Works, caplog: pytest.LogCaptureFixture
) -> None:
    works.publish("stuck", key=key_in(0))
    shipper = FakeShipper(refuses={(TOPIC, 0)})
    relay = Relay(shipper, works.database.shipping)
    for number in range(20):
        works.publish(f"r{number}", key=key_in(1))
        assert relay.step() == 1

    assert len([one for one in caplog.records if one.message == "partition held up"]) < 5
    shipper.refuses.clear()
    in_the_end(lambda: relay.step() == 1)
    assert shipper.taken[-1] == f"{(TOPIC, 0)} stuck"


def test_a_relay_that_is_told_to_stop_lets_its_shipper_go(works: Works) -> None:
    shipper, stop = FakeShipper(), Event()
    stop.set()

    Relay(shipper, works.database.shipping).run(stop)

    assert shipper.is_closed


def test_a_relay_that_dies_between_shipping_and_marking_ships_copies_that_no_reader_sees(works: Works) -> None:
    published = [f"r{number}" for number in range(60)]
    works.publish(*published, key=key_in(2))
    for _ in range(3):
        dying = Relay(Dying(works.shipper()), works.database.shipping, batch=25)
        with pytest.raises(DiesBeforeMarking):
            dying.step()
    works.ship_all()

    assert len(works.on_broker()) == 60 + 3 * 25
    assert ids(works.read_all(works.joined(), 60, limit=7)) == published


def test_two_relays_at_once_ship_each_record_once_and_each_partition_in_order(works: Works) -> None:
    stop, threads = Event(), []
    for _ in range(2):
        threads.append(Thread(target=works.relay(batch=10).run, args=(stop,)))
        threads[-1].start()
    published = [f"r{number}" for number in range(400)]
    for start in range(0, 400, 8):
        works.publish(*published[start : start + 8])
    in_the_end(lambda: works.shipped() == 400)
    stop.set()
    for thread in threads:
        thread.join(20)

    for partition in range(PARTITIONS[TOPIC]):
        offsets = [offset_of(one) for one in works.on_broker() if one.partition == partition]
        assert offsets == list(range(len(offsets)))
    assert len(works.on_broker()) == 400


@pytest.mark.slow
def test_relays_that_are_killed_all_the_while_lose_nothing_and_keep_the_order(works: Works) -> None:
    chance, context = random.Random(20261123), multiprocessing.get_context("spawn")  # noqa: S311 - seeded
    log, seen, published, was_behind = works.joined(), [], 0, False
    deadline = time.monotonic() + 25
    while time.monotonic() < deadline:
        relay = context.Process(target=relay_for_ever, args=(works.connection, works.database_url))
        relay.start()
        # It takes a second or two to start.
        until = time.monotonic() + chance.uniform(2.0, 4.0)
        while time.monotonic() < until:
            works.publish(*(f"r{published + number}" for number in range(10)))
            published += 10
            seen += works.read_once(log)
        # It is killed with its hands full.
        works.publish(*(f"r{published + number}" for number in range(500)))
        published += 500
        relay.kill()
        relay.join()
        was_behind = was_behind or works.shipped() < published
    works.ship_all()
    while len(seen) < published:
        seen += works.read_once(log)

    assert was_behind
    assert sorted(ids(seen)) == sorted(f"r{number}" for number in range(published))
    for partition in range(PARTITIONS[TOPIC]):
        offsets = [record.offset for record in seen if record.partition == partition]
        assert offsets == list(range(len(offsets)))


def test_a_topic_that_is_missing_holds_up_no_other(works: Works) -> None:
    with an_admin(works.connection) as admin:
        admin.delete_topics([works.connection.topic(Topic.OUTBOX)])
    works.publish("lost letter", topic=Topic.OUTBOX)
    works.publish("r0", "r1", "r2")
    relay = works.relay()

    assert relay.step() == 3
    assert works.shipped(Topic.OUTBOX) == 0

    works.topics().ensure({Topic.OUTBOX: TopicPlan(name=Topic.OUTBOX, partitions=1)})
    in_the_end(lambda: relay.step() == 1)
    assert [one.key for one in works.on_broker(Topic.OUTBOX)] == [b"lost letter"]


def test_a_partition_that_the_topic_lacks_holds_up_no_other(works: Works, caplog: pytest.LogCaptureFixture) -> None:
    # The settings say eight, and nobody has told the broker.
    more = replace(works, database=works.database.__class__(works.database.engine, partitions={**PARTITIONS, TOPIC: 8}))
    more.publish(*(f"r{number}" for number in range(40)))
    relay = more.relay()
    with caplog.at_level(logging.WARNING):
        shipped = relay.step()

    assert 0 < shipped < 40
    assert "run `amends setup`" in " ".join(str(one.__dict__.get("why")) for one in caplog.records)
    works.topics().ensure({TOPIC: TopicPlan(name=TOPIC, partitions=8)})
    in_the_end(lambda: (relay.step() or True) and more.lag("nobody") == 40 and _all_shipped(more, 8) == 40)


def test_a_record_that_the_broker_refuses_as_too_large_travels_by_its_blob(works: Works) -> None:
    works.topics().ensure({TOPIC: TopicPlan(name=TOPIC, partitions=4)})
    _take_at_most(works, 20_000)
    noise = random.Random(1)  # noqa: S311 - what does not compress
    large, small = noise.randbytes(60_000), noise.randbytes(9_000)
    works.publish("before", key=key_in(0), body=small)
    works.publish("large", key=key_in(0), body=large)
    works.publish("after", key=key_in(0), body=small)
    works.publish("elsewhere", key=key_in(1), body=small)
    relay = works.relay()
    in_the_end(lambda: bool(relay.step() or True) and works.shipped() == 4)

    found = {record.id: record.body for record in works.read_all(works.joined(), 4)}

    assert found == {"before": small, "large": large, "after": small, "elsewhere": small}
    assert [len(one.value) for one in works.on_broker() if (("ce_id", b"large")) in one.headers] == [0]


def test_a_record_that_the_client_itself_holds_to_be_too_large_travels_by_its_blob(works: Works) -> None:
    # As with a setting that is above what the client was told to take.
    shipper = works.shipper(replace(works.connection, body_at_most=10_000_000))
    works.topics().ensure({TOPIC: TopicPlan(name=TOPIC, partitions=4)})
    body = random.Random(1).randbytes(3_000_000)  # noqa: S311 - what does not compress
    works.publish("large", body=body)
    relay = Relay(shipper, works.database.shipping)

    in_the_end(lambda: bool(relay.step() or True) and works.shipped() == 1)
    assert [record.body for record in works.read_all(works.joined(), 1)] == [body]


def test_many_small_records_that_are_too_large_together_arrive(works: Works) -> None:
    _take_at_most(works, 10_000)
    body = random.Random(1).randbytes(2_000)  # noqa: S311 - what does not compress
    works.publish(*(f"r{number}" for number in range(100)), key=key_in(0), body=body)
    works.ship_all()

    assert ids(works.read_all(works.joined(), 100)) == [f"r{number}" for number in range(100)]


def _take_at_most(works: Works, size_bytes: int) -> None:
    from kafka.admin import ConfigResource, ConfigResourceType

    name = works.connection.topic(TOPIC)
    with an_admin(works.connection) as admin:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, {"max.message.bytes": str(size_bytes)})])


def _all_shipped(works: Works, partitions: int) -> int:
    with works.database.reading() as unit:
        return sum(unit.log.shipped(TOPIC, partition) for partition in range(partitions))

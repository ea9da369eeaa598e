"""The database is gone, and the broker has the log: PostgreSQL and Kafka, two workers of each stage at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from kafka import KafkaAdminClient

from amends.bus.kafka.shipper import KafkaShipper
from amends.bus.port import Record, Shipped, Topic
from amends.bus.relay import Relay, Shipper
from amends.casework import cases as casework
from amends.cli.intake import take_in
from amends.compose import STAGES, House
from amends.rebuild import Rebuilt, open_present, rebuild
from storage.digest import digests
from storage.queue import queue
from storage.views import summary
from tests.journeys.letters import a_letter
from tests.journeys.running import a_house, wait_until, written_mails
from tests.support.places import server
from tests.support.postgres import a_postgres_database

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]


@pytest.fixture
def settings() -> Iterator[dict[str, Any]]:
    """Settings that name the servers, and topics of this test's own."""
    said: dict[str, Any] = {
        "kafka_servers": server("kafka"),
        "kafka_prefix": f"test-{uuid.uuid4().hex[:10]}.",
        "kafka_session_s": 6,
        "batch": 7,
        "cap_an_hour": 1_000,
    }
    with a_postgres_database() as address:
        yield {**said, "database_url": address}
    admin = KafkaAdminClient(bootstrap_servers=[said["kafka_servers"]])
    admin.delete_topics([name for name in admin.list_topics() if name.startswith(said["kafka_prefix"])])
    admin.close()


class LateWithTheHistory:
    """Ships everything but the history from its sixth event on: the moment at which a database is lost."""

    def __init__(self, shipper: Shipper) -> None:
        self._shipper = shipper

    def ship(self, records: Sequence[Record]) -> Shipped:
        late = [one for one in records if one.topic == Topic.HISTORY and one.offset >= 6]
        reached = dict(self._shipper.ship([one for one in records if one not in late]).reached)
        reached |= {(one.topic, one.partition): one.next_offset for one in late}
        return Shipped(reached=reached)

    def close(self) -> None:
        self._shipper.close()


def a_relay_that_is_late(house: House) -> Relay:
    assert house.kafka is not None
    return Relay(LateWithTheHistory(KafkaShipper(house.kafka, house.blobs)), house.database.shipping)


@contextmanager
def the_services(
    data: Path, settings: dict[str, Any], *, workers: int, relay_of: Callable[[House], Relay] = House.relay
) -> Iterator[House]:
    """Run the relay and so many workers of each stage, each with everything of its own."""
    stop = Event()
    with ExitStack() as opened:
        house = opened.enter_context(a_house(data, **settings))
        house.topics.ensure(house.topic_plans)
        runs = [relay_of(house).run]
        for stage in STAGES:
            for number in range(workers):
                its_own = opened.enter_context(a_house(data, **settings))
                runs.append(its_own.runner(stage, worker=f"{stage}-{number}").run)
        threads = [Thread(target=run, args=(stop,)) for run in runs]
        for thread in threads:
            thread.start()
        try:
            yield house
        finally:
            stop.set()
            for thread in threads:
                thread.join(60)


def is_done(house: House) -> bool:
    """Whether every stage has done everything and the broker has it all."""
    # In this order: what a stage does last has to be shipped, too.
    if not all(house.is_idle(stage)() for stage in STAGES):
        return False
    with house.database.reading() as unit:
        return unit.log.unshipped()[0] == 0


def test_a_database_that_is_gone_is_made_anew_from_the_broker(settings: dict[str, Any], tmp_path: Path) -> None:
    data = tmp_path / "data"
    crowd = a_crowd(tmp_path / "crowd", 80)
    with the_services(data, settings, workers=2) as house:
        take_in(house, crowd)
        wait_until(lambda: bool(queued(house)), saying="a case opens")
        for case_id in queued(house)[:5]:
            with house.database.unit() as unit:
                casework.take(unit, case_id, by="hana", at=datetime.now(UTC))
                unit.commit()
        wait_until(lambda: is_done(house), for_s=120, saying="everything is done")
    sent = sorted(path.name for path in (data / "sent").iterdir())

    with a_postgres_database() as new, a_house(data, **settings) as house:
        present = open_present(house)
        rebuilt = rebuild(house, new, log_=nullcontext(house.whole_topics().records), present=None)
        assert (rebuilt.left_out, rebuilt.failed, rebuilt.remarks) == (0, [], [])
        assert rebuilt.tables == digests(present)
        assert sorted(path.name for path in (data / "sent").iterdir()) == sent
        present.engine.dispose()

        # The pipeline is pointed at the new database, and goes on.
        with the_services(data, {**settings, "database_url": new}, workers=1) as moved:
            with moved.database.reading() as unit:
                assert unit.log.unshipped()[0] == 0
            take_in(moved, written_mails(tmp_path / "more", [a_letter(message_id="late-1@a")]))
            wait_until(lambda: is_done(moved), for_s=120, saying="the new message went through")
        assert len(list((data / "sent").iterdir())) == len(sent) + 1


def test_what_the_broker_did_not_get_before_the_end_comes_in_again_and_nothing_goes_twice(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    crowd = a_crowd(tmp_path / "crowd", 30)
    with the_services(data, settings, workers=1, relay_of=a_relay_that_is_late) as house:
        take_in(house, crowd)
        wait_until(lambda: is_done(house), for_s=120, saying="everything is done")
    sent = everything_in(data / "sent")

    with a_postgres_database() as new, a_house(data, **settings) as house:
        with house.database.viewing() as connection:
            before = summary(connection)
        rebuilt = rebuild(house, new, log_=nullcontext(house.whole_topics().records), present=None)
        assert rebuilt.events == 6
        stale = [f"{settings['kafka_prefix']}{topic}" for topic in ("triaged", "outbox")]
        assert [remark.partition(" ")[0] for remark in rebuilt.remarks] == stale
        delete(settings, stale)

        with the_services(data, {**settings, "database_url": new}, workers=1) as moved:
            take_in(moved, crowd)
            wait_until(lambda: is_done(moved), for_s=120, saying="what was left out is done again")
            with moved.database.viewing() as connection:
                after = summary(connection)
            again = rebuild_into_another(moved)
    assert (after.messages, after.cases, after.replies) == (before.messages, before.cases, before.replies)
    assert again.is_proved
    assert everything_in(data / "sent") == sent


def rebuild_into_another(house: House) -> Rebuilt:
    present = open_present(house)
    with a_postgres_database() as new:
        rebuilt = rebuild(house, new, log_=nullcontext(house.whole_topics().records), present=present)
    present.engine.dispose()
    return rebuilt


def a_crowd(folder: Path, letters: int) -> Path:
    """Write letters, some of which answer others and some of which say the same."""
    return written_mails(
        folder,
        [
            a_letter(
                f"{'Where is it?' if number % 3 else 'It broke.'} I am disappointed with order {number // 2}.",
                address=f"customer-{number % 25}@customer.example",
                message_id=f"letter-{number}@a",
                answers=f"<letter-{number - 25}@a>" if number >= 25 else "",
            )
            for number in range(letters)
        ],
    )


def everything_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def delete(settings: dict[str, Any], topics: list[str]) -> None:
    """Delete topics, and wait until they are gone."""
    admin = KafkaAdminClient(bootstrap_servers=[settings["kafka_servers"]])
    admin.delete_topics(topics)
    wait_until(lambda: not set(topics) & set(admin.list_topics()), saying="the topics are gone")
    admin.close()


def queued(house: House) -> list[str]:
    with house.database.viewing() as connection:
        return [row.case.id for row in queue(connection, now=datetime.now(UTC), limit=1_000).rows]

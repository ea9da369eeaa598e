"""The database is gone, and the broker has the log: PostgreSQL and Kafka, two workers of each stage at once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from kafka import KafkaAdminClient

from amends.casework import cases as casework
from amends.cli.intake import take_in
from amends.compose import STAGES, House
from amends.rebuild import open_present, rebuild
from storage.digest import digests
from storage.views import queue
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


@contextmanager
def the_services(data: Path, settings: dict[str, Any], *, workers: int) -> Iterator[House]:
    """Run the relay and so many workers of each stage, each with everything of its own."""
    stop = Event()
    with ExitStack() as opened:
        house = opened.enter_context(a_house(data, **settings))
        house.topics.ensure(house.topic_plans)
        runs = [house.relay().run]
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
    with house.database.reading() as unit:
        return unit.log.unshipped()[0] == 0 and all(house.is_idle(stage)() for stage in STAGES)


def test_a_database_that_is_gone_is_made_anew_from_the_broker(settings: dict[str, Any], tmp_path: Path) -> None:
    data = tmp_path / "data"
    crowd = written_mails(
        tmp_path / "crowd",
        [
            a_letter(
                f"{'Where is it?' if number % 3 else 'It broke.'} I am disappointed with order {number // 2}.",
                address=f"customer-{number % 25}@customer.example",
                message_id=f"letter-{number}@a",
            )
            for number in range(80)
        ],
    )
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


def queued(house: House) -> list[str]:
    with house.database.viewing() as connection:
        return [row.case.id for row in queue(connection, now=datetime.now(UTC))]

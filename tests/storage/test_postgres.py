"""What is particular to PostgreSQL: a server that goes away, sessions that freeze, two relays, limits of an index."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from amends.bus.port import Topic, Unshipped, partition_of
from amends.errors import Unavailable
from storage.engine import open_engine
from storage.migrate import upgrade
from storage.unit_of_work import Database
from tests.bus.stages import Workshop
from tests.conftest import PARTITIONS
from tests.servers.postgres import Postgres
from tests.support.builders import a_happening, a_record
from tests.support.clock import FakeClock

pytestmark = pytest.mark.postgres
TOPIC = Topic.MESSAGES


def opened(url: str, *, busy_timeout_s: float = 30) -> Database:
    return Database(open_engine(url, busy_timeout_s=busy_timeout_s), partitions=PARTITIONS)


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    database = opened(postgres_url)
    yield database
    database.engine.dispose()


def write(database: Database, what: str, *, meanwhile: Callable[[], object] = lambda: None) -> None:
    """Write an entry of the audit trail; something happens before it is committed."""
    with database.unit() as unit:
        unit.audit.append([a_happening(what)])
        meanwhile()
        unit.commit()


def written(database: Database) -> list[str]:
    with database.reading() as unit:
        return [json.loads(entry.happening_json)["action"] for entry in unit.audit.every()]


# Sessions that stand still


def test_a_writer_that_freezes_is_ended_and_the_next_one_gets_the_lock(database: Database, postgres_url: str) -> None:
    frozen = opened(postgres_url, busy_timeout_s=0.3)
    began = time.monotonic()
    with pytest.raises(Unavailable, match=r"may try again|check that the database server runs"):
        write(frozen, "never", meanwhile=lambda: write(database, "instead"))
    assert time.monotonic() - began < 20
    write(frozen, "awake again")
    assert written(database) == ["instead", "awake again"]
    frozen.engine.dispose()


def test_a_writer_that_dies_with_its_connection_leaves_nothing_and_holds_nobody_up(
    database: Database, postgres_url: str
) -> None:
    dying = opened(postgres_url)

    def die() -> None:
        with database.engine.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )

    with pytest.raises(Unavailable):
        write(dying, "never", meanwhile=die)
    write(database, "instead")
    assert written(database) == ["instead"]
    dying.engine.dispose()


def test_readers_wait_for_no_writer(database: Database, postgres_url: str) -> None:
    impatient = opened(postgres_url, busy_timeout_s=0.1)
    seen: list[list[str]] = []
    write(database, "new", meanwhile=lambda: seen.append(written(impatient)))
    assert (seen, written(impatient)) == ([[]], ["new"])
    impatient.engine.dispose()


# Addresses that lead nowhere


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"password": "wrong"}, "password authentication failed.*; check the user and the password"),
        ({"username": "nobody"}, "password authentication failed.*; check the user and the password"),
        ({"database": "nosuch"}, '"nosuch" does not exist; make that database'),
        ({"port": 1}, "refused.*; check that the database server runs"),
    ],
)
def test_a_server_that_will_not_let_us_in_is_told_with_the_remedy(
    postgres_url: str, change: dict[str, object], says: str
) -> None:
    url = make_url(postgres_url).set(**change).render_as_string(hide_password=False)  # type: ignore[arg-type]
    elsewhere = opened(url)
    with pytest.raises(Unavailable, match=says) as refused, elsewhere.reading():
        pytest.fail("let in")
    assert "\n" not in str(refused.value)
    assert "wrong" not in str(refused.value)
    with pytest.raises(Unavailable, match=says):
        upgrade(elsewhere.engine)


# A server that goes away


@pytest.fixture(scope="module")
def own_server() -> Iterator[Postgres]:
    # Not in pytest's own folder: that is closed to the user that the server runs as.
    with TemporaryDirectory(prefix="amends-postgres-") as folder:
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder), durable=True).start()
        yield server
        server.stop(at_once=True)


@pytest.mark.slow
def test_a_server_that_is_killed_and_started_again_has_what_was_committed_and_nothing_else(
    own_server: Postgres,
) -> None:
    database = opened(own_server.url())
    upgrade(database.engine)
    write(database, "committed")
    with pytest.raises(Unavailable):
        write(database, "half done", meanwhile=lambda: own_server.stop(at_once=True))
    for begin in (database.unit, database.reading, database.shipping):
        with pytest.raises(Unavailable, match="check that the database server runs"), begin():
            pytest.fail("nobody is there")
    own_server.start()
    # The same pool, whose connections are all dead.
    write(database, "after that")
    assert written(database) == ["committed", "after that"]
    database.engine.dispose()


class Pauses(threading.Event):
    """Never set. The server comes back during the third pause that somebody makes."""

    def __init__(self, server: Postgres) -> None:
        super().__init__()
        self.server = server
        self.made = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.made += 1
        if self.made == 3:
            self.server.start()
        return super().wait(timeout)


@pytest.mark.slow
def test_a_stage_waits_for_a_server_that_is_away_and_does_each_record_once(
    own_server: Postgres, clock: FakeClock
) -> None:
    database = opened(own_server.url())
    upgrade(database.engine)
    shop = Workshop(database, clock)
    shop.publish(*(f"r{number}" for number in range(6)))
    before = len(shop.done)
    pauses = Pauses(own_server)

    def away(record_id: str) -> None:
        if record_id == "r3" and not pauses.made:
            own_server.stop(at_once=True)

    shop.stage.applying = away
    shop.runner(batch=2, is_timed=True).run(pauses, until_idle=lambda: shop.lag == 0)
    assert pauses.made >= 3
    assert shop.done[before:] == [f"r{number}" for number in range(6)]
    database.engine.dispose()


# Two relays


def test_two_relays_pass_over_what_the_other_has_locked(database: Database) -> None:
    keys = {partition_of(key, PARTITIONS[TOPIC]): key for key in "abcdefghijklmnop"}

    def publish(record_id: str, partition: int) -> None:
        with database.unit() as unit:
            unit.log.publish([a_record(record_id, key=keys[partition])])
            unit.commit()

    for partition in (0, 1):
        publish(f"first {partition}", partition)
    with database.shipping() as unit:
        for unshipped in unit.log.lock_unshipped():
            unit.log.mark_shipped(unshipped, 1)
        unit.commit()
    publish("r0", 0)
    with database.shipping() as one, database.shipping() as two:
        assert one.log.lock_unshipped() == [Unshipped(topic=TOPIC, partition=0, next_offset=1)]
        publish("r1", 1)
        (by_two,) = two.log.lock_unshipped()
        assert by_two == Unshipped(topic=TOPIC, partition=1, next_offset=1)
        two.log.mark_shipped(by_two, 2)
        two.commit()
    # The first one was killed before it marked: its partition is shipped again.
    with database.shipping() as unit:
        assert [unshipped.partition for unshipped in unit.log.lock_unshipped()] == [0]
        assert unit.log.unshipped()[0] == 1


# What an index does not hold


def test_what_is_too_long_for_an_index_is_a_fault_of_the_record_and_the_stage_goes_on(
    database: Database, clock: FakeClock
) -> None:
    chance = random.Random(7)  # noqa: S311 - seeded
    # Random, or the server would compress it until it fits.
    long = "".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _ in range(9_000))
    with database.unit() as unit, pytest.raises(DBAPIError, match="index row"):
        unit.log.publish([a_record(long)])
    shop = Workshop(database, clock)

    def applying(record_id: str) -> None:
        if record_id == "r2":
            with database.shipping() as unit:
                unit.log.publish([a_record(long)])

    shop.stage.applying = applying
    shop.publish("r1", "r2", "r3")
    shop.runner().run(threading.Event(), until_idle=lambda: True)
    assert shop.done == ["r1", "r3"]
    assert [letter.record_id for letter in shop.dead()] == ["r2"]

"""What every test gets: a clean environment, no network, a clock that stands still, a fresh database."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from amends.bus.port import TOPICS, Topic
from storage.engine import open_engine
from storage.migrate import upgrade
from storage.unit_of_work import Database
from tests.servers.dovecot import Dovecot
from tests.support.clock import FakeClock
from tests.support.network import forbid_network
from tests.support.places import is_required, missing, server
from tests.support.postgres import a_postgres_database

#: Few, so that two keys share one now and then.
PARTITIONS = {**dict.fromkeys(TOPICS, 4), Topic.HISTORY: 1}
#: These steer the tests themselves and reach no code of ours.
_OF_THE_TESTS = ("AMENDS_REQUIRE_", "AMENDS_SHARED_DATA", "AMENDS_TEST_")


def pytest_configure(config: pytest.Config) -> None:
    """Keep all tests off the network, from the first import on, and let none fail because the machine is busy.

    With SAME_EXAMPLES=1, as in CI, property tests draw the same examples each time: what lands is no
    matter of luck, and whoever works on it still meets new ones.
    """
    forbid_network()
    settings.register_profile("amends", deadline=None, derandomize=os.environ.get("SAME_EXAMPLES") == "1")
    settings.load_profile("amends")


def pytest_report_header() -> list[str]:
    """Name the servers that the tests run against: a stand-in for the broker is no Apache Kafka."""
    kind = os.environ.get("AMENDS_TEST_KAFKA_KIND", "of a kind that nobody named") if server("kafka") else "none"
    return [f"broker: {kind}", f"database servers: SQLite{' and PostgreSQL' if server('postgres') else ''}"]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs something that is not here, or fail it where everything has to be here."""
    for mark in ("shared_data", "browser", "dovecot", "kafka", "postgres", "postfix", "npm"):
        if item.get_closest_marker(mark) is not None and (what := missing(mark)):
            if is_required(mark):
                pytest.fail(f"{what}, and AMENDS_REQUIRE_{mark.upper()}=1", pytrace=False)
            pytest.skip(what)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no setting of this machine leak into a test."""
    for name in os.environ:
        if name.startswith("AMENDS_") and not name.startswith(_OF_THE_TESTS):
            monkeypatch.delenv(name)


@pytest.fixture
def clock() -> FakeClock:
    """A clock that a test turns."""
    return FakeClock()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that has all tables and no rows, to be copied."""
    path = tmp_path_factory.mktemp("template") / "amends.db"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture
def database_file(migrated_file: Path, tmp_path: Path) -> Path:
    """A fresh database file with all tables."""
    return Path(shutil.copy(migrated_file, tmp_path / "amends.db"))


@pytest.fixture
def database(database_file: Path) -> Iterator[Database]:
    """A fresh database with all tables."""
    engine = open_engine(f"sqlite:///{database_file}")
    yield Database(engine, partitions=PARTITIONS)
    engine.dispose()


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The address of a fresh PostgreSQL database with all tables; it goes with the test."""
    with a_postgres_database() as url:
        yield url


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    """A mail server with empty mailboxes; it goes with the test, which is to be marked `dovecot`."""
    server = Dovecot()
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh database with all tables: the test runs once on each kind."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{request.getfixturevalue('database_file')}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database without a table: the test runs once on each kind."""
    if request.param == "postgres":
        with a_postgres_database(is_empty=True) as url:
            yield url
    else:
        yield f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
def database_of_each_kind(database_url: str) -> Iterator[Database]:
    """A fresh database with all tables, of each kind in turn."""
    engine = open_engine(database_url)
    yield Database(engine, partitions=PARTITIONS)
    engine.dispose()

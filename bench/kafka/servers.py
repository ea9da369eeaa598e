"""A broker and a database of the benchmark's own, and what a fresh installation on them is started with."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

from tests.servers.kafka import Broker, a_broker
from tests.servers.postgres import Postgres


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Both servers, running."""

    broker: Broker
    postgres: Postgres
    folder: Path
    #: What every installation on them is set to, beside what they all share.
    settings: Mapping[str, str] = field(default_factory=dict)

    def versions(self) -> str:
        """Name both, with their versions."""
        with self._administer() as connection:
            version = connection.execute(text("SHOW server_version")).scalar_one()
        return f"{self.broker.kind}, PostgreSQL {str(version).split()[0]}"

    @contextmanager
    def installation(self) -> Iterator[dict[str, str]]:
        """Give the settings of a fresh installation, by name: an empty database, a prefix of its own.

        It acknowledges old messages too and has no caps: more work than usual, not less.
        """
        name = f"bench_{uuid4().hex[:10]}"
        with self._administer() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
        home = Path(tempfile.mkdtemp(prefix="house-", dir=self.folder))
        wanted = {
            "data_dir": str(home),
            "database_url": self.postgres.url(name),
            "kafka_servers": self.broker.servers,
            "kafka_prefix": f"{name}.",
            "organisation": "Northmoor",
            "mail_from": "care@northmoor.example",
            "mail_replies": "replies@northmoor.example",
            "sender": "folder",
            "acknowledge_within_days": "36500",
            "cap_per_sender_a_day": "1000000",
            "acknowledge_pause_minutes": "0",
            "cap_per_case": "1000000",
            "cap_an_hour": "1000000",
            "log_level": "warning",
            **self.settings,
        }
        try:
            yield wanted
        finally:
            with self._administer() as connection:
                connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
            shutil.rmtree(home, ignore_errors=True)

    @contextmanager
    def _administer(self) -> Iterator[Connection]:
        engine = create_engine(_with_driver(self.postgres.url()), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            yield connection
        engine.dispose()


@contextmanager
def running(folder: Path, *, settings: Mapping[str, str] | None = None) -> Iterator[Servers]:
    """Start both in a folder, with commits forced to disk, and end them.

    Raises:
        NoServer: one of them cannot be had here.
    """
    folder.chmod(0o755)
    postgres, broker = Postgres(folder / "postgres", durable=True), a_broker(folder / "kafka")
    try:
        postgres.start()
        _note_commit_times(postgres)
        broker.start()
        yield Servers(broker=broker, postgres=postgres, folder=folder, settings=settings or {})
    finally:
        broker.stop()
        postgres.stop()


def _note_commit_times(postgres: Postgres) -> None:
    """Have the server remember when each transaction was committed: from that the latency is read."""
    engine = create_engine(_with_driver(postgres.url()), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("ALTER SYSTEM SET track_commit_timestamp = on"))
    engine.dispose()
    postgres.stop()
    postgres.start()


def _with_driver(url: str) -> str:
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)

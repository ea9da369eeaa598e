"""The servers that other tests rely on end with whoever started them, and come from where they should."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.running import wait_until
from tests.servers.kafka import StandIn, a_broker, cache, fetched_jars
from tests.servers.ports import NoServer, answers
from tests.servers.postgres import Postgres
from tests.support.places import REPOSITORY

_STARTER = """
import pathlib, sys, threading
from tests.servers.postgres import Postgres
server = Postgres(pathlib.Path(sys.argv[1]))
thread = threading.Thread(target=server.start)
thread.start()
thread.join()
print(server.port, flush=True)
sys.stdin.read()
"""


@pytest.mark.postgres
def test_a_server_outlives_the_thread_that_started_it_and_not_its_process(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _STARTER, str(tmp_path / "postgres")]
    with subprocess.Popen(
        command, cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, stdin=-1, stdout=-1, text=True
    ) as starter:
        assert starter.stdout is not None
        port = int(starter.stdout.readline())
        assert answers(port)

        starter.send_signal(signal.SIGKILL)

        wait_until(lambda: not answers(port), for_s=20, saying="PostgreSQL ends with the process that started it")


@pytest.mark.postgres
def test_a_server_that_was_stopped_as_if_the_power_had_gone_starts_again(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "postgres").start()
    try:
        server.stop(at_once=True)
        assert not answers(server.port)

        server.start()

        assert answers(server.port)
    finally:
        server.stop()


def test_a_broker_that_nobody_knows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMENDS_TEST_BROKER", "rabbit")

    with pytest.raises(NoServer, match="kafka, noida-db or empty"):
        a_broker(tmp_path)


def test_the_stand_in_can_be_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMENDS_TEST_BROKER", StandIn.kind)

    assert a_broker(tmp_path).kind == StandIn.kind


def test_who_asks_for_apache_kafka_gets_no_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMENDS_TEST_BROKER", "kafka")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NoServer, match="needs Java 17"):
        a_broker(tmp_path)


@pytest.mark.kafka
def test_what_was_fetched_once_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.environ.get("AMENDS_TEST_KAFKA_KIND") == StandIn.kind:
        pytest.skip("Apache Kafka's jars were never fetched: its stand-in is in use")
    jars = fetched_jars()
    (tmp_path / "java").symlink_to("/bin/true")
    monkeypatch.setenv("PATH", str(tmp_path))

    assert fetched_jars() == jars == cache() / jars.name
    assert not list(cache().glob("*.part"))

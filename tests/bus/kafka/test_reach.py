"""Ways to a broker that do not lead there: what is said, and how soon."""

from __future__ import annotations

import gc
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from amends.bus.kafka.clients import an_admin
from amends.bus.kafka.connection import Connection
from amends.errors import AmendsError, Misconfigured, Unavailable
from tests.servers.ports import HOST, free_port
from tests.support.places import server

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture(autouse=True)
def _sockets_are_swept() -> Iterator[None]:
    """Let the warnings of kafka-python, which forgets a socket whose TLS fails, come here and nowhere else."""
    yield
    gc.collect()


def said_of(connection: Connection) -> AmendsError:
    """Give what is said of a connection that leads nowhere, and see that it does not take long."""
    began = time.monotonic()
    with pytest.raises(AmendsError) as caught, an_admin(connection):
        pass
    assert time.monotonic() - began < 20
    return caught.value


@contextmanager
def a_listener(*, answers: bytes = b"", hangs_up: bool = True) -> Iterator[str]:
    """Something that takes connections, says what it says, if anything, and is no broker."""
    with socket.create_server((HOST, 0)) as listening:
        stop, kept = threading.Event(), []

        def serve() -> None:
            listening.settimeout(0.1)
            while not stop.is_set():
                with suppress(OSError):
                    reached, _ = listening.accept()
                    if not hangs_up:
                        kept.append(reached)
                        continue
                    with reached:
                        reached.settimeout(0.5)
                        reached.recv(100)
                        reached.sendall(answers)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"{HOST}:{listening.getsockname()[1]}"
        stop.set()
        thread.join()
        for reached in kept:
            reached.close()


def test_a_port_that_nobody_listens_on() -> None:
    port = free_port()
    said = said_of(Connection(servers=(f"{HOST}:{port}",)))

    assert isinstance(said, Unavailable)
    assert f"nothing answers at {HOST}:{port}" in str(said)
    assert "AMENDS_KAFKA_SERVERS" in str(said)


def test_a_name_that_cannot_be_looked_up() -> None:
    said = said_of(Connection(servers=("broker..example:9092",)))

    assert isinstance(said, Unavailable)
    assert "knows no address of the broker broker..example" in str(said)


@pytest.mark.parametrize("answers", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"], ids=["nothing", "as a web server"])
def test_something_that_is_no_broker(answers: bytes) -> None:
    with a_listener(answers=answers) as where:
        said = said_of(Connection(servers=(where,)))

    assert isinstance(said, Unavailable)
    assert "does not answer as a broker" in str(said)


def test_a_port_without_tls_is_told_when_tls_is_asked_for() -> None:
    with a_listener() as where:
        said = said_of(Connection(servers=(where,), security="SSL"))

    assert isinstance(said, Misconfigured)
    assert "does not speak TLS" in str(said)
    assert "AMENDS_KAFKA_SECURITY" in str(said)


@pytest.mark.parametrize("security", ["PLAINTEXT", "SSL"])
def test_something_that_never_says_a_word_is_not_waited_for(security: str) -> None:
    with a_listener(hangs_up=False) as where:
        said = said_of(Connection(servers=(where,), security=security))

    assert where in str(said)


def test_a_missing_file_of_authorities_is_named() -> None:
    said = said_of(Connection(servers=(f"{HOST}:1",), security="SSL", ca_file="nowhere/ca.pem"))

    assert isinstance(said, Misconfigured)
    assert "AMENDS_KAFKA_CA_FILE" in str(said)


def test_a_file_of_authorities_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    with a_listener() as where:
        said = said_of(Connection(servers=(where,), security="SSL", ca_file=str(tmp_path / "ca.pem")))

    assert isinstance(said, Misconfigured)
    assert "AMENDS_KAFKA_CA_FILE" in str(said)


@pytest.mark.kafka
def test_of_several_brokers_one_that_answers_is_enough() -> None:
    with an_admin(Connection(servers=(f"{HOST}:{free_port()}", server("kafka")))) as admin:
        assert admin.describe_cluster()["brokers"]


@pytest.mark.kafka
def test_a_real_broker_without_tls_is_told_when_tls_is_asked_for() -> None:
    said = said_of(Connection(servers=(server("kafka"),), security="SSL"))

    assert isinstance(said, Misconfigured)
    assert "does not speak TLS" in str(said)

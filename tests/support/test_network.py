"""The guard itself: no test reaches another machine."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.support.network import NetworkUse


def test_another_machine_cannot_be_reached() -> None:
    with socket.socket() as outwards, pytest.raises(NetworkUse, match=r"192\.0\.2\.1"):
        outwards.connect(("192.0.2.1", 80))


def test_a_name_of_another_machine_cannot_be_looked_up() -> None:
    with pytest.raises(NetworkUse):
        socket.getaddrinfo("example.com", 443)


def test_nothing_can_be_sent_to_another_machine_without_a_connection() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as outwards, pytest.raises(NetworkUse):
        outwards.sendto(b"hello", ("192.0.2.1", 53))


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


def test_a_socket_named_by_a_path_can_be_reached(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as visitor:
        server.bind(str(tmp_path / "door"))
        server.listen()
        visitor.connect(str(tmp_path / "door"))


def test_no_setting_of_this_machine_leaks_into_a_test() -> None:
    of_ours = {name for name in os.environ if name.startswith("AMENDS_")}
    assert all(name.startswith(("AMENDS_REQUIRE_", "AMENDS_SHARED_DATA", "AMENDS_TEST_")) for name in of_ours)

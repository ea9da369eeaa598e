"""The server beside a service: three addresses, answered at once whatever the service is doing."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest

from amends.errors import Misconfigured
from amends.ops.server import OpsServer
from tests.journeys.running import wait_until
from tests.ops.test_figures import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def server(desk: Desk) -> Iterator[OpsServer]:
    server = OpsServer("127.0.0.1", 0, desk.health, desk.figures)
    server.start()
    yield server
    server.stop()


def ask(server: OpsServer, path: str, method: str = "GET") -> httpx.Response:
    return httpx.request(method, f"http://127.0.0.1:{server.port}{path}", timeout=10)


def test_a_service_that_is_well_says_so(server: OpsServer) -> None:
    assert [(ask(server, path).status_code, ask(server, path).text) for path in ("/livez", "/readyz")] == [
        (200, "live\n"),
        (200, "ready\n"),
    ]


def test_a_loop_that_stands_still_is_not_live_and_one_that_fails_is_not_ready(server: OpsServer, desk: Desk) -> None:
    desk.figures.waits("triage", "ConnectionRefusedError", 1)
    desk.clock.time += 20
    assert ask(server, "/livez").status_code == 200
    failing = ask(server, "/readyz")
    assert (failing.status_code, failing.text) == (503, "stage: failing for 20 s (ConnectionRefusedError)\n")

    desk.clock.time += 60
    still = ask(server, "/livez")
    assert (still.status_code, still.text) == (503, "the loop has not moved for 79 s\n")


def test_the_page_of_figures_is_in_prometheus_form(server: OpsServer) -> None:
    answer = ask(server, "/metrics")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "# TYPE amends_outcomes_total counter" in answer.text
    assert "_created" not in answer.text


def test_there_is_nothing_else_and_nothing_to_send(server: OpsServer) -> None:
    assert ask(server, "/").status_code == 404
    assert ask(server, "/metrics/../secret").status_code == 404
    assert ask(server, "/metrics", "POST").status_code == 501
    head = ask(server, "/metrics", "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["server"] == "amends"


def test_a_port_that_another_has_is_refused_with_a_remedy(server: OpsServer, desk: Desk) -> None:
    with pytest.raises(Misconfigured, match="--ops-port"):
        OpsServer("127.0.0.1", server.port, desk.health, desk.figures)


def test_whoever_connects_and_says_nothing_keeps_nobody_out_for_long(server: OpsServer) -> None:
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    try:
        wait_until(lambda: _is_served(server), for_s=20, saying="the silent are hung up on")
    finally:
        for one in silent:
            one.close()


def _is_served(server: OpsServer) -> bool:
    try:
        return ask(server, "/livez").status_code == 200
    except httpx.TransportError:
        return False

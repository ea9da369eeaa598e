"""Whoever opens connections to the form and says nothing keeps nobody out for long."""

from __future__ import annotations

import contextlib
import socket
from threading import Event, Thread

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from amends.web import serve as serving
from amends.web.serve import serve
from tests.journeys.running import wait_until


def hello(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


def test_connections_without_a_request_are_closed_and_others_served() -> None:
    app = Starlette(routes=[Route("/", hello)])
    stop = Event()
    ports: list[int] = []
    server = Thread(
        target=serve, args=(app, "127.0.0.1", 0, stop), kwargs={"on_bound": ports.append, "head_timeout_s": 1.0}
    )
    server.start()
    try:
        wait_until(lambda: bool(ports))
        with contextlib.ExitStack() as held:
            silent = [held.enter_context(connected(ports[0])) for _ in range(serving.MOST_CONNECTIONS + 10)]
            for number, one in enumerate(silent):
                one.sendall(b"GET / HTTP/1.1\r\nHos" if number % 2 else b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT")
            wait_until(lambda: b"200 OK" in answer(ports[0]), for_s=10)
            assert silent[1].recv(10) == b""
    finally:
        stop.set()
        server.join()


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def answer(port: int) -> bytes:
    with connected(port) as one:
        one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return one.recv(1000)

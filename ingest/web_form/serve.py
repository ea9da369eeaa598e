"""Runs the app until it is told to stop."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Generator

import uvicorn
from starlette.types import ASGIApp

from amends.errors import Misconfigured

#: How long requests in hand may take after the stop.
GRACE_S = 10
#: Requests in hand at once; more are answered 503, before memory runs short.
MOST_CONNECTIONS = 200


def serve(
    app: ASGIApp, host: str, port: int, stop: threading.Event, *, on_bound: Callable[[int], None] = lambda port: None
) -> None:
    """Serve `app` in this thread until `stop` is set; then finish the requests in hand.

    `on_bound` is called once requests are taken, with the port: of interest where
    `port` is 0, which takes any free one. Signals are left to the caller. Requests
    are not logged by line: their addresses hold status tokens.

    Raises:
        Misconfigured: the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as why:
        raise Misconfigured(f"cannot listen on {host}, port {port} ({why.strerror}); choose another port") from why
    # asyncio switches Nagle's delay off only on sockets made with their protocol named, which this one is not:
    # without this line each answer waits 40 ms for an acknowledgement. Accepted sockets inherit it.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        # The app itself decides which proxies to believe.
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=GRACE_S,
    )
    with listener:
        _StoppableServer(config, stop, on_bound).run(sockets=[listener])


class _StoppableServer(uvicorn.Server):
    """A server that stops on an event instead of on signals."""

    def __init__(self, config: uvicorn.Config, stop: threading.Event, on_bound: Callable[[int], None]) -> None:
        super().__init__(config)
        self._stop = stop
        self._on_bound = on_bound

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        for listener in sockets or []:
            self._on_bound(listener.getsockname()[1])

    async def on_tick(self, counter: int) -> bool:
        return self._stop.is_set() or await super().on_tick(counter)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

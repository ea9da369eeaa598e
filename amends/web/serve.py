"""Runs an app until it is told to stop."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Generator
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from amends.errors import Misconfigured

#: How long requests in hand may take after the stop.
GRACE_S = 10
#: Requests in hand at once; more are answered 503, before memory runs short.
MOST_CONNECTIONS = 200
#: How long the head of a request may take to arrive.
HEAD_TIMEOUT_S = 15.0
_TICKS_A_SECOND = 10


def serve(
    app: ASGIApp,
    host: str,
    port: int,
    stop: threading.Event,
    *,
    on_bound: Callable[[int], None] = lambda port: None,
    head_timeout_s: float = HEAD_TIMEOUT_S,
    on_turn: Callable[[], None] = lambda: None,
    most_connections: int = MOST_CONNECTIONS,
) -> None:
    """Serve `app` in this thread until `stop` is set; then finish the requests in hand.

    `on_bound` is called once requests are taken, with the port: of interest where
    `port` is 0, which takes any free one. `head_timeout_s` is how long the head of a
    request may take. `on_turn` is called once a second, for as long as the server's loop
    turns. `most_connections` is how many may be open at once. What an app keeps in
    `state.on_start` is called before the first request, what in `state.on_stop` when no
    more are taken. Signals are left to the caller. Requests are not logged by line: their
    addresses hold status tokens.

    Raises:
        Misconfigured: the address cannot be listened on.
    """
    listener = listen(host, port)
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
        limit_concurrency=most_connections,
        timeout_graceful_shutdown=GRACE_S,
    )
    with listener:
        _StoppableServer(config, stop, on_bound, head_timeout_s, on_turn).run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """Listen on an address; whoever calls this closes it.

    Raises:
        Misconfigured: the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as why:
        raise Misconfigured(f"cannot listen on {host}, port {port} ({why.strerror}); choose another port") from why


class _StoppableServer(uvicorn.Server):
    """A server that stops on an event instead of on signals."""

    def __init__(
        self,
        config: uvicorn.Config,
        stop: threading.Event,
        on_bound: Callable[[int], None],
        head_timeout_s: float,
        on_turn: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._stop = stop
        self._on_bound = on_bound
        self._head_timeout_s = head_timeout_s
        self._on_turn = on_turn
        self._silent_since: dict[Any, float] = {}

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._tell("on_start")
        for listener in sockets or []:
            self._on_bound(listener.getsockname()[1])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Answers that last for ever end now; the others may finish.
        self._tell("on_stop")
        await super().shutdown(sockets=sockets)

    def _tell(self, what: str) -> None:
        for hear in getattr(getattr(self.config.app, "state", None), what, ()):
            hear()

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS_A_SECOND == 0:
            self._hang_up_on_the_silent(time.monotonic())
            self._on_turn()
        return self._stop.is_set() or await super().on_tick(counter)

    def _hang_up_on_the_silent(self, now: float) -> None:
        """Close connections that ask for nothing: whoever holds all there are keeps everybody else out.

        The server by itself waits for ever for the rest of a request's head.
        """
        silent = {one for one in self.server_state.connections if _is_silent(one)}
        self._silent_since = {one: self._silent_since.get(one, now) for one in silent}
        for one, since in self._silent_since.items():
            if now - since > self._head_timeout_s:
                one.transport.close()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def _is_silent(connection: Any) -> bool:
    """Whether no request is in hand on a connection: none has come whole, or the last one is answered."""
    request = getattr(connection, "cycle", None)
    return request is None or request.response_complete

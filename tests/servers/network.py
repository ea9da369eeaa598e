"""What the test servers of networks share: faults on demand, rate limits, and a count of each request."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit


class Fault(Enum):
    """What can go wrong with one request."""

    #: 429, and when it will be over.
    LIMITED = auto()
    #: 429, and not a word more.
    LIMITED_BARE = auto()
    #: 429, with a word that is no time.
    LIMITED_GARBLED = auto()
    #: 503 with a page for people.
    BUSY = auto()
    #: Nothing is done, and nothing comes back for longer than anybody waits.
    SILENT = auto()
    #: The connection is closed before anything is done.
    CUT_BEFORE = auto()
    #: Everything is done, and the connection is closed without a word.
    CUT_AFTER = auto()
    #: Everything is done, and nothing comes back for longer than anybody waits.
    SILENT_AFTER = auto()
    #: Everything is done, and 503 comes back.
    BUSY_AFTER = auto()
    #: 200, with something that is no JSON.
    GARBLED = auto()
    #: 401.
    UNKNOWN_KEYS = auto()
    #: 403: the app may read, and not write.
    READ_ONLY_KEYS = auto()
    #: 307, by somebody who stands between us and the network.
    LED_ASTRAY = auto()


_AFTER = {Fault.CUT_AFTER, Fault.SILENT_AFTER, Fault.BUSY_AFTER}
Answer = tuple[int, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    #: The path with its query, as it came.
    whole_path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    def said(self, name: str, usual: str = "") -> str:
        return self.query.get(name, [usual])[0]


@dataclass
class NetworkServer:
    """A network, and what is to go wrong with it. `at` is the time of its posts, and is turned by the tests."""

    at: datetime
    #: The endpoint of each request that came.
    requests: list[str] = field(default_factory=list)
    #: How long a silent request is held, and how long our side waits for an answer, in seconds.
    silence_s: float = 0.7
    patience_s: float = 10.0
    #: How many requests an endpoint still takes, and says so; unlimited if it is not here.
    remaining: dict[str, int] = field(default_factory=dict)
    reset_in_s: float = 600.0
    #: The most that a page holds, whatever is asked for.
    page_most: int = 1_000
    port: int = 0
    _faults: dict[str, deque[Fault]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def goes_wrong(self, endpoint: str, *faults: Fault) -> None:
        """Let the next requests of an endpoint fail, each in its way. Who is to see silence signs in afterwards."""
        if {Fault.SILENT, Fault.SILENT_AFTER} & set(faults):
            self.patience_s = 0.4
        self._faults.setdefault(endpoint, deque()).extend(faults)

    def asked(self, endpoint: str) -> int:
        """Say how often an endpoint was asked."""
        return self.requests.count(endpoint)

    def next_fault(self, endpoint: str) -> Fault | None:
        faults = self._faults.get(endpoint)
        return faults.popleft() if faults else None

    # What each network does in its own way.

    def endpoint(self, method: str, path: str) -> str:
        """Name what is asked for, "" where there is nothing."""
        raise NotImplementedError

    def knows(self, asked: Asked, endpoint: str) -> bool:
        """Whether who asks has shown who they are."""
        raise NotImplementedError

    def answer(self, endpoint: str, asked: Asked) -> Answer:
        """Do what is asked."""
        raise NotImplementedError

    def problem(self, title: str, says: str = "") -> Any:
        """Say in the network's own form that something is wrong."""
        raise NotImplementedError

    def limits(self, remaining: int, reset: datetime) -> dict[str, str]:
        """Say in headers how many requests are left, and until when there are no more."""
        raise NotImplementedError

    def limits_garbled(self) -> dict[str, str]:
        """Say the same in words that are no time."""
        raise NotImplementedError

    def read_only(self) -> Any:
        """Say that the app may not write."""
        return self.problem("Forbidden", "This action is outside the authorized scopes")


Server = TypeVar("Server", bound=NetworkServer)


@contextmanager
def serving(known: Server) -> Iterator[Server]:
    """Serve a network on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._serve("GET")

        def do_POST(self) -> None:
            self._serve("POST")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _serve(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            parts = urlsplit(self.path)
            asked = Asked(method, parts.path, self.path, parse_qs(parts.query), self.headers, body)  # type: ignore[arg-type]
            endpoint = known.endpoint(method, parts.path)
            known.requests.append(endpoint)
            fault = known.next_fault(endpoint)
            if fault in {Fault.SILENT, Fault.CUT_BEFORE}:
                self._hang_up(known.silence_s if fault is Fault.SILENT else 0)
            elif fault is not None and fault not in _AFTER:
                self._fail(fault)
            elif not known.knows(asked, endpoint):
                self._say(401, known.problem("Unauthorized"))
            elif not endpoint:
                self._say(404, known.problem("Not Found"))
            elif known.remaining.get(endpoint, 1) < 1:
                self._fail(Fault.LIMITED)
            else:
                headers = {}
                if endpoint in known.remaining:
                    known.remaining[endpoint] -= 1
                    headers = self._limits(known.remaining[endpoint])
                with known._lock:
                    status, whole = known.answer(endpoint, asked)
                if fault in {Fault.CUT_AFTER, Fault.SILENT_AFTER}:
                    self._hang_up(known.silence_s if fault is Fault.SILENT_AFTER else 0)
                elif fault is Fault.BUSY_AFTER:
                    self._fail(Fault.BUSY)
                else:
                    self._say(status, whole, headers)

        def _fail(self, fault: Fault) -> None:
            if fault is Fault.LIMITED:
                self._say(429, known.problem("Too Many Requests"), self._limits(0))
            elif fault is Fault.LIMITED_BARE:
                self._say(429, known.problem("Too Many Requests"))
            elif fault is Fault.LIMITED_GARBLED:
                self._say(429, "slow down", known.limits_garbled())
            elif fault is Fault.BUSY:
                self._say_bytes(503, b"<html>over capacity</html>", {})
            elif fault is Fault.GARBLED:
                self._say_bytes(200, b"<html>hello</html>", {})
            elif fault is Fault.READ_ONLY_KEYS:
                self._say(403, known.read_only())
            elif fault is Fault.LED_ASTRAY:
                self._say_bytes(307, b"", {"location": f"{known.url}/elsewhere"})
            else:
                self._say(401, known.problem("Unauthorized"))

        def _limits(self, remaining: int) -> dict[str, str]:
            return known.limits(remaining, known.at + timedelta(seconds=known.reset_in_s))

        def _say(self, status: int, whole: Any, headers: dict[str, str] | None = None) -> None:
            kind = {"content-type": "application/json; charset=utf-8"}
            self._say_bytes(status, json.dumps(whole).encode(), kind | (headers or {}))

        def _say_bytes(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def _hang_up(self, after_s: float) -> None:
            stopping.wait(after_s)
            self.close_connection = True
            # Reset, rather than end: nothing that was written arrives any more.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

        def handle(self) -> None:
            try:
                super().handle()
            except (OSError, ValueError):
                # It was we who hung up.
                self.close_connection = True

        def finish(self) -> None:
            try:
                super().finish()
            except (OSError, ValueError):
                self.close_connection = True

    stopping = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield known
    finally:
        stopping.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)

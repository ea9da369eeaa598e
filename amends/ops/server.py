"""The small HTTP server beside a service: `/livez`, `/readyz` and `/metrics`, for whoever supervises it.

It is not the web form's server and shares no port with it: figures are no business of
the public. It answers a few requests at once and hangs up on the rest, and it never
waits for the database or the broker (`amends/ops/health.py`).
"""

from __future__ import annotations

import socket
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore, Thread
from typing import Any

from amends.errors import Misconfigured
from amends.ops.figures import Figures
from amends.ops.health import Health

#: Requests in hand at once, and how long one may take to arrive or be read, in seconds.
_AT_ONCE, _TIMEOUT_S = 8, 5.0
_TEXT = "text/plain; charset=utf-8"


class OpsServer:
    """Serves a process's health and figures on a thread of its own."""

    def __init__(self, host: str, port: int, health: Health, figures: Figures) -> None:
        """Listen on `host` and `port`.

        Raises:
            Misconfigured: the address cannot be listened on.
        """
        try:
            self._server = _Server(host, port, health, figures)
        except OSError as why:
            raise Misconfigured(
                f"cannot listen for /metrics on {host}, port {port} ({why.strerror or why}): another process has it, "
                "perhaps a second worker of the same service; give this one a port of its own with --ops-port, "
                "or none with --ops-port 0"
            ) from why
        self._thread = Thread(target=self._server.serve_forever, name="ops", daemon=True)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=2)


class _Server(ThreadingHTTPServer):
    """Hangs up on what is more than it does at once."""

    daemon_threads = True
    #: What still runs when the service stops is not waited for.
    block_on_close = False

    def __init__(self, host: str, port: int, health: Health, figures: Figures) -> None:
        self.health = health
        self.figures = figures
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._free = BoundedSemaphore(_AT_ONCE)
        super().__init__((host, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: whoever hung up knows it."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _TIMEOUT_S

    def do_GET(self) -> None:
        health = self.server.health
        path = self.path.partition("?")[0]
        if path == "/livez":
            standstill = health.pulse.standstill
            self._answer(f"{standstill or 'live'}\n", is_well=not standstill)
        elif path == "/readyz":
            faults = [f"{part}: {fault}" for part, fault in health.faults().items() if fault]
            self._answer("".join(f"{line}\n" for line in faults) or "ready\n", is_well=not faults)
        elif path == "/metrics":
            page, media = self.server.figures.page(self.headers.get("Accept", ""))
            self._send(HTTPStatus.OK, media, page)
        else:
            self._send(HTTPStatus.NOT_FOUND, _TEXT, b"there are /livez, /readyz and /metrics\n")

    do_HEAD = do_GET

    def version_string(self) -> str:
        """Tell nothing of versions to whoever asks."""
        return "amends"

    def log_message(self, format: str, *args: Any) -> None:
        """Log no line a request: a monitor asks all day."""

    def _answer(self, says: str, *, is_well: bool) -> None:
        self._send(HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE, _TEXT, says.encode())

    def _send(self, status: HTTPStatus, media: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

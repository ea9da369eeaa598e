"""A receiver of webhooks on loopback that answers as a test says."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: What it may do instead of answering with a status.
DROP, HANG, DRIP = -1, -2, -3


@dataclass
class Receiver:
    """What came in, and what is answered to it: the answers in turn, then always the last one."""

    answers: list[int] = field(default_factory=lambda: [204])
    got: list[tuple[Message, bytes]] = field(default_factory=list)
    url: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]

    def next_answer(self, headers: Message, body: bytes) -> int:
        with self._lock:
            self.got.append((headers, body))
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def is_signed(secret: str, headers: Message, body: bytes) -> bool:
    """Verify a call as a receiver would, from the words of Standard Webhooks alone."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    seal = b64encode(hmac.new(b64decode(secret.split("_", 1)[1]), signed, hashlib.sha256).digest()).decode()
    return f"v1,{seal}" in headers["webhook-signature"].split()


@contextmanager
def receiving(*answers: int) -> Iterator[Receiver]:
    """Listen on a free port of loopback."""
    receiver = Receiver(answers=list(answers) or [204])
    done = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = receiver.next_answer(self.headers, body)
            if answer == HANG:
                done.wait(10)
            elif answer == DRIP:
                while not done.wait(0.05):
                    self.wfile.write(b"H")
            elif answer != DROP:
                self.send_response(answer)
                if 300 <= answer < 400:
                    self.send_header("location", f"{receiver.url}/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            return

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        done.set()
        server.shutdown()
        thread.join()
        server.server_close()


def wait_until(is_so: object, seconds: float = 10) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not is_so():  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise AssertionError("it did not come to that")
        time.sleep(0.02)

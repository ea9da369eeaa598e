"""A small server that speaks clamd's protocol: INSTREAM and VERSION, with a limit and some harm that it knows."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

#: What every scanner takes for a virus and is none (eicar.org): in two halves, so that none takes this file for it.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass
class Clamd:
    """The server, and what it was shown."""

    port: int = 0
    limit_bytes: int = 1_000_000
    seen: list[bytes] = field(default_factory=list)
    #: Hangs up in the middle of a file that begins with this.
    hangs_up_on: bytes = b"\0never\0"

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"


@contextmanager
def running(clamd: Clamd) -> Iterator[Clamd]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            command = self._until_nul()
            if command == b"zVERSION":
                self.wfile.write(b"ClamAV 1.4.1/27000\0")
            elif command == b"zINSTREAM":
                self._instream()
            else:
                self.wfile.write(b"UNKNOWN COMMAND\0")

        def _until_nul(self) -> bytes:
            said = b""
            while (byte := self.rfile.read(1)) not in {b"", b"\0"}:
                said += byte
            return said

        def _instream(self) -> None:
            content = b""
            while length := int.from_bytes(self.rfile.read(4), "big"):
                content += self.rfile.read(length)
                if content.startswith(clamd.hangs_up_on):
                    return
                if len(content) > clamd.limit_bytes:
                    self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                    return
            clamd.seen.append(content)
            harm = EICAR in content
            self.wfile.write(b"stream: Eicar-Test-Signature FOUND\0" if harm else b"stream: OK\0")

    with socketserver.ThreadingTCPServer(("127.0.0.1", clamd.port), Handler) as server:
        server.daemon_threads = True
        clamd.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield clamd
        finally:
            server.shutdown()
            thread.join()

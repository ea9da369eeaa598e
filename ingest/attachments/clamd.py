"""Asks a ClamAV daemon about a file, by INSTREAM: the daemon needs no access to our files.

The protocol is clamd(8)'s own, with commands and answers that end in a NUL. Bytes travel
in chunks, each with its length in front; a length of nought ends them.
"""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit

from amends.domain.attachment import ScanResult
from amends.errors import Misconfigured, Unavailable

_CHUNK_BYTES = 128 * 1024
_ANSWER_AT_MOST = 4096
_FOUND = re.compile(r"^stream: (.+) FOUND$")


class ClamdScanner:
    """A scanner at `tcp://host:port` or `unix:/path/of/socket`.

    Over TCP the file travels in plain: use it on this machine, or on a network that you trust alone.
    """

    def __init__(self, address: str, *, timeout_s: float = 60.0) -> None:
        """Remember where it is; it is asked anew for each file.

        Raises:
            Misconfigured: that is no address.
        """
        url = urlsplit(address)
        self._path = url.path if url.scheme == "unix" else ""
        try:
            self._place = (url.hostname or "", url.port or 0)
        except ValueError:
            self._place = ("", 0)
        if not self._path and (url.scheme != "tcp" or not all(self._place)):
            raise Misconfigured(f"{address!r} is no scanner: write tcp://127.0.0.1:3310 or unix:/run/clamav/clamd.ctl")
        self._timeout_s = timeout_s

    def scan(self, content: bytes) -> tuple[ScanResult, str]:
        """Say what it finds, and in its own words which."""
        try:
            with self._connected() as connection:
                return _read(_ask(connection, content))
        except OSError as why:
            raise Unavailable(f"the scanner does not answer: {why}") from why

    def check(self) -> str:
        """Give the version that it names, which shows that it answers.

        Raises:
            Unavailable: it does not.
        """
        try:
            with self._connected() as connection:
                connection.sendall(b"zVERSION\0")
                return _answer(connection)
        except OSError as why:
            raise Unavailable(f"the scanner does not answer: {why}") from why

    def _connected(self) -> socket.socket:
        if not self._path:
            return socket.create_connection(self._place, self._timeout_s)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(self._timeout_s)
        try:
            connection.connect(self._path)
        except OSError:
            connection.close()
            raise
        return connection


def _ask(connection: socket.socket, content: bytes) -> str:
    try:
        connection.sendall(b"zINSTREAM\0")
        for start in range(0, len(content), _CHUNK_BYTES):
            chunk = content[start : start + _CHUNK_BYTES]
            connection.sendall(len(chunk).to_bytes(4, "big") + chunk)
        connection.sendall(bytes(4))
    except (BrokenPipeError, ConnectionResetError):
        # It hangs up on a file that is longer than it takes, and has said so before.
        pass
    return _answer(connection)


def _answer(connection: socket.socket) -> str:
    said = b""
    while b"\0" not in said and len(said) < _ANSWER_AT_MOST:
        more = connection.recv(_ANSWER_AT_MOST)
        if not more:
            break
        said += more
    if not said:
        raise ConnectionResetError("it hung up without a word")
    return said.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _read(answer: str) -> tuple[ScanResult, str]:
    if answer == "stream: OK":
        return ScanResult.CLEAN, ""
    if found := _FOUND.match(answer):
        return ScanResult.INFECTED, found[1][:200]
    return ScanResult.CANNOT_SAY, answer[:200]

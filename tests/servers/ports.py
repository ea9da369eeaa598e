"""Free ports, waiting, and ending a process: what every server here needs.

A server ends when its starter ends, even by SIGKILL: a small watcher holds one end of a
pipe, the starter the other. (Linux can tie a process to the thread that started it, and a
thread that starts a server may well end before it.)
"""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Callable

#: Addresses of other machines are never used.
HOST = "127.0.0.1"


class NoServer(RuntimeError):
    """A server cannot be had here; says what is missing."""


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Whether something listens on a port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((HOST, port)) == 0


def wait_until(is_up: Callable[[], bool], process: subprocess.Popen[bytes], *, what: str, seconds: float) -> None:
    """Wait until a server is up.

    Raises:
        NoServer: it ended, or took too long.
    """
    until = time.monotonic() + seconds
    while not is_up():
        if process.poll() is not None:
            raise NoServer(f"{what} ended with {process.returncode} before it was up; see its log")
        if time.monotonic() > until:
            raise NoServer(f"{what} was not up after {seconds:.0f} s; see its log")
        time.sleep(0.05)


class Watcher:
    """Kills a process at once when this one has ended, however it did."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        # Reads until our end of the pipe is gone. SIGINT is for those whom a terminal means.
        self._shell = subprocess.Popen(
            ["sh", "-c", 'trap "" INT; read -r _; kill -9 "$0" 2>/dev/null', str(process.pid)], stdin=subprocess.PIPE
        )

    def leave(self) -> None:
        """Stop watching: the process is ended by other means."""
        self._shell.kill()
        self._shell.wait()
        if self._shell.stdin is not None:
            self._shell.stdin.close()


def end(process: subprocess.Popen[bytes], *, gently: signal.Signals = signal.SIGTERM, seconds: float = 20) -> None:
    """End a process: ask, then make it."""
    if process.poll() is None:
        process.send_signal(gently)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

"""Free ports, waiting, and ending a process: what every server here needs."""

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


def end(process: subprocess.Popen[bytes], *, gently: signal.Signals = signal.SIGTERM, seconds: float = 20) -> None:
    """End a process: ask, then make it."""
    if process.poll() is None:
        process.send_signal(gently)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

"""The processes of one run: started, held, let go and ended together."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.kafka.worker import GO, HELD, HOLD, READY

_ROOT = Path(__file__).resolve().parents[2]
_END_S = 30


class Worker:
    """One process that says when it is ready and obeys lines."""

    def __init__(self, module: str, arguments: list[str], settings: Mapping[str, str]) -> None:
        # Settings of the person who runs this must not change what is measured.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AMENDS_")}
        environment |= {f"AMENDS_{name.upper()}": value for name, value in settings.items()}
        environment["PYTHONPATH"] = str(_ROOT)
        self.arguments = arguments
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def wait_for(self, word: str) -> str:
        """Wait until it says a line that begins with `word`; returns the rest of that line.

        Raises:
            RuntimeError: it ended instead.
        """
        for line in self._process.stdout or ():
            said, _, rest = line.strip().partition(" ")
            if said == word:
                return rest
        raise RuntimeError(f"{' '.join(self.arguments)} ended with {self._process.wait()} before it said {word!r}")

    def tell(self, word: str) -> None:
        """Give it a line."""
        if self._process.stdin is None:
            raise RuntimeError("it cannot be told anything")
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()

    def check(self) -> None:
        """Look whether it still runs.

        Raises:
            RuntimeError: it ended.
        """
        if self._process.poll() is not None:
            raise RuntimeError(f"{' '.join(self.arguments)} ended with {self._process.returncode}")

    def ask_to_end(self) -> None:
        """Let it finish what it has in hand."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def end(self) -> None:
        """Let it finish what it has in hand, and wait for it."""
        self.ask_to_end()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


class Staff:
    """The relay and the workers of some stages."""

    def __init__(self, relay: Worker, workers: list[Worker]) -> None:
        self._relay = relay
        self._all = [relay, *workers]

    def hold_relay(self) -> None:
        """Have the relay finish what it ships, and wait."""
        self._relay.tell(HOLD)
        self._relay.wait_for(HELD)

    def let_relay_go(self) -> None:
        """Have the relay go on."""
        self._relay.tell(GO)

    def check(self) -> None:
        """Look whether all still run."""
        for worker in self._all:
            worker.check()


@contextmanager
def staff(settings: Mapping[str, str], *, stages: Mapping[str, int], judged_by: str) -> Iterator[Staff]:
    """Start a relay and so many workers of each stage, and end them all."""
    services = ["relay", *(stage for stage, count in stages.items() for _ in range(count))]
    started = [Worker("bench.kafka.worker", [service, judged_by], settings) for service in services]
    try:
        for worker in started:
            worker.wait_for(READY)
        yield Staff(started[0], started[1:])
    finally:
        for worker in started:
            worker.ask_to_end()
        for worker in started:
            worker.end()

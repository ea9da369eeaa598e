"""The processes of one installation, and what becomes of them."""

from __future__ import annotations

import contextlib
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.journeys.running import end, start

#: So long after a server was restarted a process may have ended for want of it; its supervisor starts it again.
_OUTAGE_S = 60.0


@dataclass(slots=True)
class Team:
    """One process that takes in, and so many of each service."""

    at: Path
    letters: Path
    workers: Mapping[str, int]
    settings: Mapping[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)
    killed_at_work: int = 0
    ingest_is_done: bool = False
    #: Until when a process may end by itself, on the monotonic clock.
    _outage_until: float = 0.0

    @property
    def kinds(self) -> list[str]:
        """What kinds of processes there are."""
        return ["ingest", *self.workers]

    def begin(self) -> None:
        """Start everybody."""
        self.start("ingest")
        for kind, workers in self.workers.items():
            for number in range(workers):
                self.start(f"{kind}-{number + 1}")

    def start(self, name: str) -> None:
        """Start one. The same name again: who comes back takes up the share of the one that was killed."""
        words = ["ingest", "files", str(self.letters)]
        if name != "ingest":
            words = ["run", name.partition("-")[0], "--worker", name]
        self.running[name] = start(*words, "--data-dir", str(self.at / "data"), at=self.at, settings=self.settings)

    def kill_one(self, kind: str, chance: random.Random, *, at_work: bool) -> None:
        """Kill one process of a kind at once, and start it again."""
        name = chance.choice([name for name in self.running if name.partition("-")[0] == kind])
        process = self.running[name]
        if kind == "ingest" and process.poll() == 0:
            return
        process.kill()
        process.wait()
        self.killed[kind] += 1
        self.killed_at_work += at_work
        self.start(name)

    def expect_an_outage(self) -> None:
        """A server is about to be away: who ends for want of it is started again."""
        self._outage_until = time.monotonic() + _OUTAGE_S

    def look_after(self) -> None:
        """Notice the end of the one that takes in; nobody else may end but in an outage."""
        for name, process in list(self.running.items()):
            code = process.poll()
            if code is None:
                continue
            if name == "ingest" and code == 0:
                self.ingest_is_done = True
                continue
            assert time.monotonic() < self._outage_until, f"{name} ended by itself with {code}: see {self.at}/*.log"
            self.start(name)

    def stop(self, name: str) -> None:
        """Ask one to stop, and take it off the team."""
        end(self.running.pop(name))

    def end(self) -> None:
        """End everybody."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            end(process)


@contextlib.contextmanager
def a_team(at: Path, letters: Path, workers: Mapping[str, int], settings: Mapping[str, str]) -> Iterator[Team]:
    """Start a team, and end it in any case."""
    team = Team(at, letters, workers, settings)
    try:
        team.begin()
        yield team
    finally:
        team.end()

"""Processor time of everything that works for a run: our processes, the broker, the database."""

from __future__ import annotations

import os
from collections import defaultdict

import psutil

BROKER, DATABASE = "broker", "database"


def processor_s() -> dict[str, float]:
    """Give the processor seconds of each process that descends from this one, by what it does.

    A process that the benchmark started is called by its service, and so are the two
    servers. The database's count holds its connections that have ended.
    """
    spent: dict[str, float] = defaultdict(float)
    for process in psutil.Process(os.getpid()).children(recursive=True):
        try:
            name = _does(process.cmdline(), process.name())
            if name is not None:
                times = process.cpu_times()
                ended = times.children_user + times.children_system if name == DATABASE else 0.0
                spent[name] += times.user + times.system + ended
        except psutil.Error:
            continue
    return dict(spent)


def spent_since(before: dict[str, float]) -> dict[str, float]:
    """Give what was spent since `processor_s` gave `before`."""
    return {name: now - before.get(name, 0.0) for name, now in processor_s().items()}


def _does(command: list[str], name: str) -> str | None:
    if name.startswith("postgres"):
        return DATABASE
    if name.startswith(("java", "noida")):
        return BROKER
    for module in ("bench.kafka.worker", "bench.kafka.plain"):
        if module in command:
            return command[command.index(module) + 1]
    return None

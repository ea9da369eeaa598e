"""What a variant measured, and the clock around the measured part."""

from __future__ import annotations

import resource
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from time import perf_counter, process_time
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run of one variant. Seconds; processor time includes child processes; MiB."""

    messages: int
    wall_s: float
    cpu_s: float
    peak_mib: float
    #: What was in use before the first measured message: interpreter, libraries, model.
    before_mib: float
    #: Processor seconds by step, in the order of the journey.
    steps_s: Mapping[str, float] = field(default_factory=dict)
    #: What came of the messages, for the reader to compare.
    facts: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a piece of work took, in seconds."""

    wall_s: float
    cpu_s: float


def processor_s() -> float:
    """Give the processor seconds of this process and of children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process_time() + children.ru_utime + children.ru_stime


def peak_mib() -> float:
    """Give the most memory that this process has held, in MiB (Linux counts KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def spent_by(work: Callable[[], None]) -> Spent:
    """Run `work` and say what it took."""
    cpu, wall = processor_s(), perf_counter()
    work()
    return Spent(wall_s=perf_counter() - wall, cpu_s=processor_s() - cpu)

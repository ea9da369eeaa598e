"""Following one message across the stages: the port of traces.

What a trace goes by travels in a record's header `traceparent` (W3C Trace Context).
Whoever does a batch opens it with `Tracer.batch` and hands on, with whatever it
publishes for a thing, what the tracer gave for that thing. By default there is no
trace: nothing is made, and no header is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

#: The header that carries a trace from one stage to the next.
TRACEPARENT = "traceparent"


class Tracer(Protocol):
    """Makes spans. Its methods wait for nothing, and never raise for what a header holds."""

    def batch(
        self, name: str, parents: Sequence[str], *, ids: Sequence[str] = ()
    ) -> AbstractContextManager[Sequence[str]]:
        """Follow a batch for as long as the block lasts.

        Each thing gets a span `name` that goes on from its `traceparent` in `parents`, or
        begins a trace where that is empty or cannot be read; one more span stands for
        the batch and is linked with them. `ids` are what the things are called on the log.

        Gives what to hand on for each thing, in order; nothing at all where there are no traces.
        """

    def part(self, name: str) -> AbstractContextManager[None]:
        """Follow a part of the batch that this thread is in."""

    def close(self) -> None:
        """Hand over what was made, within a few seconds."""


class NoTracer:
    """Follows nothing."""

    @contextmanager
    def batch(self, name: str, parents: Sequence[str], *, ids: Sequence[str] = ()) -> Iterator[Sequence[str]]:
        """Give nothing to hand on."""
        yield ()

    def part(self, name: str) -> AbstractContextManager[None]:
        """Do nothing."""
        return nullcontext()

    def close(self) -> None:
        """Do nothing."""


NO_TRACER: Tracer = NoTracer()

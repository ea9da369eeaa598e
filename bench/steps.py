"""Charges processor time to steps, from outside: wrappers around the parts, nothing inside the product."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from time import process_time
from typing import BinaryIO, Generic, TypeVar

from amends.bus.port import Log, Position, Record
from amends.bus.runner import Stage
from amends.domain.message import Message
from amends.domain.verdict import Verdict
from amends.ports import BlobStore, Connector, Fetched, Judge, TextToJudge
from amends.unit_of_work import UnitOfWork
from ingest.reading import Laden, Reader

P = TypeVar("P")


class StepTimer:
    """Adds up processor seconds by step. A step within a step is charged to the inner one alone."""

    def __init__(self, clock: Callable[[], float] = process_time) -> None:
        self.spent_s: dict[str, float] = defaultdict(float)
        self._clock = clock
        self._within: list[str] = []
        self._since = 0.0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Charge what happens inside to `name`."""
        self._charge()
        self._within.append(name)
        try:
            yield
        finally:
            self._charge()
            self._within.pop()

    def _charge(self) -> None:
        now = self._clock()
        if self._within:
            self.spent_s[self._within[-1]] += now - self._since
        self._since = now


class TimedConnector:
    """A connector whose fetches are timed."""

    def __init__(self, connector: Connector, timer: StepTimer, step: str) -> None:
        self._connector, self._timer, self._step = connector, timer, step

    @property
    def source(self) -> str:
        """The source's name."""
        return self._connector.source

    def fetch(self, checkpoint: str, *, limit: int) -> tuple[list[Fetched], str]:
        """Fetch, timed."""
        with self._timer.step(self._step):
            return self._connector.fetch(checkpoint, limit=limit)

    def holdings(self) -> Iterator[str]:
        """Name what is there."""
        return self._connector.holdings()


class TimedBlobs:
    """A blob store whose writes are timed."""

    def __init__(self, blobs: BlobStore, timer: StepTimer, step: str) -> None:
        self._blobs, self._timer, self._step = blobs, timer, step

    def put(self, content: bytes) -> str:
        """Keep, timed."""
        return self.put_many([content])[0]

    def put_many(self, contents: Sequence[bytes]) -> list[str]:
        """Keep several, timed."""
        with self._timer.step(self._step):
            return self._blobs.put_many(contents)

    def put_file(self, file: BinaryIO) -> tuple[str, int]:
        """Keep a file, timed."""
        with self._timer.step(self._step):
            return self._blobs.put_file(file)

    def get(self, sha256: str) -> bytes:
        """Give back."""
        return self._blobs.get(sha256)

    def has(self, sha256: str) -> bool:
        """Whether it is kept."""
        return self._blobs.has(sha256)


def timed_readers(readers: Mapping[str, Reader], timer: StepTimer, step: str) -> dict[str, Reader]:
    """Wrap readers so that reading is timed."""

    def timed(reader: Reader) -> Reader:
        def read(fetched: Fetched, raw_sha256: str) -> Message | Laden:
            with timer.step(step):
                return reader(fetched, raw_sha256)

        return read

    return {media: timed(reader) for media, reader in readers.items()}


class TimedJudge:
    """A judge that is timed."""

    def __init__(self, judge: Judge, timer: StepTimer, step: str) -> None:
        self._judge, self._timer, self._step = judge, timer, step

    @property
    def model(self) -> str:
        """The model's name."""
        return self._judge.model

    def judge(self, texts: Sequence[TextToJudge]) -> list[Verdict]:
        """Judge, timed."""
        with self._timer.step(self._step):
            return self._judge.judge(texts)


class TimedLog:
    """A log whose reading is timed."""

    def __init__(self, log: Log, timer: StepTimer, step: str) -> None:
        self._log, self._timer, self._step = log, timer, step
        self.rest_at_most_s = log.rest_at_most_s

    def claim(self, group: str, topic: str, worker: str) -> list[int]:
        """Claim, timed."""
        with self._timer.step(self._step):
            return self._log.claim(group, topic, worker)

    def release(self, group: str, topic: str, worker: str) -> None:
        """Release, timed."""
        with self._timer.step(self._step):
            self._log.release(group, topic, worker)

    def read(self, group: str, topic: str, partition: int, *, limit: int) -> tuple[Position, list[Record]]:
        """Read, timed."""
        with self._timer.step(self._step):
            return self._log.read(group, topic, partition, limit=limit)

    def lag(self, group: str, topic: str) -> int:
        """Count what waits."""
        return self._log.lag(group, topic)

    def workers(self, group: str, topic: str) -> int:
        """Count who works."""
        return self._log.workers(group, topic)

    def close(self) -> None:
        """Let go of it."""
        self._log.close()


class TimedStage(Generic[P]):
    """A stage whose thinking and writing are timed."""

    def __init__(self, stage: Stage[P], timer: StepTimer, *, prepare: str, apply: str) -> None:
        self._stage, self._timer = stage, timer
        self._prepare_step, self._apply_step = prepare, apply

    @property
    def name(self) -> str:
        """The stage's name."""
        return self._stage.name

    @property
    def topic(self) -> str:
        """What it reads."""
        return self._stage.topic

    def prepare(self, records: Sequence[Record], *, at: datetime) -> P:
        """Prepare, timed."""
        with self._timer.step(self._prepare_step):
            return self._stage.prepare(records, at=at)

    def apply(self, unit: UnitOfWork, prepared: P, *, at: datetime) -> None:
        """Apply, timed."""
        with self._timer.step(self._apply_step):
            self._stage.apply(unit, prepared, at=at)

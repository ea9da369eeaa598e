"""The log between the stages: what it promises, whatever technology is behind it.

1.  **Topics and partitions.** A topic has a fixed number of partitions. A record goes
    to the partition that its key hashes to, so records of one key stay in the order in
    which they were committed. Offsets of a partition count from 0 without a gap.
2.  **Publishing belongs to a unit of work.** Records are published through
    `UnitOfWork.log`, together with the results they report. Before the commit nobody
    sees them; after it they survive a crash; a roll-back leaves no trace of them.
3.  **One id, one record.** A topic holds a record id once. Publishing it again
    changes nothing and is no error.
4.  **A group reads each record until it has moved on.** `read` gives the records from
    the group's stored position on, in order, and changes nothing. Reading again before
    the position has moved gives the same records again.
5.  **The position moves by check-and-set**, in the unit of work that holds the
    results: `advance(old, new)` succeeds only if the stored position is still `old`.
    Otherwise it raises `PositionLost` and the unit of work must be rolled back, so of
    two workers that read the same records one alone has an effect. Effects are
    therefore exactly one, although reading is at least once.
6.  **Claims only save work.** `claim` shares a topic's partitions out between the live
    workers of a group, for a time. A claim may be lost at any moment, to a rebalance or
    to a pause longer than its time; point 5 is what keeps that harmless.

`tests/contracts/log.py` checks each sentence against every adapter.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias

from amends.errors import AmendsError


class Topic:
    """The topics, and the types of the records on them."""

    #: A message that a connector published: `amends.message.received`.
    MESSAGES = "messages"
    #: A message that triage has judged and put into a case: `amends.message.triaged`.
    TRIAGED = "triaged"
    #: A reply that may go out now: `amends.reply.queued`.
    OUTBOX = "outbox"
    #: Every record that a stage could not process, as it was, with the reason in its headers (`amends/bus/dead.py`).
    DEAD = "dead-letters"
    #: What changed the database, in the order of the commits: `amends/history.py`. It has one partition.
    HISTORY = "history"


#: All of them.
TOPICS = (Topic.MESSAGES, Topic.TRIAGED, Topic.OUTBOX, Topic.DEAD, Topic.HISTORY)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecord:
    """A record to be published. `headers` follow CloudEvents 1.0 (`ce_source` …) and W3C trace context."""

    topic: str
    key: str
    id: str
    type: str
    body: bytes
    at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.id or not self.key:
            raise ValueError("a record has a key and an id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record as it stands on the log."""

    topic: str
    partition: int
    offset: int
    key: str
    id: str
    type: str
    body: bytes
    at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Where reading goes on after this record, in the technology's own count; 0 where it has none of its own.
    mark: int = 0

    @property
    def next_offset(self) -> int:
        """The position of a group that has done with this record."""
        return self.offset + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a group stands in one partition: the offset of the next record it wants.

    `mark` says where the technology may begin to look for it: the `Record.mark` that the
    position was moved with.
    """

    group: str
    topic: str
    partition: int
    next_offset: int
    mark: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unshipped:
    """A partition with records that were not shipped; the first of them has the offset `next_offset`."""

    topic: str
    partition: int
    next_offset: int


#: A topic and one of its partitions.
Place: TypeAlias = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """How far each partition came.

    `reached` is the offset after the last record of an unbroken run that the broker has;
    `held_up` is why a partition came no further.
    """

    reached: Mapping[Place, int]
    held_up: Mapping[Place, AmendsError] = field(default_factory=dict)


def partition_of(key: str, partitions: int) -> int:
    """Say which partition a key belongs to; the same on every machine and in every process."""
    return zlib.crc32(key.encode("utf-8", "surrogatepass")) % partitions


class LogWriter(Protocol):
    """The part of the log that takes part in a unit of work."""

    def publish(self, records: Sequence[NewRecord]) -> int:
        """Publish records; returns how many were new."""

    def place(self, records: Sequence[NewRecord]) -> list[Record]:
        """Give those records that are new their places; they are to be written within this unit of work.

        `publish` begins with it. It asks the log, and answers wait for what is still being written: so a batch asks
        before it writes.
        """

    def write(self, placed: Sequence[Record]) -> None:
        """Write records at the places that were given to them."""

    def find(self, topic: str, record_id: str) -> Record:
        """Give a record that stands on the log, to be published again under another id.

        Raises:
            NotFound: the log does not hold it, or no longer.
        """

    def waiting(self, group: str, topic: str, ids: Collection[str]) -> set[str]:
        """Say which of these records a group has not moved past."""

    def advance(self, position: Position, to: int, *, mark: int = 0) -> None:
        """Move a group's position from `position.next_offset` to `to`; `mark` is the last record's.

        Raises:
            PositionLost: it is no longer there; roll the unit of work back.
        """


class Log(Protocol):
    """The part of the log that stages read."""

    @property
    def rest_at_most_s(self) -> float:
        """How long a worker that finds nothing may rest before it looks again, in seconds."""

    def claim(self, group: str, topic: str, worker: str) -> list[int]:
        """Say which partitions `worker` should read now; renews what it has. May be empty."""

    def release(self, group: str, topic: str, worker: str) -> None:
        """Give up all claims of a worker that stops, so that others need not wait for them to run out."""

    def read(self, group: str, topic: str, partition: int, *, limit: int) -> tuple[Position, list[Record]]:
        """Give the group's position and at most `limit` records from it on."""

    def lag(self, group: str, topic: str) -> int:
        """Count the records of a topic that the group has not moved past."""

    def workers(self, group: str, topic: str) -> int:
        """Count the workers of a group that live."""

    def close(self) -> None:
        """Let go of connections and threads; what was claimed is released."""

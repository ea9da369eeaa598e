"""A dead letter: a record that a stage could not process, kept whole, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from amends.domain.ids import derived_id
from amends.domain.message import require_zone


class DeadState(StrEnum):
    """Where a dead letter stands. From `waiting` a person takes it to one of the others, once."""

    WAITING = "waiting"
    RETRIED = "retried"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A record as it stood on the log, and why a stage gave it up.

    `topic` to `body` are the record's own, `at` the time that it was published.
    `reason` is a stable code, `says` the sentence that a person reads. `channel` and
    `raw_sha256` are what the record's headers say, "" where they say nothing: a record
    of another program may say anything. `tries` counts how often the stage tried it
    by itself. Who settled it, when and why is empty while it waits.
    """

    id: str
    stage: str
    topic: str
    partition: int
    offset: int
    record_id: str
    key: str
    type: str
    headers: Mapping[str, str]
    body: bytes
    at: datetime
    reason: str
    says: str
    channel: str
    raw_sha256: str
    tries: int
    died_at: datetime
    state: DeadState = DeadState.WAITING
    settled_by: str = ""
    settled_at: datetime | None = None
    settled_because: str = ""

    def __post_init__(self) -> None:
        require_zone("died_at", self.died_at)
        if not self.reason or not self.says:
            raise ValueError("a dead letter says why")
        if self.tries < 1:
            raise ValueError("a record is given up after it was tried")
        if self.state is DeadState.WAITING and (self.settled_by or self.settled_at):
            raise ValueError("a dead letter that waits was settled by nobody")


def dead_id(stage: str, topic: str, record_id: str) -> str:
    """Derive the id of a dead letter: a stage gives a record up once."""
    return derived_id("dead", stage, topic, record_id)[:16]

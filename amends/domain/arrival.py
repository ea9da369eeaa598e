"""The ledger of intake: each thing a source held, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from amends.domain.channel import Channel
from amends.domain.ids import derived_id
from amends.domain.message import require_zone


class Fate(StrEnum):
    """What became of one thing that a source held."""

    INGESTED = "ingested"
    DUPLICATE = "duplicate"
    PARKED = "parked"
    #: Written by ourselves (our own post in a conversation): seen, and rightly left alone.
    OWN = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One thing that a source held.

    `source` names the mailbox, folder or account, `item` the thing in it (a
    file's path, a UID, a post id): the pair is unique. `message_id` names the
    message it became or repeats; a parked arrival has none.
    """

    source: str
    item: str
    channel: Channel
    fate: Fate
    raw_sha256: str
    arrived_at: datetime
    message_id: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        require_zone("arrived_at", self.arrived_at)
        if self.fate in {Fate.INGESTED, Fate.DUPLICATE} and not self.message_id:
            raise ValueError(f"an arrival that was {self.fate} names its message")
        if self.fate is Fate.PARKED and not self.reason:
            raise ValueError("a parked arrival has a reason")


class ParkedState(StrEnum):
    """Where a parked message stands."""

    WAITING = "waiting"
    RETRIED = "retried"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A message set aside with its bytes and the reason, for a person to see.

    `stage` is where it stopped. `reason` is a stable code, `says` the sentence
    that a person reads. `message_id` is empty when it never became a message.
    """

    id: str
    stage: str
    source: str
    item: str
    channel: Channel
    reason: str
    says: str
    raw_sha256: str
    parked_at: datetime
    message_id: str = ""
    state: ParkedState = ParkedState.WAITING

    def __post_init__(self) -> None:
        require_zone("parked_at", self.parked_at)
        if not self.reason or not self.says:
            raise ValueError("a parked message says why")


def parked_id(stage: str, source: str, item: str) -> str:
    """Derive the id of a parked message, so that parking it again changes nothing."""
    return derived_id("parked", stage, source, item)[:12]

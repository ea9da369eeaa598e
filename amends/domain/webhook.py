"""Who is told of what happens to cases, and in which words.

What is told is made from the audit trail: its entries are written with the change they
tell of, in one transaction, and have a number each. A body has ids and codes, never what
a customer wrote or what staff gave as a reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from amends.domain.audit import AuditEntry
from amends.domain.ids import derived_id
from amends.domain.message import require_zone

#: The events there are: the action in the audit trail, and which of its facts are told.
EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "case.opened": ("kind", "message"),
    "case.joined": ("via", "message"),
    "case.became_complaint": ("message",),
    "case.acknowledged": ("by",),
    "case.taken": (),
    "case.corrected": ("kind", "kind_before", "severity", "severity_before"),
    "case.closed": ("upheld", "resolved"),
    "reply.submitted": (),
    "reply.approved": (),
    "reply.rejected": (),
    "reply.sent": (),
    "reply.failed": (),
    "reply.unknown": (),
    "reply.settled": ("reply", "arrived"),
    "reply.bounced": ("permanent",),
    "task.done": ("task", "kind"),
}

#: The pause after the first failure; each one after is twice as long, up to the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=2)
#: A call that failed for so long is given up: a person sees it, and may have it made again.
GIVES_UP_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address that is told of events; of all where it names none. `salt` makes its secret its own."""

    name: str
    url: str
    events: tuple[str, ...]
    salt: str
    added_by: str
    added_at: datetime

    def __post_init__(self) -> None:
        require_zone("added_at", self.added_at)

    def wants(self, event: str) -> bool:
        """Whether it is told of such an event."""
        return event in EVENTS and (not self.events or event in self.events)


class CallState(StrEnum):
    """Where a call stands. One that was made has no row any more."""

    WAITING = "waiting"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that is to be made: to whom, and of which entry of the audit trail."""

    target: str
    entry: int
    state: CallState
    tries: int
    made_at: datetime
    next_at: datetime
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How a target was told so far. `says` is what the last call that failed came to; "" after one that did not."""

    entry: int
    delivered: int
    delivered_at: datetime | None
    says: str


def event_of(entry: AuditEntry) -> str:
    """Say which event an entry of the audit trail tells of; "" when of none."""
    action = str(json.loads(entry.happening_json)["action"])
    return action if action in EVENTS else ""


def webhook_id(entry: AuditEntry) -> str:
    """Name the event of an entry: the same each time that it is told, so that a receiver knows it again."""
    return f"evt_{derived_id('webhook', str(entry.number), entry.hash)}"


def webhook_body(entry: AuditEntry) -> bytes:
    """Write what is told of an entry, the same bytes each time."""
    told: dict[str, Any] = json.loads(entry.happening_json)
    facts = told["facts"]
    about, _, subject = told["subject"].partition(":")
    data = {name: facts[name] for name in ("case", *EVENTS[told["action"]]) if name in facts}
    data[about] = subject
    at = datetime.fromisoformat(told["at"]).astimezone(UTC).isoformat(timespec="milliseconds")
    said = {"type": told["action"], "timestamp": at, "data": data}
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()


def next_try(call: Call, *, now: datetime, jitter: float) -> datetime | None:
    """Say when a call that failed is made again; None: it failed for too long.

    `jitter`, from 0 to 1, shortens the pause by up to a half, so that what failed together does
    not come back together.
    """
    if now - call.made_at >= GIVES_UP_AFTER:
        return None
    pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * (1 << min(call.tries, 20)))
    return now + pause * (1 - jitter / 2)

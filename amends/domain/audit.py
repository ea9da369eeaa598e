"""The audit trail: what happened, to what, by whom, chained so that no entry can be changed unseen.

Each entry's hash covers its own fields and the hash before it. Changing, dropping
or reordering an entry breaks the chain at that place, and `first_break` names it.
Facts carry ids, codes and the reasons that staff give; never a customer's name, address or words.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from amends.domain.message import require_zone

#: What the first entry is chained to.
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something to be written into the audit trail: who did what to which thing, and the facts of it."""

    at: datetime
    actor: str
    action: str
    subject: str
    facts: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_zone("at", self.at)
        if not self.actor or not self.action or not self.subject:
            raise ValueError("an audit entry says who did what to which thing")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One link of the chain. `number` counts from 1 without a gap."""

    number: int
    happening_json: str
    previous_hash: str
    hash: str


def canonical(happening: Happening) -> str:
    """Write a happening in the one form that is hashed: sorted keys, UTC to the microsecond, no spare space."""
    return json.dumps(
        {
            "at": happening.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": happening.actor,
            "action": happening.action,
            "subject": happening.subject,
            "facts": dict(happening.facts),
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )


def link_hash(number: int, happening_json: str, previous_hash: str) -> str:
    """Give the SHA-256 that seals one entry to the one before it."""
    sealed = f"{number}\n{previous_hash}\n{happening_json}"
    return hashlib.sha256(sealed.encode("utf-8", "surrogatepass")).hexdigest()


def chain(happenings: Iterable[Happening], *, last_number: int, last_hash: str) -> list[AuditEntry]:
    """Link new happenings to the end of a chain."""
    entries = []
    number, previous = last_number, last_hash
    for happening in happenings:
        number += 1
        written = canonical(happening)
        sealed = link_hash(number, written, previous)
        entries.append(AuditEntry(number=number, happening_json=written, previous_hash=previous, hash=sealed))
        previous = sealed
    return entries


def first_break(entries: Iterable[AuditEntry]) -> tuple[int, str] | None:
    """Find where a chain is broken: the number of the entry and what is wrong with it, or None when it is whole."""
    expected_number, previous = 1, GENESIS
    for entry in entries:
        if entry.number != expected_number:
            return expected_number, f"entry {expected_number} is missing; entry {entry.number} stands in its place"
        if entry.previous_hash != previous:
            return entry.number, "it does not follow from the entry before it"
        if link_hash(entry.number, entry.happening_json, entry.previous_hash) != entry.hash:
            return entry.number, "its words are not the ones that were sealed"
        expected_number, previous = entry.number + 1, entry.hash
    return None

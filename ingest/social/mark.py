"""How far a feed was read, as a checkpoint: a line of JSON.

`since` is the place up to which all was fetched. While there is a gap, `below` says where it begins, and `newest` is
the place that `since` moves to when it is closed. `seen` are posts after `since` that were handed on, by a digest of
their names, with their places: a network may still put others below them. `told` are versions of posts that were
handed on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

#: So many versions are remembered; whoever edits a post more often is read twice, and known by the ledger.
_TOLD_AT_MOST = 200


def order(place: str) -> tuple[int, str]:
    """Give what places are compared by."""
    return len(place), place


def digest(name: str) -> str:
    """Give what a name is remembered by."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far was read. "" stands for no place."""

    since: str = ""
    below: str = ""
    newest: str = ""
    seen: Mapping[str, str] = field(default_factory=dict)
    told: tuple[str, ...] = ()

    @classmethod
    def read(cls, checkpoint: str) -> Mark:
        """Read a checkpoint, "" being the beginning."""
        known = json.loads(checkpoint) if checkpoint else {}
        return cls(
            since=str(known.get("since", "")),
            # What marked a gap was once called so.
            below=str(known.get("below", known.get("until", ""))),
            newest=str(known.get("newest", "")),
            seen={str(name): str(place) for name, place in known.get("seen", {}).items()},
            told=tuple(map(str, known.get("told", ()))),
        )

    def __str__(self) -> str:
        known = {"since": self.since, "below": self.below, "newest": self.newest, "seen": self.seen, "told": self.told}
        return json.dumps({name: value for name, value in known.items() if value})

    def moved(self, since: str, seen: Mapping[str, str]) -> Mark:
        """Give the mark with all up to `since` fetched, and further posts seen; a gap is closed."""
        since = max(self.since, self.newest, since, key=order)
        return Mark(since=since, seen=_after(since, {**self.seen, **seen}), told=self.told)

    def with_gap(self, below: str, newest: str, seen: Mapping[str, str]) -> Mark:
        """Give the mark with a gap that begins below a place."""
        newest = max(self.newest, self.since, newest, key=order)
        return replace(self, below=below, newest=newest, seen=_after(self.since, {**self.seen, **seen}))

    def having_told(self, names: Collection[str]) -> Mark:
        """Give the mark with further versions handed on."""
        return replace(self, told=(*self.told, *map(digest, names))[-_TOLD_AT_MOST:])

    def knows(self, name: str, place: str) -> bool:
        """Whether a post was handed on."""
        return digest(name) in self.seen or bool(place and self.since and order(place) <= order(self.since))


def _after(since: str, seen: Mapping[str, str]) -> dict[str, str]:
    return {name: place for name, place in seen.items() if order(place) > order(since)}

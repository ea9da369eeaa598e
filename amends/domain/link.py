"""Suggested links between cases. A suggestion is for a person to accept or refuse; nothing merges by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from amends.domain.message import require_zone


class LinkKind(StrEnum):
    """Why two cases may belong together."""

    #: A message points at the other case, but its author has no proof of being part of it.
    POSSIBLE_FOLLOW_UP = "possible_follow_up"
    #: The same matter seems to have come in twice, by another channel or address.
    SAME_MATTER = "same_matter"
    #: A person has split the younger case off from the other one.
    SPLIT_OFF = "split_off"


class LinkState(StrEnum):
    """What a person said of it."""

    SUGGESTED = "suggested"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One suggested link, with its reasons, a sentence each. `case_id` is the younger case."""

    case_id: str
    other_case_id: str
    kind: LinkKind
    reasons: tuple[str, ...]
    suggested_at: datetime
    state: LinkState = LinkState.SUGGESTED
    settled_by: str = ""

    def __post_init__(self) -> None:
        require_zone("suggested_at", self.suggested_at)
        if self.case_id == self.other_case_id:
            raise ValueError("a case is not linked to itself")
        if not self.reasons:
            raise ValueError("a suggestion gives its reasons")
        if (self.state is LinkState.SUGGESTED) == bool(self.settled_by):
            raise ValueError("a link is settled by a person, or not settled")

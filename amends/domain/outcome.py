"""How a case ended. Upheld and resolved are two questions (Unit 311: resolved does not mean upheld)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from amends.domain.message import require_zone


class Upheld(StrEnum):
    """Whether the customer was right."""

    UPHELD = "upheld"
    PARTLY = "partly"
    NOT_UPHELD = "not_upheld"
    WITHDRAWN = "withdrawn"
    OUT_OF_SCOPE = "out_of_scope"
    #: It was no complaint, so there is nothing to uphold.
    NOT_A_COMPLAINT = "not_a_complaint"


class Resolved(StrEnum):
    """Whether the customer holds the matter to be settled."""

    YES = "yes"
    NO = "no"
    NOT_KNOWN = "not_known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The record of one ending. It is never changed; a later one is added after a reopening."""

    case_id: str
    upheld: Upheld
    resolved: Resolved
    summary: str
    recorded_by: str
    recorded_at: datetime
    remedy: str = ""
    cause: str = ""
    lessons: str = ""

    def __post_init__(self) -> None:
        require_zone("recorded_at", self.recorded_at)
        if not self.summary.strip():
            raise ValueError("an outcome says in a sentence how the case ended")
        if not self.recorded_by:
            raise ValueError("an outcome names the person who recorded it")

"""What a colleague wrote down about a case, for colleagues alone. Nothing that drafts or sends reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from amends.domain.message import require_zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One internal note. `number` counts the notes of its case from 1."""

    case_id: str
    number: int
    text: str
    by: str
    at: datetime

    def __post_init__(self) -> None:
        require_zone("at", self.at)
        if not self.text.strip():
            raise ValueError("a note says something")
        if not self.by:
            raise ValueError("a note names who wrote it")

"""What a check says of a draft: the words it stumbled over and what to do about them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CheckName(StrEnum):
    """What drafts are checked for."""

    PERSONAL_DATA = "personal_data"
    ADMISSION = "admission"
    LENGTH = "length"
    MISSING_SLOT = "missing_slot"
    UNFILLED = "unfilled"
    TONE = "tone"


class Level(StrEnum):
    """Whether a draft may go as it is."""

    #: It cannot go until it is changed, or until somebody with the authority lets it.
    BLOCK = "block"
    #: A person should look twice.
    WARN = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One remark on a draft.

    `quote` is exactly `text[start:end]` of the draft; a remark on what is missing
    has an empty quote at offset 0. `rule` names the rule, `says` the fact and
    `remedy` what to write instead.
    """

    name: CheckName
    level: Level
    rule: str
    says: str
    remedy: str
    quote: str = ""
    start: int = 0
    end: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end or len(self.quote) != self.end - self.start:
            raise ValueError(f"the quote {self.quote!r} does not fill its span [{self.start}, {self.end})")
        if not self.says or not self.remedy:
            raise ValueError("a check tells the fact and the remedy")


def blocks(checks: tuple[Check, ...]) -> bool:
    """Whether any remark keeps the draft from going."""
    return any(check.level is Level.BLOCK for check in checks)

"""What triage says of a message: its kind, how serious it is, and the words that prove it.

The labels are defined, with examples, in `docs/labels.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Kind(StrEnum):
    """What a message is."""

    COMPLAINT = "complaint"
    ENQUIRY = "enquiry"
    PRAISE = "praise"
    MACHINE = "machine"
    SPAM = "spam"
    OTHER = "other"

    @property
    def is_from_a_customer(self) -> bool:
        """Whether a person wrote it to us and may expect an answer."""
        return self not in {Kind.MACHINE, Kind.SPAM}


class Severity(IntEnum):
    """How much harm a complaint tells of; a higher number is worse."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The word used on pages, in files and on the command line."""
        return self.name.lower()

    @classmethod
    def from_word(cls, word: str) -> Severity:
        """Read a severity from its word.

        Raises:
            ValueError: it is not one of low, medium, high, critical.
        """
        try:
            return cls[word.upper()]
        except KeyError:
            raise ValueError(f"{word!r} is no severity; use low, medium, high or critical") from None


class FlagName(StrEnum):
    """What a message tells of that somebody must know."""

    SAFETY = "safety"
    SAFEGUARDING = "safeguarding"
    SELF_HARM = "self_harm"
    VULNERABLE = "vulnerable"
    DISCRIMINATION = "discrimination"
    STAFF_MISCONDUCT = "staff_misconduct"
    FRAUD = "fraud"
    DATA_BREACH = "data_breach"
    RIGHTS_REQUEST = "rights_request"
    LEGAL_THREAT = "legal_threat"
    REGULATOR = "regulator"
    MEDIA = "media"
    FINANCIAL_LOSS = "financial_loss"
    ESSENTIAL_SUPPLY = "essential_supply"
    REPEAT_CONTACT = "repeat_contact"
    BROKEN_PROMISE = "broken_promise"
    MANY_AFFECTED = "many_affected"
    ABUSIVE_LANGUAGE = "abusive_language"


#: The lowest severity that a complaint with this flag can have. A flag that is not
#: named here raises no severity by itself.
SEVERITY_OF_FLAG: dict[FlagName, Severity] = {
    FlagName.SAFETY: Severity.CRITICAL,
    FlagName.SAFEGUARDING: Severity.CRITICAL,
    FlagName.SELF_HARM: Severity.CRITICAL,
    FlagName.VULNERABLE: Severity.HIGH,
    FlagName.DISCRIMINATION: Severity.HIGH,
    FlagName.STAFF_MISCONDUCT: Severity.HIGH,
    FlagName.FRAUD: Severity.HIGH,
    FlagName.DATA_BREACH: Severity.HIGH,
    FlagName.LEGAL_THREAT: Severity.HIGH,
    FlagName.REGULATOR: Severity.HIGH,
    FlagName.MEDIA: Severity.HIGH,
    FlagName.ESSENTIAL_SUPPLY: Severity.HIGH,
    FlagName.FINANCIAL_LOSS: Severity.MEDIUM,
    FlagName.REPEAT_CONTACT: Severity.MEDIUM,
    FlagName.BROKEN_PROMISE: Severity.MEDIUM,
    FlagName.MANY_AFFECTED: Severity.MEDIUM,
}

#: A loss above this many pounds makes a complaint at least high.
LARGE_LOSS_GBP = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One thing a message tells of, with the words that say so.

    `quote` is exactly `text[start:end]` of the judged text; offsets count
    characters. `rule` names the rule that found it. `severity` is the lowest
    severity these words give a complaint, or None where they raise none.
    """

    name: FlagName
    quote: str
    start: int
    end: int
    rule: str
    severity: Severity | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a flag needs a span that is not empty: [{self.start}, {self.end})")
        if len(self.quote) != self.end - self.start:
            raise ValueError(f"the quote {self.quote!r} does not fill its span [{self.start}, {self.end})")
        if not self.rule:
            raise ValueError("a flag needs the name of the rule that raised it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What triage says of one message.

    `confidence` (0 to 1) is that of `kind`. `severity` is there exactly when the
    kind is complaint, or when a person is asked and it may be one. `model` names
    the pipeline and rules that judged, so that a verdict can be reproduced.
    """

    kind: Kind
    confidence: float
    severity: Severity | None
    flags: tuple[Flag, ...]
    needs_person: bool
    model: str

    def __post_init__(self) -> None:
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence is between 0 and 1, not {self.confidence}")
        if self.kind is Kind.COMPLAINT and self.severity is None:
            raise ValueError("a complaint has a severity")
        if self.severity is not None and self.kind is not Kind.COMPLAINT and not self.needs_person:
            raise ValueError(f"a {self.kind} that nobody doubts has no severity")

    @property
    def may_be_complaint(self) -> bool:
        """Whether it has to be handled as a complaint until a person says otherwise."""
        return self.kind is Kind.COMPLAINT or self.needs_person

    def has(self, *names: FlagName) -> bool:
        """Whether any of these flags was raised."""
        return any(flag.name in names for flag in self.flags)


def severity_of(flags: tuple[Flag, ...]) -> Severity:
    """Give the severity that these flags add up to: the highest of them, at least low."""
    return max((flag.severity for flag in flags if flag.severity is not None), default=Severity.LOW)

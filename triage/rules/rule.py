"""One rule: what words raise which flag, and what keeps them from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from amends.domain.verdict import SEVERITY_OF_FLAG, FlagName, Severity
from triage.rules.phrase import Phrase, compile_phrase


class Claim(Enum):
    """What a rule's words claim, which decides what takes the claim back (see `triage.rules.scope`)."""

    #: Something happened: taken back by negation, hypothesis, a question, a joke.
    EVENT = "event"
    #: A danger is there: as an event, but a suspicion ("might be a gas leak") or a question still counts.
    DANGER = "danger"
    #: The writer threatens a step: "if you do not pay I will sue" counts, asking for advice does not.
    THREAT = "threat"
    #: The writer asks for something: only negation takes it back.
    REQUEST = "request"
    #: The words themselves are the matter (abuse): nothing takes them back.
    WORDS = "words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What words raise a flag.

    `name` is the family and the rule (`safety.burned`). `says` defines it in one
    sentence. `phrases` are patterns of `triage.rules.phrase`. `unless` are regular
    expressions over lower-case text: one found near the words, in their sentence, takes
    the claim back. `needs` is one that must be found in that sentence or the two beside it.
    `recent` rules are taken back by "years ago", "as a child". `by_amount` rules raise
    the severity to high beside an amount above `LARGE_LOSS_GBP`. `fires` and `silent`
    are whole messages, tested.
    """

    name: str
    flag: FlagName
    says: str
    claim: Claim
    phrases: tuple[str, ...]
    fires: tuple[str, ...]
    silent: tuple[str, ...]
    unless: str = ""
    needs: str = ""
    recent: bool = False
    by_amount: bool = False

    def __post_init__(self) -> None:
        if "." not in self.name:
            raise ValueError(f"a rule's name is family.rule, not {self.name!r}")
        if not (self.phrases and self.fires and self.silent):
            raise ValueError(f"rule {self.name} needs phrases, examples that fire and examples that stay silent")

    @property
    def severity(self) -> Severity | None:
        """The lowest severity that this rule gives a complaint, before amounts are read."""
        return SEVERITY_OF_FLAG.get(self.flag)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """A rule ready to be tried."""

    rule: Rule
    phrases: tuple[Phrase, ...]
    unless: re.Pattern[str] | None
    needs: re.Pattern[str] | None


def compile_rule(rule: Rule) -> CompiledRule:
    """Translate the patterns of a rule.

    Raises:
        ValueError: a pattern cannot be read; the message names it.
    """
    return CompiledRule(
        rule=rule,
        phrases=tuple(compile_phrase(phrase) for phrase in rule.phrases),
        unless=re.compile(rule.unless) if rule.unless else None,
        needs=re.compile(rule.needs) if rule.needs else None,
    )

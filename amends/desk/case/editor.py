"""The reply that is being written: what the checks say of it, the parts it owes, how long it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from amends.domain.check import Check, CheckName, Level
from amends.domain.reply import Form, Reply
from amends.domain.verdict import Kind
from respond.checks.post_rule import PostRule
from respond.checks.slots import obligatory_slots

_SLOTS = {
    "listen": "Listen",
    "apologise": "Apologise",
    "thank": "Thank",
    "explain": "Explain",
    "resolve": "Resolve",
    "move_to_private": "Move to private",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """How long a text is where it goes. `most` is the limit of the network, None where there is none."""

    count: int
    most: int | None

    @property
    def says(self) -> str:
        """The length as a person reads it."""
        if self.most is None:
            return f"{self.count:,} characters"
        left = self.most - self.count
        return (
            f"{self.count:,} of {self.most:,}; {left:,} left" if left >= 0 else f"{-left:,} too many for {self.most:,}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What the checks say of a text."""

    checks: Sequence[Check]
    slots: Sequence[tuple[str, bool]]
    length: Length

    @property
    def blocking(self) -> list[Check]:
        """What keeps it from going out."""
        return [check for check in self.checks if check.level is Level.BLOCK]

    @property
    def warnings(self) -> list[Check]:
        """What a person should look at twice."""
        return [check for check in self.checks if check.level is Level.WARN]


def looked(reply: Reply, checks: Sequence[Check], *, kind: Kind, rule: PostRule | None) -> Looked:
    """Put together what is said of a reply's text, whose checks are given; `rule` is that of its network."""
    missing = {check.rule for check in checks if check.name is CheckName.MISSING_SLOT}
    owed = obligatory_slots(reply.form, reply.purpose, kind)
    return Looked(
        checks=checks,
        slots=[(_SLOTS[slot.value], slot.value not in missing) for slot in owed],
        length=_length(reply, rule),
    )


def _length(reply: Reply, rule: PostRule | None) -> Length:
    if rule is None or not (reply.form.is_public or reply.form is Form.DIRECT_MESSAGE):
        return Length(count=len(reply.text), most=None)
    count, most = rule.counted(reply.text, is_public=reply.form.is_public)
    return Length(count=count, most=most)

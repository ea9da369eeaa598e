"""The rules that raise flags, one module a family.

A rule is data: patterns in a little language (`triage.rules.phrase`), what takes the claim
back (`triage.rules.scope`), and examples that are tested. To add one, add it to its family
with examples; `docs/labels.md` is written again by `python -m triage.taxonomy`.
"""

from __future__ import annotations

from triage.rules import (
    chasing,
    circumstances,
    conduct,
    escalation,
    handling,
    harm,
    harm_told,
    loss,
    money_gone,
    people,
    rights,
    safety,
    theft,
)
from triage.rules.rule import Rule


def all_rules() -> tuple[Rule, ...]:
    """Give every rule, families in a fixed order.

    Raises:
        ValueError: two rules have one name.
    """
    said_in_set_words = (safety, harm, people, conduct, theft, rights, escalation, loss, handling)
    families = (*said_in_set_words, circumstances, chasing, money_gone, harm_told)
    rules = tuple(rule for family in families for rule in family.RULES)
    names = [rule.name for rule in rules]
    if len(set(names)) != len(names):
        raise ValueError(f"rules share a name: {sorted({name for name in names if names.count(name) > 1})}")
    return rules

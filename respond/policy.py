"""What may go out without a person, and how much of it.

1. Only an acknowledgement may go by itself, by mail or on a form's status page.
2. Nothing public ever does.
3. Where somebody may come to harm, a person approves even the acknowledgement.
4. Machines and spam are never answered (RFC 3834, section 2: answering them makes loops).
5. A message that a person has yet to judge still gets a neutral acknowledgement.
6. Once a person has written to the customer, machines are silent in that case.
7. What a check blocks waits for a person.
8. Caps per sender, per case and in all stop what the rules above did not foresee. What is
   held back becomes a task for a person: an acknowledgement is a duty.
"""

from __future__ import annotations

from dataclasses import dataclass

from amends.domain.check import Check, blocks
from amends.domain.reply import Form, Purpose
from amends.domain.verdict import FlagName, Kind, Severity
from respond.forms import DANGER


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomaticDecision:
    """Whether a reply may go without a person, and the sentence that says why."""

    allowed: bool
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCounts:
    """How many automatic replies went to this sender in the last 24 hours, on this case ever, and in all this hour."""

    to_sender_today: int
    on_case: int
    in_all_this_hour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How many automatic replies may go. Nought stops them all."""

    per_sender_a_day: int = 3
    per_case: int = 3
    in_all_an_hour: int = 500

    def __post_init__(self) -> None:
        if min(self.per_sender_a_day, self.per_case, self.in_all_an_hour) < 0:
            raise ValueError("a cap is nought or more")


_BY_ITSELF = frozenset({Form.EMAIL, Form.STATUS_PAGE})


def may_send_by_itself(
    *,
    form: Form,
    purpose: Purpose,
    kind: Kind,
    severity: Severity | None,
    needs_person: bool = False,
    flags: frozenset[FlagName] = frozenset(),
    from_machine: bool = False,
    person_has_written: bool = False,
    checks: tuple[Check, ...] = (),
) -> AutomaticDecision:
    """Decide whether a reply may go without a person. Caps are decided apart, by `decide_caps`."""
    refusals = (
        (from_machine or not kind.is_from_a_customer, "it came from a machine, and machines are not answered"),
        (form.is_public, "a public reply is never sent before a person has read it"),
        (purpose is not Purpose.ACKNOWLEDGEMENT, "only an acknowledgement may go without a person"),
        (form not in _BY_ITSELF, f"a reply by {form.value.replace('_', ' ')} is a person's to make"),
        (
            severity is Severity.CRITICAL or bool(flags & DANGER),
            "somebody may come to harm: a person approves every word",
        ),
        (person_has_written, "a person is already talking with this customer"),
        (blocks(checks), "a check found something that a person has to look at"),
    )
    for applies, because in refusals:
        if applies:
            return AutomaticDecision(allowed=False, because=because)
    if needs_person:
        because = "a neutral acknowledgement says nothing of what the message is"
    else:
        because = f"an acknowledgement by {form.value.replace('_', ' ')} may go by policy"
    return AutomaticDecision(allowed=True, because=because)


def decide_caps(counts: SentCounts, limits: Caps) -> AutomaticDecision:
    """Decide whether one more automatic reply fits under the caps. What does not is a task for a person."""
    reached = (
        (counts.to_sender_today, limits.per_sender_a_day, "to this sender in a day"),
        (counts.on_case, limits.per_case, "on this case"),
        (counts.in_all_this_hour, limits.in_all_an_hour, "in all within an hour"),
    )
    for sent, cap, where in reached:
        if sent >= cap:
            because = f"{sent} automatic replies went {where} and the cap is {cap}: acknowledge by another route"
            return AutomaticDecision(allowed=False, because=because)
    return AutomaticDecision(allowed=True, because="under every cap")

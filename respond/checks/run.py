"""All checks of a draft in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from amends.domain.channel import Channel
from amends.domain.check import Check, CheckName
from amends.domain.reply import Form, Part, Purpose
from amends.domain.verdict import Kind
from respond.checks.admission import check_admission
from respond.checks.length import check_length
from respond.checks.personal_data import NOBODY, Customer, check_payment_numbers, check_personal_data
from respond.checks.post_rule import PostRule, post_rule
from respond.checks.slots import check_slots
from respond.checks.tone import check_tone
from respond.checks.unfilled import check_unfilled


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the place allows: how it counts a post, where it says so itself, and our own contact details in public."""

    post: PostRule | None = None
    public_contacts: tuple[str, ...] = ()


#: What holds where nobody has said anything else.
USUAL = Limits()


def run_checks(
    text: str,
    *,
    form: Form,
    purpose: Purpose,
    kind: Kind,
    channel: Channel,
    parts: Sequence[Part] = (),
    customer: Customer = NOBODY,
    limits: Limits = USUAL,
) -> tuple[Check, ...]:
    """Check a draft, in the order of `CheckName` and of the text. Every quote is `text[start:end]`.

    What strangers can read is searched for personal data; what only the customer reads
    is searched for full payment numbers. The rest holds for every form.
    """
    checks = [
        *(
            check_personal_data(text, customer, public_contacts=limits.public_contacts)
            if form.is_public
            else check_payment_numbers(text)
        ),
        *check_admission(text),
        *check_length(text, form=form, channel=channel, rule=limits.post or post_rule(channel)),
        *check_slots(text, form=form, purpose=purpose, kind=kind, parts=parts),
        *check_unfilled(text),
        *check_tone(text),
    ]
    order = list(CheckName)
    return tuple(sorted(checks, key=lambda check: (order.index(check.name), check.start)))

"""Whether a text fits where it goes."""

from __future__ import annotations

from collections.abc import Iterator

from amends.domain.channel import Channel
from amends.domain.check import Check, CheckName, Level
from amends.domain.reply import Form
from respond.checks.post_rule import PostRule


def check_length(text: str, *, form: Form, channel: Channel, rule: PostRule | None) -> Iterator[Check]:
    """Block a post that the network would refuse, and quote what is too much."""
    if rule is None or not (form.is_public or form is Form.DIRECT_MESSAGE):
        return
    length, limit = rule.counted(text, is_public=form.is_public)
    if length > limit:
        fits = rule.fitting(text) if form.is_public else rule.fitting_privately(text)
        yield Check(
            name=CheckName.LENGTH,
            level=Level.BLOCK,
            rule=f"{channel.value}_limit",
            says=f"It counts {length} on {rule.network}, {length - limit} more than the {limit} that fit.",
            remedy="Say it shorter, or ask the customer to write to you privately and say it there.",
            quote=text[fits:],
            start=fits,
            end=len(text),
        )

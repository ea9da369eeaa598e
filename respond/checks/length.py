"""Whether a text fits where it goes."""

from __future__ import annotations

from collections.abc import Iterator

from amends.domain.channel import Channel
from amends.domain.check import Check, CheckName, Level
from amends.domain.reply import Form
from respond.checks.post_length import fitting_prefix, x_length

#: The longest private message on X, in characters (docs.x.com, direct messages).
X_MESSAGE_LIMIT = 10_000


def check_length(text: str, *, form: Form, channel: Channel, limit: int) -> Iterator[Check]:
    """Block a post that the network would refuse, and quote what is too much."""
    if channel is not Channel.X:
        return
    if form.is_public:
        length = x_length(text)
    elif form is Form.DIRECT_MESSAGE:
        length, limit = len(text), X_MESSAGE_LIMIT
    else:
        return
    if length > limit:
        fits = fitting_prefix(text, limit) if form.is_public else limit
        yield Check(
            name=CheckName.LENGTH,
            level=Level.BLOCK,
            rule=f"{channel.value}_limit",
            says=f"It counts {length} on X, {length - limit} more than the {limit} that fit.",
            remedy="Say it shorter, or ask the customer to write to you privately and say it there.",
            quote=text[fits:],
            start=fits,
            end=len(text),
        )

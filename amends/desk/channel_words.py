"""How channels are called on pages."""

from __future__ import annotations

from amends.domain.channel import Channel

#: By itself: a label, a column, a filter.
LABELS = {
    Channel.EMAIL: "E-mail",
    Channel.X: "X",
    Channel.MASTODON: "Mastodon",
    Channel.BLUESKY: "Bluesky",
    Channel.WEB_FORM: "Web form",
    Channel.PHONE: "Telephone",
    Channel.LETTER: "Letter",
    Channel.COUNTER: "Counter",
}
#: How something came, behind a name or a reference.
CAME = {
    Channel.EMAIL: "by mail",
    Channel.X: "on X",
    Channel.MASTODON: "on Mastodon",
    Channel.BLUESKY: "on Bluesky",
    Channel.WEB_FORM: "by the web form",
    Channel.PHONE: "by telephone",
    Channel.LETTER: "by letter",
    Channel.COUNTER: "at the counter",
}


def label(channel: str) -> str:
    """Give a channel's label by its value."""
    return LABELS[Channel(channel)]


def came(channel: str) -> str:
    """Say how something came, by its channel's value."""
    return CAME[Channel(channel)]

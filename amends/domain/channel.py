"""Where messages come from."""

from __future__ import annotations

from enum import StrEnum


class Channel(StrEnum):
    """Where a message came in, and so where its reply goes out."""

    EMAIL = "email"
    X = "x"
    MASTODON = "mastodon"
    BLUESKY = "bluesky"
    WEB_FORM = "web_form"

    @property
    def is_public(self) -> bool:
        """Whether strangers can read what is said here, unless it is said in private."""
        return self in _NETWORKS


_NETWORKS = frozenset({Channel.X, Channel.MASTODON, Channel.BLUESKY})

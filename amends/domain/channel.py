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
    #: What comes by these a colleague writes down: see `ingest/logged.py`.
    PHONE = "phone"
    LETTER = "letter"
    COUNTER = "counter"

    @property
    def is_logged(self) -> bool:
        """Whether a colleague logs what comes in here."""
        return self in {Channel.PHONE, Channel.LETTER, Channel.COUNTER}

    @property
    def is_public(self) -> bool:
        """Whether strangers can read what is said here, unless it is said in private."""
        return self in _NETWORKS


_NETWORKS = frozenset({Channel.X, Channel.MASTODON, Channel.BLUESKY})

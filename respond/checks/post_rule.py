"""What may be posted where: how each network counts a post, and how long one may be.

X counts by its own weights (`post_length.py`). Mastodon counts graphemes, a link as a
fixed number and a mention without its server; the limit is the server's own, which came
with the message, and the handle and the content warning that a reply begins with count
too (docs.joinmastodon.org, read on 28 November 2026). Bluesky counts graphemes, and the
bytes of the text beside (lexicon app.bsky.feed.post).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import regex

from amends.domain.channel import Channel
from respond.checks.post_length import X_LIMIT, x_length

#: The longest private message on X, in characters (docs.x.com, direct messages).
_X_MESSAGE_LIMIT = 10_000
#: What a server of Mastodon takes where it does not say otherwise.
_MASTODON_LIMIT, _MASTODON_LINK = 500, 23
_BLUESKY_LIMIT, _BYTES_A_GRAPHEME = 300, 10

_GRAPHEME = regex.compile(r"\X")
_LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?')\]]", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w/])@(\w+(?:[\w.-]*\w)?)@[\w.-]*\w")


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRule:
    """How a network counts: `post` in public, `private` in private; each with the most that may be."""

    network: str
    limit: int
    post: Callable[[str], int]
    private_limit: int
    private: Callable[[str], int]

    def counted(self, text: str, *, is_public: bool) -> tuple[int, int]:
        """Give how long a text is here, and the most that it may be."""
        return (self.post(text), self.limit) if is_public else (self.private(text), self.private_limit)

    def fitting(self, text: str) -> int:
        """Give the offset in `text` up to which it fits into a post, never inside a grapheme."""
        return _fitting(text, self.limit, self.post)

    def fitting_privately(self, text: str) -> int:
        """Give the offset in `text` up to which it fits into a private message, never inside a grapheme."""
        return _fitting(text, self.private_limit, self.private)


def post_rule(channel: Channel, facts: Mapping[str, str] | None = None) -> PostRule | None:
    """Give the rule for answers to a message with these facts; None where no posts are written."""
    facts = facts or {}
    if channel is Channel.X:
        return PostRule(network="X", limit=X_LIMIT, post=x_length, private_limit=_X_MESSAGE_LIMIT, private=len)
    if channel is Channel.MASTODON:
        limit = _number(facts.get("post_limit"), _MASTODON_LIMIT)
        before = facts.get("warning", "") + (f"@{facts['handle']} " if "handle" in facts else "")
        count = partial(mastodon_length, before=before, link=_number(facts.get("link"), _MASTODON_LINK))
        return PostRule(network="Mastodon", limit=limit, post=count, private_limit=limit, private=count)
    if channel is Channel.BLUESKY:
        return PostRule(
            network="Bluesky",
            limit=_BLUESKY_LIMIT,
            post=bluesky_length,
            private_limit=1_000,
            private=graphemes,
        )
    return None


def graphemes(text: str) -> int:
    """Count what a reader sees as one character each."""
    return len(text) if text.isascii() and "\r" not in text else len(_GRAPHEME.findall(text))


def mastodon_length(text: str, *, before: str = "", link: int = _MASTODON_LINK) -> int:
    """Give the length of a status, with what stands before its text."""
    return graphemes(_MENTION.sub(r"@\1", _LINK.sub("x" * link, before + text)))


def bluesky_length(text: str) -> int:
    """Give the length of a post: its graphemes, or a tenth of its bytes where that is more."""
    return max(graphemes(text), -(-len(text.encode("utf-8", "surrogatepass")) // _BYTES_A_GRAPHEME))


def _fitting(text: str, limit: int, count: Callable[[str], int]) -> int:
    ends = [0, *(match.end() for match in _GRAPHEME.finditer(text))]
    return ends[max(0, bisect_right(ends, limit, lo=1, key=lambda end: count(text[:end])) - 1)]


def _number(said: str | None, usual: int) -> int:
    return int(said) if said is not None and said.isascii() and said.isdecimal() and len(said) < 10 else usual

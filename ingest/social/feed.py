"""What a network shows of the posts that speak to us: the port behind which each network stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from amends.domain.channel import Channel
from amends.domain.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One post as its network gave it, as bytes. `name` is its item in the ledger.

    `place` says where it stands among the others, "" where it has none: places sort by their length and then by their
    letters, as numbers and moments do. `at` is when the network put it there, None where that does not matter.
    """

    name: str
    raw: bytes
    place: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some posts. `token` asks for the next page now, "" if this is the last; `below` asks for what is older later."""

    posts: Sequence[Post]
    token: str
    below: str


class Feed(Protocol):
    """The posts that speak to one account, the newest first."""

    @property
    def source(self) -> str:
        """Names the feed: the same name for the same account at each start."""

    @property
    def account(self) -> str:
        """Names the account, as messages say to which one they came."""

    @property
    def channel(self) -> Channel:
        """The network."""

    @property
    def media(self) -> str:
        """How its posts are read."""

    @property
    def settles(self) -> timedelta:
        """How long a post may turn up below others that were shown before it; nought where the order is strict."""

    def page(self, *, since: str, below: str, token: str) -> Page:
        """Give a page of posts whose place is after `since`, where the network can leave the others out.

        Raises:
            Unavailable: the network cannot be asked now.
        """

    def whole(self, post: Post) -> bytes:
        """Give the bytes of a post that are kept, with what it needs to be understood.

        Raises:
            Unavailable: the network cannot be asked now.
        """

    def changed(self, answered: Iterable[Message]) -> Iterator[Post]:
        """Give new versions of posts that the feed does not show by itself.

        Raises:
            Unavailable: the network cannot be asked now.
        """

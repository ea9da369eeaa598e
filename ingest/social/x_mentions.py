"""What is said to us on X, as feeds: the posts that mention us, and private messages.

X keeps the 800 newest mentions, and the private messages of thirty days; it bills what is read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta

from amends.domain.channel import Channel
from amends.domain.message import Message
from amends.networks.x import XApi
from ingest.reading import Media
from ingest.social.feed import Page, Post
from ingest.social.x import messages_of_page, posts_of_page

_NUMBER = re.compile(r"[0-9]{1,20}")


class XMentions:
    """The mentions of one account. An edited one comes as a post of its own."""

    channel = Channel.X
    media = Media.X_POST
    settles = timedelta()

    def __init__(self, api: XApi) -> None:
        self._api = api

    @property
    def source(self) -> str:
        """The number of the account, which stays when its handle changes."""
        return f"x:{self._api.account_id}"

    @property
    def account(self) -> str:
        """The number of the account."""
        return self._api.account_id

    def page(self, *, since: str, below: str, token: str) -> Page:
        """Give a page of mentions; each that X gives counts towards the budget."""
        page = self._api.mentions(since_id=since, until_id=below, page=token)
        posts = list(_posts(page.whole))
        oldest = min((int(post.place) for post in posts if post.place), default=0)
        return Page(posts=posts, token=page.next_token, below=str(oldest) if oldest else "")

    def whole(self, post: Post) -> bytes:
        """Give its bytes."""
        return post.raw

    def changed(self, answered: Iterable[Message]) -> Iterator[Post]:
        """Give nothing: new versions are mentions themselves."""
        return iter(())


class XMessages:
    """The private messages of one account. X cannot leave out those that were read: the newest page is always read."""

    channel = Channel.X
    media = Media.X_MESSAGE
    settles = timedelta()

    def __init__(self, api: XApi) -> None:
        self._api = api

    @property
    def source(self) -> str:
        """The number of the account, which stays when its handle changes."""
        return f"x-messages:{self._api.account_id}"

    @property
    def account(self) -> str:
        """The number of the account."""
        return self._api.account_id

    def page(self, *, since: str, below: str, token: str) -> Page:
        """Give a page of messages; each that X gives counts towards the budget."""
        page = self._api.messages(page=token or below)
        whole = page.whole if isinstance(page.whole, dict) else {}
        return Page(posts=list(_placed(messages_of_page(whole))), token=page.next_token, below=page.next_token)

    def whole(self, post: Post) -> bytes:
        """Give its bytes."""
        return post.raw

    def changed(self, answered: Iterable[Message]) -> Iterator[Post]:
        """Give nothing: a private message is never edited."""
        return iter(())


def _posts(whole: object) -> Iterator[Post]:
    page = whole if isinstance(whole, dict) else {}
    yield from _placed(posts_of_page(page))


def _placed(found: Iterable[tuple[str, bytes]]) -> Iterator[Post]:
    for name, raw in found:
        if name.startswith("number "):
            # A post without an id is known by its bytes: its place on the page is another one next time.
            yield Post(name=f"without id {hashlib.sha256(raw).hexdigest()[:24]}", raw=raw)
        else:
            yield Post(name=name, raw=raw, place=name if _NUMBER.fullmatch(name) else "")

"""The statuses that mention us on Mastodon, as a feed: the notifications of one account.

A notification is kept with what a reply has to know: the server's limits, who we are, and
the conversation before it. The server gives no sign when a status that mentions us is
edited; those that wait for an answer are looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from amends.domain.channel import Channel
from amends.domain.message import Message
from amends.networks.mastodon import MastodonApi, moment_of
from amends.ports import Now
from ingest.reading import Media
from ingest.social.feed import Page, Post


class MastodonMentions:
    """The mentions of one account. Two that are written at once may be shown in the other order for a moment."""

    channel = Channel.MASTODON
    media = Media.MASTODON_STATUS
    settles = timedelta(minutes=1)

    def __init__(self, api: MastodonApi, *, now: Now) -> None:
        self._api = api
        self._now = now

    @property
    def source(self) -> str:
        """The account, as the settings name it."""
        return f"mastodon:{self._api.access.name}"

    @property
    def account(self) -> str:
        """The account, as the settings name it."""
        return self._api.access.name

    def page(self, *, since: str, below: str, token: str) -> Page:
        """Give a page of mentions."""
        found = self._api.mentions(since_id=since, max_id=token or below)
        posts = [self._post(one) for one in found if _id(one)]
        oldest = posts[-1].place if posts else ""
        return Page(posts=posts, token=oldest, below=oldest)

    def whole(self, post: Post) -> bytes:
        """Give a status with the conversation before it, what the server allows, and who we are."""
        kept = json.loads(post.raw)
        status = kept.get("status")
        answers = isinstance(status, dict) and status.get("in_reply_to_id")
        us = self._api.me()
        whole = {
            **kept,
            "server": self._api.access.server,
            "us": {name: us[name] for name in ("id", "acct") if name in us},
            "limits": dict(self._api.limits()),
            "ancestors": self._api.ancestors(_id(status)) if answers else [],
        }
        return _bytes(whole)

    def changed(self, answered: Iterable[Message]) -> Iterator[Post]:
        """Give the statuses that say something else now than what was read."""
        for message in answered:
            status = self._api.status(message.native_id)
            edited = str((status or {}).get("edited_at") or "")
            if status is not None and edited and edited != message.facts.get("edited_at", ""):
                yield Post(name=f"{message.native_id} edited {edited}", raw=_bytes({"status": status}))

    def _post(self, notification: Mapping[str, Any]) -> Post:
        name = _id(notification)
        at = moment_of(notification.get("created_at"), now=self._now())
        return Post(name=name, raw=_bytes(notification), place=name, at=at)


def _id(thing: object) -> str:
    found = thing.get("id") if isinstance(thing, dict) else None
    return found if isinstance(found, str) and len(found) <= 100 else ""


def _bytes(whole: Mapping[str, Any]) -> bytes:
    return json.dumps(whole, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass")

"""The posts that mention, answer or quote us on Bluesky, as a feed: the notifications of one account.

Notifications stand in the order of the moments that their posts give themselves, and a
post may reach the network late: so the last hour is looked at each time. Where a look
stops half way, it goes on by the network's own cursor.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from amends.domain.channel import Channel
from amends.domain.message import Message
from amends.networks.bluesky import BlueskyApi
from amends.ports import Now
from ingest.reading import Media
from ingest.social.feed import Page, Post


class BlueskyMentions:
    """The mentions of one account."""

    channel = Channel.BLUESKY
    media = Media.BLUESKY_POST
    settles = timedelta(hours=1)

    def __init__(self, api: BlueskyApi, *, now: Now) -> None:
        self._api = api
        self._now = now

    @property
    def source(self) -> str:
        """The account, as the settings name it."""
        return f"bluesky:{self._api.access.name}"

    @property
    def account(self) -> str:
        """The account, as the settings name it."""
        return self._api.access.name

    def page(self, *, since: str, below: str, token: str) -> Page:
        """Give a page of mentions. The network cannot leave out those that are old."""
        page = self._api.notifications(cursor=token or below)
        return Page(posts=[self._post(one) for one in page.notifications], token=page.cursor, below=page.cursor)

    def whole(self, post: Post) -> bytes:
        """Give a post with the conversation before it, and who we are."""
        kept = json.loads(post.raw)
        notification = kept["post"]
        record = notification.get("record")
        uri = notification.get("uri")
        answers = isinstance(record, dict) and isinstance(record.get("reply"), dict) and isinstance(uri, str)
        before = self._api.before(uri) if answers else []
        return _bytes({**kept, "us": dict(self._api.me()), "before": before})

    def changed(self, answered: Iterable[Message]) -> Iterator[Post]:
        """Give the posts that say something else now than what was read; the network's own app offers no edits."""
        for message in answered:
            shown = self._api.post(message.native_id)
            if shown is not None and shown.get("cid") != message.facts.get("cid"):
                raw = _bytes({"post": shown, "is_edited": True})
                yield Post(name=f"{message.native_id} {shown.get('cid')}"[:900], raw=raw)

    def _post(self, notification: Mapping[str, Any]) -> Post:
        raw = _bytes({"post": notification})
        uri, cid = notification.get("uri"), notification.get("cid")
        at = _moment(notification.get("indexedAt"), self._now())
        # In one spelling of one length, so that places sort as moments do.
        place = f"{at:%Y-%m-%dT%H:%M:%S.%f}"
        return Post(name=f"{uri} {cid}"[:900], raw=raw, place=place, at=at)


def _moment(said: object, now: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(str(said))
    except ValueError:
        return now
    # A post may give itself any moment; in the future it would hide the others.
    return min(found if found.tzinfo is not None else found.replace(tzinfo=UTC), now)


def _bytes(whole: Mapping[str, Any]) -> bytes:
    return json.dumps(whole, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass")

"""Fetches the posts that mention us from X.

X gives pages, the newest first; we take posts in from the oldest on, for a thread is read
from its beginning. So all pages since the last look are fetched before any of their posts
is handed on (X keeps 800 mentions and no more). If X breaks off half way, what is there is
handed on all the same, since it is paid for, and the checkpoint remembers the gap below
it, which is fetched next.

A checkpoint is a line of JSON: `since` is the newest post up to which all was fetched;
`until` and `newest`, while there is a gap, are the oldest and the newest post above it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from amends.domain.channel import Channel
from amends.errors import Unavailable
from amends.ports import Fetched, Now
from amends.x_api import XApi
from ingest.reading import Media
from ingest.social.x import posts_of_page

log = logging.getLogger(__name__)

#: X keeps the 800 newest mentions, and gives eight full pages of them; pages may be less than full.
_PAGES_AT_MOST = 40
_NUMBER = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """How far was read. Ids are numbers; 0 stands for none."""

    since: int = 0
    until: int = 0
    newest: int = 0

    @classmethod
    def read(cls, checkpoint: str) -> _Mark:
        known = json.loads(checkpoint) if checkpoint else {}
        return cls(**{name: int(known.get(name, 0)) for name in ("since", "until", "newest")})

    def __str__(self) -> str:
        known = {"since": self.since, "until": self.until, "newest": self.newest}
        return json.dumps({name: str(value) for name, value in known.items() if value})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Post:
    name: str
    raw: bytes

    @property
    def number(self) -> int:
        """The post's id; 0 for one that has none, which goes first."""
        return int(self.name) if _NUMBER.fullmatch(self.name) else 0


class XMentionsConnector:
    """The mentions of one account. Between two looks that found nothing more it leaves X alone for `pause_s`."""

    def __init__(self, api: XApi, *, now: Now, pause_s: float) -> None:
        self._api = api
        self._now = now
        self._pause = timedelta(seconds=pause_s)
        self._rests_until: datetime | None = None
        self._ready: list[_Post] = []
        self._is_whole = False
        self._after = _Mark()
        #: The checkpoint that belongs to what is ready: with any other the posts are fetched again.
        self._at = ""

    @property
    def source(self) -> str:
        """The source's name: the number of the account, which stays when its handle changes."""
        return f"x:{self._api.account_id}"

    def fetch(self, checkpoint: str, *, limit: int) -> tuple[list[Fetched], str]:
        """Fetch the next mentions, oldest first.

        Raises:
            Unavailable: X cannot be asked now; nothing was skipped.
        """
        if checkpoint != self._at:
            self._ready = []
        if not self._ready:
            if self._rests_until is not None and self._now() < self._rests_until:
                return [], checkpoint
            self._look_on(_Mark.read(checkpoint))
        batch, self._ready = self._ready[:limit], self._ready[limit:]
        if not batch:
            self._rests_until = self._now() + self._pause
            return [], checkpoint
        if not self._ready:
            self._at = str(self._after)
        elif self._is_whole and batch[-1].number:
            self._at = str(_Mark(since=batch[-1].number))
        else:
            self._at = checkpoint
        at = self._now()
        return [self._fetched(post, at) for post in batch], self._at

    def holdings(self) -> Iterator[str]:
        """Name every mention that X still gives. Each is read once more, and counts towards the budget.

        Raises:
            Unavailable: X cannot be asked now.
        """
        token = ""
        for _ in range(_PAGES_AT_MOST):
            page = self._api.mentions(page=token)
            yield from (post.name for post in _posts(page.whole))
            token = page.next_token
            if not token:
                return

    def _look_on(self, mark: _Mark) -> None:
        """Look until there is something, or nothing more: a gap may be empty, and what is new lies above it."""
        while True:
            self._look(mark)
            if self._ready or self._after == mark:
                return
            mark = self._after

    def _look(self, mark: _Mark) -> None:
        """Fetch all pages that lie above `since`, and below `until` if there is a gap."""
        found: dict[str, _Post] = {}
        token, is_whole = "", False
        for number in range(_PAGES_AT_MOST):
            try:
                page = self._api.mentions(since_id=_said(mark.since), until_id=_said(mark.until), page=token)
            except Unavailable as why:
                if number == 0:
                    raise
                # What is here is paid for; the rest is asked for next time.
                log.warning("mentions broke off", extra={"why": type(why.__cause__ or why).__name__, "pages": number})
                break
            found |= {post.name: post for post in _posts(page.whole)}
            if not page.next_token or page.next_token == token:
                is_whole = True
                break
            token = page.next_token
        self._ready = sorted(found.values(), key=lambda post: post.number)
        numbers = [post.number for post in self._ready if post.number]
        newest = max([mark.newest, mark.since, *numbers])
        # In a gap below posts that were handed on the marks between are none: they would forget those above.
        self._is_whole = is_whole and not mark.until
        if is_whole:
            self._after = _Mark(since=newest)
        elif numbers:
            self._after = _Mark(since=mark.since, until=min(numbers), newest=newest)
        else:
            self._after = mark

    def _fetched(self, post: _Post, at: datetime) -> Fetched:
        return Fetched(
            source=self.source,
            item=post.name,
            channel=Channel.X,
            account=self._api.account_id,
            media=Media.X_POST,
            raw=post.raw,
            fetched_at=at,
        )


def _posts(whole: object) -> Iterator[_Post]:
    page = whole if isinstance(whole, dict) else {}
    for name, raw in posts_of_page(page):
        # A post without an id is known by its bytes: its place on the page is another one next time.
        is_id = not name.startswith("number ")
        yield _Post(name=name if is_id else f"without id {hashlib.sha256(raw).hexdigest()[:24]}", raw=raw)


def _said(number: int) -> str:
    return str(number) if number else ""

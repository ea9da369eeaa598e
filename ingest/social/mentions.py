"""Fetches the posts that speak to us from a network, whichever it is.

1. Networks show the newest first; posts are taken in from the oldest on, for a thread is
   read from its beginning. So all pages since the last look are fetched before any of
   their posts is handed on. If the network breaks off half way, what is there is handed
   on all the same, since it may be paid for, and the checkpoint remembers the gap below
   it, which is fetched next.
2. Some networks let a post turn up below others that they showed before: by the moment
   that its author's clock says, or because two were written at once. There the last
   stretch (`Feed.settles`) is looked at again each time, and what was handed on is known.
3. When nothing is new, the posts that wait for an answer are looked at for new versions,
   where the network does not show those by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta

from amends.domain.message import Message
from amends.errors import Unavailable
from amends.networks.gate import Reads
from amends.ports import Fetched, Now
from ingest.social.feed import Feed, Post
from ingest.social.mark import Mark, digest, order

log = logging.getLogger(__name__)

#: So many pages are read in one look; what is older is a gap, and fetched next.
_PAGES_AT_MOST = 40
#: So many posts that wait for an answer are looked at each time, one after the other in turn.
_FOLLOWED_AT_ONCE = 20


def _nobody() -> Sequence[Message]:
    return ()


class MentionsConnector:
    """The posts that speak to one account. Between two looks that found nothing more it is left alone for `pause_s`.

    `waiting` gives the messages whose replies wait to be approved or sent. `reads` counts what is handed on, and
    `used_up` says what to do when no more may be; None where the network's driver counts by itself.
    """

    def __init__(
        self,
        feed: Feed,
        *,
        now: Now,
        pause_s: float,
        waiting: Callable[[], Sequence[Message]] = _nobody,
        reads: Reads | None = None,
        used_up: str = "",
    ) -> None:
        self._feed = feed
        self._now = now
        self._pause = timedelta(seconds=pause_s)
        self._waiting = waiting
        self._reads = reads
        self._used_up = used_up
        self._rests_until: datetime | None = None
        self._followed = 0
        self._ready: list[Post] = []
        self._is_whole = False
        self._after = Mark()
        #: The checkpoint that belongs to what is ready: with any other the posts are fetched again.
        self._at = ""

    @property
    def source(self) -> str:
        """The source's name: that of the account, which stays when its handle changes."""
        return self._feed.source

    def fetch(self, checkpoint: str, *, limit: int) -> tuple[list[Fetched], str]:
        """Fetch the next posts, oldest first.

        Raises:
            Unavailable: the network cannot be asked now; nothing was skipped.
        """
        if checkpoint != self._at:
            self._ready = []
        mark = Mark.read(checkpoint)
        if not self._ready:
            if self._rests_until is not None and self._now() < self._rests_until:
                return [], checkpoint
            self._look_on(mark)
            self._at = checkpoint
        if not self._ready:
            self._follow(mark)
        batch = self._take(limit)
        if not batch:
            self._rests_until = self._now() + self._pause
            return [], checkpoint
        if not self._ready:
            self._at = str(self._after)
        elif self._is_whole and batch[-1][0].place:
            self._at = str(mark.moved(self._settled([post for post, _ in batch]), self._unsettled(batch)))
        else:
            self._at = checkpoint
        at = self._now()
        return [self._fetched(post, raw, at) for post, raw in batch], self._at

    def holdings(self) -> Iterator[str]:
        """Name every post that the network still shows. Where reading is billed, this is too.

        Raises:
            Unavailable: the network cannot be asked now.
        """
        token = ""
        while True:
            page = self._feed.page(since="", below="", token=token)
            yield from (post.name for post in page.posts)
            if not page.token or page.token == token:
                return
            token = page.token

    def _take(self, limit: int) -> list[tuple[Post, bytes]]:
        """Take the next posts with all that is kept of them; fewer, if the network breaks off."""
        batch: list[tuple[Post, bytes]] = []
        for post in self._ready[:limit]:
            try:
                batch.append((post, self._feed.whole(post)))
            except Unavailable:
                if not batch:
                    raise
                break
        del self._ready[: len(batch)]
        return batch

    def _look_on(self, mark: Mark) -> None:
        """Look until there is something, or nothing more: a gap may be empty, and what is new lies above it."""
        while True:
            self._look(mark)
            if self._ready or self._after == mark or not mark.below:
                return
            mark = self._after

    def _look(self, mark: Mark) -> None:
        """Fetch all pages that lie after `since`, and below the gap's beginning if there is one."""
        if self._reads is not None and self._reads.left() < 1:
            raise Unavailable(self._used_up)
        found: dict[str, Post] = {}
        token, below, is_whole = "", "", False
        for number in range(_PAGES_AT_MOST):
            try:
                page = self._feed.page(since=mark.since, below=mark.below, token=token)
            except Unavailable as why:
                if number == 0:
                    raise
                # What is here may be paid for; the rest is asked for next time.
                log.warning("mentions broke off", extra={"why": type(why.__cause__ or why).__name__, "pages": number})
                break
            found |= {post.name: post for post in page.posts}
            below = page.below or below
            if not page.token or page.token == token or self._reaches(mark, page.posts):
                is_whole = True
                break
            token = page.token
        new = [post for post in found.values() if not mark.knows(post.name, post.place)]
        # The newest came first; of two in one place the older one goes first.
        self._ready = sorted(reversed(new), key=lambda post: order(post.place))
        if self._reads is not None:
            self._reads.spend(len(new))
        # In a gap below posts that were handed on the marks between are none: they would forget those above.
        self._is_whole = is_whole and not mark.below
        newest, unsettled = self._settled(self._ready), self._unsettled([(post, b"") for post in self._ready])
        if is_whole:
            self._after = mark.moved(newest, unsettled)
        elif below:
            self._after = mark.with_gap(below, newest, unsettled)
        else:
            self._after = mark

    def _follow(self, mark: Mark) -> None:
        """Look at some of the posts that wait for an answer for new versions."""
        waiting = self._waiting()
        if not waiting:
            return
        start = self._followed % len(waiting)
        some = [*waiting[start:], *waiting[:start]][:_FOLLOWED_AT_ONCE]
        self._followed = start + len(some)
        versions = [post for post in self._feed.changed(some) if digest(post.name) not in mark.told]
        self._ready, self._is_whole = versions, False
        self._after = mark.having_told([post.name for post in versions])

    def _reaches(self, mark: Mark, posts: Collection[Post]) -> bool:
        """Whether a page holds posts that lie before what is looked for."""
        return bool(mark.since) and any(post.place and order(post.place) <= order(mark.since) for post in posts)

    def _settled(self, posts: Collection[Post]) -> str:
        """Give the newest place that no other post can turn up below."""
        return max((post.place for post in posts if self._is_settled(post)), key=order, default="")

    def _unsettled(self, batch: Collection[tuple[Post, bytes]]) -> dict[str, str]:
        return {digest(post.name): post.place for post, _ in batch if post.place and not self._is_settled(post)}

    def _is_settled(self, post: Post) -> bool:
        return not self._feed.settles or post.at is None or post.at <= self._now() - self._feed.settles

    def _fetched(self, post: Post, raw: bytes, at: datetime) -> Fetched:
        return Fetched(
            source=self.source,
            item=post.name,
            channel=self._feed.channel,
            account=self._feed.account,
            media=self._feed.media,
            raw=raw,
            fetched_at=at,
        )

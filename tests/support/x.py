"""Our side of the test server of X: an account, its budget, and what reads its mentions."""

from __future__ import annotations

from datetime import datetime

from amends.networks.gate import Reads
from amends.networks.x import XAccess, XApi
from amends.ports import Now
from ingest.social.mentions import MentionsConnector
from ingest.social.x_mentions import XMentions
from respond.senders.x import XSender
from tests.servers.network import NetworkServer
from tests.servers.x import KEYS, XServer


class FakeReads:
    """Counts in memory."""

    def __init__(self, budget: int = 100_000) -> None:
        self.budget = budget
        self.spent = 0

    def left(self) -> int:
        return max(0, self.budget - self.spent)

    def spend(self, posts: int) -> None:
        self.spent += posts


class ServerClock:
    """The clock of the server, so that both sides agree on when a limit ends."""

    def __init__(self, server: NetworkServer) -> None:
        self._server = server

    def __call__(self) -> datetime:
        return self._server.at


def an_access(base_url: str = "https://api.x.com", *, timeout_s: float = 10.0) -> XAccess:
    """Give the keys that the test server knows."""
    return XAccess(
        consumer_key=KEYS["consumer_key"],
        consumer_secret=KEYS["consumer_secret"],
        access_token=KEYS["access_token"],
        access_token_secret=KEYS["access_token_secret"],
        base_url=base_url,
        timeout_s=timeout_s,
    )


def an_api(server: XServer, *, reads: Reads | None = None, now: Now | None = None) -> XApi:
    """Sign in to the test server. What is drawn at random comes out as long as it can."""
    return XApi(
        an_access(server.url, timeout_s=server.patience_s),
        reads=reads or FakeReads(),
        now=now or ServerClock(server),
        chance=lambda: 1.0,
    )


def mentions_of(server: XServer, *, reads: Reads | None = None, pause_s: float = 60.0) -> MentionsConnector:
    """Open the mentions anew, as a process that starts does."""
    clock = ServerClock(server)
    return MentionsConnector(XMentions(an_api(server, reads=reads, now=clock)), now=clock, pause_s=pause_s)


def sender_of(server: XServer, post: str, *, reads: Reads | None = None) -> XSender:
    """Make a sender anew, as a process that starts does. Every reply answers `post`."""
    clock = ServerClock(server)
    return XSender(an_api(server, reads=reads, now=clock), post_of=lambda _reply: post, now=clock)

"""Our side of the test server of Bluesky: an account, what reads its mentions, and what replies."""

from __future__ import annotations

from amends.domain.message import Message
from amends.networks.bluesky import BlueskyAccess, BlueskyApi
from ingest.social.bluesky import bluesky_reader
from ingest.social.bluesky_mentions import BlueskyMentions
from ingest.social.mentions import MentionsConnector
from respond.senders.bluesky import BlueskySender
from tests.servers.bluesky import OUR_HANDLE, PASSWORD, BlueskyServer
from tests.support.x import ServerClock


def an_api(server: BlueskyServer) -> BlueskyApi:
    """Sign in to the test server. What is drawn at random comes out as long as it can."""
    access = BlueskyAccess(account=OUR_HANDLE, password=PASSWORD, base_url=server.url, timeout_s=server.patience_s)
    return BlueskyApi(access, now=ServerClock(server), chance=lambda: 1.0)


def mentions_of(server: BlueskyServer, *, pause_s: float = 60.0) -> MentionsConnector:
    """Open the mentions anew, as a process that starts does."""
    clock = ServerClock(server)
    return MentionsConnector(BlueskyMentions(an_api(server), now=clock), now=clock, pause_s=pause_s)


def messages_of(server: BlueskyServer) -> list[Message]:
    """Give all mentions as they are read."""
    batch, _ = mentions_of(server).fetch("", limit=1000)
    return [bluesky_reader()(one, "00") for one in batch]


def sender_of(server: BlueskyServer, post: str) -> BlueskySender:
    """Make a sender anew, as a process that starts does. Every reply answers `post`, as it is now."""
    [message] = [one for one in messages_of(server) if one.native_id == post]
    return BlueskySender(an_api(server), answered=lambda _reply: message, now=ServerClock(server))

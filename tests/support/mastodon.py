"""Our side of the test server of Mastodon: an account, what reads its mentions, and what replies."""

from __future__ import annotations

from amends.domain.message import Message
from amends.networks.mastodon import MastodonAccess, MastodonApi
from ingest.social.mastodon import mastodon_reader
from ingest.social.mastodon_mentions import MastodonMentions
from ingest.social.mentions import MentionsConnector
from respond.senders.mastodon import MastodonSender
from tests.servers.mastodon import OUR_NAME, SERVER, TOKEN, MastodonServer
from tests.support.x import ServerClock


def an_api(server: MastodonServer) -> MastodonApi:
    """Sign in to the test server. What is drawn at random comes out as long as it can."""
    access = MastodonAccess(
        account=f"{OUR_NAME}@{SERVER}", token=TOKEN, base_url=server.url, timeout_s=server.patience_s
    )
    return MastodonApi(access, now=ServerClock(server), chance=lambda: 1.0)


def mentions_of(server: MastodonServer, *, pause_s: float = 60.0) -> MentionsConnector:
    """Open the mentions anew, as a process that starts does."""
    clock = ServerClock(server)
    return MentionsConnector(MastodonMentions(an_api(server), now=clock), now=clock, pause_s=pause_s)


def messages_of(server: MastodonServer) -> list[Message]:
    """Give all mentions as they are read."""
    batch, _ = mentions_of(server).fetch("", limit=1000)
    return [mastodon_reader()(one, "00") for one in batch]


def sender_of(server: MastodonServer, status: str) -> MastodonSender:
    """Make a sender anew, as a process that starts does. Every reply answers `status`, as it is now."""
    [message] = [one for one in messages_of(server) if one.native_id == status]
    return MastodonSender(an_api(server), answered=lambda _reply: message, now=ServerClock(server))

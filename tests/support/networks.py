"""The networks that stand behind the one port, for tests that hold for all of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from amends.domain.channel import Channel
from amends.domain.contact import IdentityKind
from amends.domain.message import Message
from amends.ports import Sender
from ingest.reading import Media, Reader
from ingest.social.bluesky import bluesky_reader
from ingest.social.mastodon import mastodon_reader
from ingest.social.mentions import MentionsConnector
from tests.servers.bluesky import OUR_HANDLE, bluesky_server
from tests.servers.mastodon import OUR_NAME, SERVER, mastodon_server
from tests.support import bluesky, mastodon


@dataclass(frozen=True, kw_only=True)
class Network:
    """One network: its test server, our side of it, and what its endpoints are called there.

    `look` looks at a post, `own` at what we posted; `us` is who we are there, `handle` how we are mentioned.
    """

    channel: Channel
    kind: IdentityKind
    media: str
    reader: Reader
    serve: Callable[[], AbstractContextManager[Any]]
    mentions_of: Callable[..., MentionsConnector]
    messages_of: Callable[[Any], list[Message]]
    sender_of: Callable[[Any, str], Sender]
    look: str
    own: str
    us: str
    handle: str

    def published(self, server: Any) -> list[str]:
        """Give the words of what we published, as text or as the network's HTML."""
        return [str(one.get("content", one.get("text"))) for one in server.ours()]


MASTODON = Network(
    channel=Channel.MASTODON,
    kind=IdentityKind.MASTODON,
    media=Media.MASTODON_STATUS,
    reader=mastodon_reader(),
    serve=mastodon_server,
    mentions_of=mastodon.mentions_of,
    messages_of=mastodon.messages_of,
    sender_of=mastodon.sender_of,
    look="status",
    own="own statuses",
    us=OUR_NAME,
    handle=f"@{OUR_NAME}@{SERVER}",
)
BLUESKY = Network(
    channel=Channel.BLUESKY,
    kind=IdentityKind.BLUESKY,
    media=Media.BLUESKY_POST,
    reader=bluesky_reader(),
    serve=bluesky_server,
    mentions_of=bluesky.mentions_of,
    messages_of=bluesky.messages_of,
    sender_of=bluesky.sender_of,
    look="post",
    own="own post",
    us=OUR_HANDLE,
    handle=f"@{OUR_HANDLE}",
)
NETWORKS = (MASTODON, BLUESKY)

"""Our accounts on networks, as the settings name them: for each what reads its mentions and what publishes as it.

A network's driver takes a second to import; it is imported where its account is set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property

from amends.domain.channel import Channel
from amends.domain.message import Message
from amends.domain.reply import Reply
from amends.ports import Now, Sender
from amends.settings import Settings
from amends.unit_of_work import OpenUnit, UnitOfWork
from ingest.social.feed import Feed
from ingest.social.mentions import MentionsConnector
from ingest.social.reads import LedgerReads


@dataclass(frozen=True, kw_only=True)
class Around:
    """What every account needs of the house.

    `waiting` gives the messages of a channel whose replies wait, `answered` the message that a reply answers,
    `is_held` whether public posting is held at this moment.
    """

    open_unit: OpenUnit
    reading: Callable[[], AbstractContextManager[UnitOfWork]]
    now: Now
    waiting: Callable[[Channel], Sequence[Message]]
    answered: Callable[[Reply], Message]
    is_held: Callable[[], bool]


@dataclass(frozen=True, kw_only=True)
class Account:
    """One account. `own_id` is what the network calls it where the settings tell, "" otherwise.

    `messages` reads its private messages, where those are apart. `me` asks the network for our
    handle. `budget_setting` names the setting that bounds `reads`; `reads_least` is how many
    must be left for a look.
    """

    channel: Channel
    own_id: str
    me: Callable[[], str]
    mentions: MentionsConnector
    make_sender: Callable[[], Sender]
    sends: bool
    reads: LedgerReads
    budget: int
    budget_setting: str
    reads_least: int = 1
    messages: MentionsConnector | None = None

    @property
    def sources(self) -> Sequence[MentionsConnector]:
        """What is read of it."""
        return [self.mentions] if self.messages is None else [self.mentions, self.messages]

    @cached_property
    def sender(self) -> Sender:
        """What publishes as it."""
        return self.make_sender()


def accounts_of(settings: Settings, around: Around) -> dict[Channel, Account]:
    """Give the accounts that the settings name.

    Raises:
        Misconfigured: what belongs to one of them is missing, or is none.
    """
    found = [account for make in (_x, _mastodon, _bluesky) for account in make(settings, around)]
    return {account.channel: account for account in found}


def _x(s: Settings, around: Around) -> Iterator[Account]:
    keys = {
        "consumer_key": s.x_consumer_key.get_secret_value(),
        "consumer_secret": s.x_consumer_secret.get_secret_value(),
        "access_token": s.x_access_token.get_secret_value(),
        "access_token_secret": s.x_access_token_secret.get_secret_value(),
    }
    if not any(keys.values()):
        return
    from amends.networks.x import PAGE_LEAST, XAccess, XApi
    from ingest.social.x_mentions import XMentions, XMessages
    from respond.senders.x import XSender

    access = XAccess(**keys, base_url=s.x_api_url, timeout_s=s.x_timeout_s)
    reads = _reads(Channel.X, access.account_id, s.x_reads_a_month, around)
    api = XApi(access, reads=reads, now=around.now)
    yield Account(
        channel=Channel.X,
        own_id=access.account_id,
        me=api.me,
        mentions=MentionsConnector(XMentions(api), now=around.now, pause_s=s.x_pause_s),
        make_sender=lambda: XSender(
            api, post_of=lambda reply: around.answered(reply).native_id, now=around.now, is_held=around.is_held
        ),
        sends=s.x_sends,
        reads=reads,
        budget=s.x_reads_a_month,
        budget_setting="AMENDS_X_READS_A_MONTH",
        reads_least=PAGE_LEAST,
        messages=MentionsConnector(XMessages(api), now=around.now, pause_s=s.x_pause_s) if s.x_messages else None,
    )


def _mastodon(s: Settings, around: Around) -> Iterator[Account]:
    if not s.mastodon_account and not s.mastodon_token.get_secret_value():
        return
    from amends.networks.mastodon import MastodonAccess, MastodonApi
    from ingest.social.mastodon_mentions import MastodonMentions
    from respond.senders.mastodon import MastodonSender

    access = MastodonAccess(
        account=s.mastodon_account,
        token=s.mastodon_token.get_secret_value(),
        base_url=s.mastodon_url,
        timeout_s=s.mastodon_timeout_s,
    )
    api = MastodonApi(access, now=around.now)
    reads = _reads(Channel.MASTODON, access.name, s.mastodon_reads_a_month, around)
    feed = MastodonMentions(api, now=around.now)
    yield Account(
        channel=Channel.MASTODON,
        own_id="",
        me=lambda: f"{api.me().get('acct', '')}@{access.server}",
        mentions=_mentions(feed, reads, s.mastodon_pause_s, "AMENDS_MASTODON_READS_A_MONTH", around),
        make_sender=lambda: MastodonSender(api, answered=around.answered, now=around.now, is_held=around.is_held),
        sends=s.mastodon_sends,
        reads=reads,
        budget=s.mastodon_reads_a_month,
        budget_setting="AMENDS_MASTODON_READS_A_MONTH",
    )


def _bluesky(s: Settings, around: Around) -> Iterator[Account]:
    if not s.bluesky_account and not s.bluesky_password.get_secret_value():
        return
    from amends.networks.bluesky import BlueskyAccess, BlueskyApi
    from ingest.social.bluesky_mentions import BlueskyMentions
    from respond.senders.bluesky import BlueskySender

    access = BlueskyAccess(
        account=s.bluesky_account,
        password=s.bluesky_password.get_secret_value(),
        base_url=s.bluesky_url,
        timeout_s=s.bluesky_timeout_s,
    )
    api = BlueskyApi(access, now=around.now)
    reads = _reads(Channel.BLUESKY, access.name, s.bluesky_reads_a_month, around)
    feed = BlueskyMentions(api, now=around.now)
    yield Account(
        channel=Channel.BLUESKY,
        own_id="",
        me=lambda: api.me()["handle"],
        mentions=_mentions(feed, reads, s.bluesky_pause_s, "AMENDS_BLUESKY_READS_A_MONTH", around),
        make_sender=lambda: BlueskySender(api, answered=around.answered, now=around.now, is_held=around.is_held),
        sends=s.bluesky_sends,
        reads=reads,
        budget=s.bluesky_reads_a_month,
        budget_setting="AMENDS_BLUESKY_READS_A_MONTH",
    )


def _mentions(feed: Feed, reads: LedgerReads, pause_s: float, budget: str, around: Around) -> MentionsConnector:
    return MentionsConnector(
        feed,
        now=around.now,
        pause_s=pause_s,
        waiting=lambda: around.waiting(feed.channel),
        reads=reads,
        used_up=f"the posts that may be read from {feed.channel.value.title()} this month are read: mentions wait "
        f"until the next one begins (UTC), or until {budget} is raised",
    )


def _reads(channel: Channel, account: str, budget: int, around: Around) -> LedgerReads:
    return LedgerReads(
        account,
        network=channel.value,
        budget=budget,
        open_unit=around.open_unit,
        reading=around.reading,
        now=around.now,
    )

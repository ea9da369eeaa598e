"""Mentions on the test servers of Mastodon and Bluesky: each taken in once, whatever the server does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from threading import Event
from typing import Any

import pytest

from amends.bus.port import Topic
from amends.domain.arrival import Fate
from amends.domain.message import Message
from amends.errors import Misconfigured, Unavailable
from amends.networks.bluesky import BlueskyAccess
from amends.networks.mastodon import MastodonAccess
from amends.ports import BlobStore, Connector
from amends.wire import RECEIVED, body_of, decode_message
from ingest.reading import read
from ingest.reconcile import reconcile
from ingest.runner import take_in_all
from ingest.social.mastodon_mentions import MastodonMentions
from ingest.social.mentions import MentionsConnector
from storage.blobs import FolderBlobStore
from storage.unit_of_work import Database
from tests.servers.bluesky import BlueskyServer, bluesky_server
from tests.servers.mastodon import MastodonServer, mastodon_server
from tests.servers.network import Fault, NetworkServer
from tests.support import mastodon
from tests.support.networks import BLUESKY, MASTODON, NETWORKS, Network
from tests.support.x import FakeReads, ServerClock


@pytest.fixture(params=NETWORKS, ids=lambda network: network.channel.value)
def network(request: pytest.FixtureRequest) -> Network:
    found: Network = request.param
    return found


@pytest.fixture
def server(network: Network) -> Iterator[Any]:
    with network.serve() as found:
        yield found


@pytest.fixture
def blobs(tmp_path_factory: pytest.TempPathFactory) -> BlobStore:
    return FolderBlobStore(tmp_path_factory.mktemp("blobs"))


READERS = {network.media: network.reader for network in NETWORKS}


def take_in(connector: Connector, database: Database, blobs: BlobStore) -> Counter[Fate]:
    return take_in_all(connector, database.unit, blobs, READERS, stop=Event())


def take_in_until_quiet(
    connector: Connector, server: NetworkServer, database: Database, blobs: BlobStore
) -> Counter[Fate]:
    """Come back after every refusal, a minute later each time, as the watcher does."""
    fates: Counter[Fate] = Counter()
    for _ in range(200):
        try:
            taken = take_in(connector, database, blobs)
        except Unavailable:
            server.at += timedelta(minutes=1)
            continue
        if not taken:
            return fates
        fates += taken
        server.at += timedelta(minutes=1)
    raise AssertionError("it never became quiet")


def published(database: Database) -> list[Message]:
    with database.reading() as unit:
        return [
            decode_message(body_of(record, RECEIVED))
            for partition in range(4)
            for record in unit.log.read(unit.log.position("test", Topic.MESSAGES, partition), limit=5000)
        ]


def unexplained(connector: MentionsConnector, database: Database) -> list[tuple[str, str]]:
    with database.reading() as unit:
        return reconcile(unit, connector.source, connector.holdings(), triage_group="triage").unexplained


def test_each_mention_is_taken_in_once(network: Network, server: Any, database: Database, blobs: BlobStore) -> None:
    first = server.post(f"{network.handle} my parcel & my tea, <gone>")
    answer = server.post("we are sorry", by=network.us, answers=first, mentions=False)
    second = server.post(f"{network.handle} sorry is not a parcel", answers=answer)
    server.post("nobody asked for us", mentions=False)

    assert take_in(network.mentions_of(server), database, blobs) == {Fate.INGESTED: 2}
    assert take_in(network.mentions_of(server), database, blobs) == {}
    server.at += timedelta(hours=2)
    third = server.post(f"{network.handle} hello?")
    assert take_in(network.mentions_of(server), database, blobs) == {Fate.INGESTED: 1}

    assert sorted(one.native_id for one in published(database)) == sorted([first, second, third])
    assert unexplained(network.mentions_of(server), database) == []


def test_a_reply_is_read_with_the_conversation_before_it(network: Network, server: Any) -> None:
    first = server.post(f"{network.handle} my parcel & my tea, <gone>")
    answer = server.post("we are sorry", by=network.us, answers=first, mentions=False)
    server.at += timedelta(seconds=1)
    second = server.post(f"{network.handle} sorry is not a parcel", answers=answer)

    read, answering = network.messages_of(server)

    name = network.channel.value
    assert read.own_words == "my parcel & my tea, <gone>"
    assert (answering.native_id, answering.own_words) == (second, "sorry is not a parcel")
    assert answering.answers == (f"{name}:{answer}", f"{name}:{first}")
    assert answering.conversation == read.conversation == f"{name}-conversation:{first}"
    assert "we are sorry" in answering.text
    assert "my parcel & my tea, <gone>" in answering.text


def test_our_own_posts_are_left_alone(network: Network, server: Any, database: Database, blobs: BlobStore) -> None:
    ours = server.post(f"{network.handle} is us", by=network.us)
    if isinstance(server, MastodonServer):
        server.notifications.append({"id": "1", "type": "mention", "created_at": "2026-11-23T09:00:00Z", "of": ours})

    assert take_in(network.mentions_of(server), database, blobs) == {Fate.OWN: 1}


def test_many_pages_are_taken_in_from_the_oldest_post_on(
    network: Network, server: Any, database: Database, blobs: BlobStore
) -> None:
    posts = []
    server.page_most = 20
    for number in range(90):
        server.at += timedelta(seconds=1)
        posts.append(server.post(f"{network.handle} number {number}"))

    assert take_in(network.mentions_of(server), database, blobs) == {Fate.INGESTED: 90}

    assert [one.native_id for one in published(database)] == posts


def test_a_crash_between_two_batches_loses_nothing(network: Network, server: Any) -> None:
    for number in range(30):
        server.at += timedelta(minutes=10)
        server.post(f"{network.handle} number {number}")
    batch, reached = network.mentions_of(server).fetch("", limit=12)

    again, _ = network.mentions_of(server).fetch(reached, limit=100)

    assert [read(one, "", READERS).message.own_words for one in (*batch, *again)] == [f"number {n}" for n in range(30)]


def test_a_gap_is_closed_by_another_process(
    network: Network, server: Any, database: Database, blobs: BlobStore
) -> None:
    posts = []
    server.page_most = 10
    for number in range(35):
        server.at += timedelta(minutes=1)
        posts.append(server.post(f"{network.handle} number {number}"))
    server.remaining["mentions"] = 2
    with pytest.raises(Unavailable, match="limits"):
        take_in(network.mentions_of(server), database, blobs)
    before = len(published(database))
    assert before == 20
    server.at += timedelta(minutes=20)
    later = server.post(f"{network.handle} and one more")

    del server.remaining["mentions"]
    take_in(network.mentions_of(server), database, blobs)

    assert sorted(one.native_id for one in published(database)) == sorted([*posts, later])
    assert unexplained(network.mentions_of(server), database) == []


@pytest.mark.parametrize(
    ("fault", "most"),
    [
        (Fault.LIMITED, 2),
        (Fault.LIMITED_BARE, 6),
        (Fault.LIMITED_GARBLED, 6),
        (Fault.BUSY, 20),
        (Fault.CUT_BEFORE, 20),
        (Fault.GARBLED, 20),
        (Fault.UNKNOWN_KEYS, 6),
        (Fault.LED_ASTRAY, 6),
    ],
)
def test_a_network_is_left_alone_while_it_fails(network: Network, server: Any, fault: Fault, most: int) -> None:
    """For half an hour it is asked every four seconds; so many requests come to it."""
    server.post(f"{network.handle} hello")
    server.goes_wrong("mentions", *[fault] * 100)
    connector = network.mentions_of(server)
    server.reset_in_s = 1700

    for _ in range(450):
        with pytest.raises(Unavailable):
            connector.fetch("", limit=10)
        server.at += timedelta(seconds=4)

    assert 1 <= server.asked("mentions") <= most


_FAULTS = [("mentions", fault) for fault in Fault]
_FAULTS += [("conversation", fault) for fault in (Fault.LIMITED_BARE, Fault.BUSY, Fault.CUT_AFTER, Fault.GARBLED)]


@pytest.mark.parametrize(("endpoint", "fault"), _FAULTS)
def test_nothing_is_lost_or_doubled_by_a_fault(
    network: Network, server: Any, database: Database, blobs: BlobStore, fault: Fault, endpoint: str
) -> None:
    server.page_most = 6
    posts = [server.post(f"{network.handle} number 0")]
    for number in range(14):
        server.at += timedelta(seconds=7)
        posts.append(server.post(f"{network.handle} number {number}", answers=posts[0] if number % 5 == 0 else ""))
    server.goes_wrong(endpoint, fault, fault)

    take_in_until_quiet(network.mentions_of(server, pause_s=0), server, database, blobs)

    assert sorted(one.native_id for one in published(database)) == sorted(posts)
    assert unexplained(network.mentions_of(server), database) == []


def test_nobody_is_asked_between_two_looks(network: Network, server: Any) -> None:
    connector = network.mentions_of(server, pause_s=60)
    for _ in range(59):
        assert connector.fetch("", limit=10) == ([], "")
        server.at += timedelta(seconds=1)
    assert server.asked("mentions") == 1

    server.post(f"{network.handle} hello")
    server.at += timedelta(seconds=2)

    assert len(connector.fetch("", limit=10)[0]) == 1


def test_mentions_stop_at_the_budget(network: Network, server: Any) -> None:
    for number in range(7):
        server.post(f"{network.handle} number {number}")
    clock, reads = ServerClock(server), FakeReads(budget=7)
    feed = network.mentions_of(server)._feed
    connector = MentionsConnector(feed, now=clock, pause_s=0, reads=reads, used_up="all are read")

    assert len(connector.fetch("", limit=100)[0]) == 7

    with pytest.raises(Unavailable, match="all are read"):
        MentionsConnector(feed, now=clock, pause_s=0, reads=reads, used_up="all are read").fetch("", limit=100)


def test_a_broken_post_is_parked_once(network: Network, server: Any, database: Database, blobs: BlobStore) -> None:
    broken = server.post(f"{network.handle} hello")
    whole = server.statuses[broken] if isinstance(server, MastodonServer) else server.posts[broken]["record"]
    whole["content"], whole["text"] = None, 7
    server.at += timedelta(seconds=1)
    good = server.post(f"{network.handle} hello again")

    assert take_in(network.mentions_of(server), database, blobs) == {Fate.PARKED: 1, Fate.INGESTED: 1}
    assert take_in(network.mentions_of(server), database, blobs) == {}
    assert [one.native_id for one in published(database)] == [good]


class TestMastodon:
    @pytest.fixture
    def server(self) -> Iterator[MastodonServer]:
        with mastodon_server() as found:
            yield found

    def test_a_notification_that_turns_up_below_others_is_taken_in(
        self, server: MastodonServer, database: Database, blobs: BlobStore
    ) -> None:
        late = server.post(f"{MASTODON.handle} number 0")
        server.post(f"{MASTODON.handle} number 1")
        hidden = server.notifications.pop(0)
        take_in(MASTODON.mentions_of(server), database, blobs)
        server.notifications.insert(0, hidden)

        assert take_in(MASTODON.mentions_of(server), database, blobs) == {Fate.INGESTED: 1}
        assert late in {one.native_id for one in published(database)}

    def test_what_the_server_holds_back_as_noise_is_read(self, server: MastodonServer) -> None:
        server.post(f"{MASTODON.handle} I am new here")
        server.held_back = {one["id"] for one in server.notifications}

        assert len(MASTODON.messages_of(server)) == 1

    def test_a_content_warning_and_what_is_attached_stand_beside_the_words(self, server: MastodonServer) -> None:
        media = [{"type": "image", "description": "An empty\nstep"}, {"type": "video", "description": None}]
        server.post(f"{MASTODON.handle} it is gone", warning="Parcels", media_attachments=media)

        [message] = MASTODON.messages_of(server)

        assert message.own_words == "Parcels\n\nit is gone"
        assert message.text == "Parcels\n\nit is gone\n\n[image: An empty step]\n[video]"

    @pytest.mark.parametrize(("visibility", "is_public"), [("public", True), ("unlisted", True), ("private", False), ("direct", False)])  # fmt: skip # noqa: E501
    def test_a_status_that_few_can_read_is_a_private_word(
        self, server: MastodonServer, visibility: str, is_public: bool
    ) -> None:
        server.post(f"{MASTODON.handle} hello", visibility=visibility)

        assert [message.is_public for message in MASTODON.messages_of(server)] == [is_public]

    def test_a_status_that_waits_and_is_edited_comes_again_once(
        self, server: MastodonServer, database: Database, blobs: BlobStore
    ) -> None:
        status = server.post(f"{MASTODON.handle} my parcle is late")
        other = server.post(f"{MASTODON.handle} nobody waits for this")
        take_in(MASTODON.mentions_of(server), database, blobs)
        waiting = [one for one in published(database) if one.native_id == status]
        server.at += timedelta(minutes=5)
        server.edit(status, f"{MASTODON.handle} my parcel is late")
        server.edit(other, f"{MASTODON.handle} nobody waits for this, really")
        clock = ServerClock(server)
        feed = MastodonMentions(mastodon.an_api(server), now=clock)
        connector = MentionsConnector(feed, now=clock, pause_s=0, waiting=lambda: waiting)

        assert take_in(connector, database, blobs) == {Fate.INGESTED: 1}
        assert take_in(connector, database, blobs) == {}

        [renewed] = [one for one in published(database) if "edited_at" in one.facts]
        assert renewed.own_words == "my parcel is late"
        assert (renewed.native_id, renewed.answers) == (status, (f"mastodon:{status}",))
        assert renewed.received_at == server.at

    @pytest.mark.parametrize(
        ("changed", "says"),
        [
            ({"account": "care"}, "care@social.example"),
            ({"token": ""}, "TOKEN"),
            ({"base_url": "http://a.example"}, "unprotected"),
        ],
    )
    def test_an_account_that_cannot_work_is_refused(self, changed: dict[str, Any], says: str) -> None:
        with pytest.raises(Misconfigured, match=says):
            MastodonAccess(**{"account": "care@social.example", "token": "secret"} | changed)

    def test_a_token_is_not_shown(self) -> None:
        assert "secret" not in repr(MastodonAccess(account="care@social.example", token="secret"))  # noqa: S106


class TestBluesky:
    @pytest.fixture
    def server(self) -> Iterator[BlueskyServer]:
        with bluesky_server() as found:
            yield found

    def test_a_post_that_gives_itself_an_earlier_moment_is_taken_in(
        self, server: BlueskyServer, database: Database, blobs: BlobStore
    ) -> None:
        for number in range(120):
            server.post(f"{BLUESKY.handle} number {number}")
            server.at += timedelta(seconds=10)
        take_in(BLUESKY.mentions_of(server), database, blobs)
        late = server.post(f"{BLUESKY.handle} my clock is slow", created=server.at - timedelta(minutes=15))

        assert take_in(BLUESKY.mentions_of(server), database, blobs) == {Fate.INGESTED: 1}
        assert late in {one.native_id for one in published(database)}

    def test_a_post_of_the_future_hides_no_other(
        self, server: BlueskyServer, database: Database, blobs: BlobStore
    ) -> None:
        server.post(f"{BLUESKY.handle} I am ahead", created=server.at + timedelta(days=3))
        take_in(BLUESKY.mentions_of(server), database, blobs)
        server.at += timedelta(hours=5)
        server.post(f"{BLUESKY.handle} I am not")

        assert take_in(BLUESKY.mentions_of(server), database, blobs) == {Fate.INGESTED: 1}

    def test_a_session_is_renewed_before_its_token_runs_out(self, server: BlueskyServer) -> None:
        server.token_holds_s = 60
        server.post(f"{BLUESKY.handle} hello")

        assert len(BLUESKY.messages_of(server)) == 1
        assert server.asked("sign-in") == 1
        assert server.asked("renewal") >= 1

    def test_a_session_that_is_no_longer_taken_is_opened_anew(self, server: BlueskyServer) -> None:
        connector = BLUESKY.mentions_of(server, pause_s=0)
        connector.fetch("", limit=10)
        server.forget_sessions()
        server.post(f"{BLUESKY.handle} hello")

        with pytest.raises(Unavailable, match="session"):
            connector.fetch("", limit=10)
        server.at += timedelta(seconds=10)

        assert len(connector.fetch("", limit=10)[0]) == 1
        assert server.asked("sign-in") == 2

    def test_a_password_that_is_wrong_is_not_tried_again_and_again(self, server: BlueskyServer) -> None:
        server.goes_wrong("sign-in", *[Fault.UNKNOWN_KEYS] * 100)
        connector = BLUESKY.mentions_of(server)

        for _ in range(600):
            with pytest.raises(Unavailable, match="AMENDS_BLUESKY_PASSWORD"):
                connector.fetch("", limit=10)
            server.at += timedelta(seconds=1)

        assert server.asked("sign-in") <= 5

    def test_pictures_and_links_are_named(self, server: BlueskyServer) -> None:
        images = {"$type": "app.bsky.embed.images", "images": [{"alt": "An empty step"}, {"alt": ""}]}
        link = {"$type": "app.bsky.embed.external", "external": {"title": "Our tale", "uri": "https://example.org"}}
        for embed in (images, link):
            server.post(f"{BLUESKY.handle} look", embed=embed)
            server.at += timedelta(seconds=1)

        assert [one.text.partition("\n\n")[2] for one in BLUESKY.messages_of(server)] == [
            "[photo: An empty step]\n[photo]",
            "[link: Our tale]",
        ]

    def test_an_account_that_cannot_work_is_refused(self) -> None:
        with pytest.raises(Misconfigured, match="AMENDS_BLUESKY_PASSWORD"):
            BlueskyAccess(account="care.example", password="")
        with pytest.raises(Misconfigured, match="unprotected"):
            BlueskyAccess(account="care.example", password="secret", base_url="http://a.example")  # noqa: S106

"""Replies on the test servers of Mastodon and Bluesky: each there once, and none under what is not what was read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from amends.domain.reply import Form, Reply, ReplyState
from amends.errors import InDoubt, Unavailable
from amends.ports import Delivered
from respond.checks.post_rule import bluesky_length, mastodon_length
from respond.senders.bluesky import key_of
from storage.unit_of_work import Database
from tests.casework.office import Office
from tests.respond.builders import an_approved_post
from tests.respond.test_x_sender import deliver
from tests.servers.bluesky import BlueskyServer, bluesky_server
from tests.servers.mastodon import MastodonServer, mastodon_server
from tests.servers.network import Fault
from tests.support.builders import a_reply
from tests.support.networks import BLUESKY, MASTODON, NETWORKS, Network

WORDS = "We are sorry & on it. Write to us at https://example.com/help, please 🙏"


@pytest.fixture(params=NETWORKS, ids=lambda network: network.channel.value)
def network(request: pytest.FixtureRequest) -> Network:
    found: Network = request.param
    return found


@pytest.fixture
def server(network: Network) -> Iterator[Any]:
    with network.serve() as found:
        yield found


@pytest.fixture
def post(network: Network, server: Any) -> str:
    return str(server.post(f"{network.handle} my parcel is late"))


def a_public_reply(network: Network, text: str = WORDS) -> Reply:
    return an_approved_post(text=text, channel=network.channel)


class TestThePostThatIsAnswered:
    def test_nothing_is_published_under_a_post_that_is_gone(self, network: Network, server: Any, post: str) -> None:
        sender = network.sender_of(server, post)
        server.delete(post)

        report = sender.send(a_public_reply(network))

        assert report.delivered is Delivered.OVERTAKEN
        assert "deleted" in report.says
        assert server.asked("reply") == 0

    def test_nothing_is_published_under_a_post_that_was_edited(self, network: Network, server: Any, post: str) -> None:
        sender = network.sender_of(server, post)
        server.edit(post, f"{network.handle} my parcel is not late at all")

        report = sender.send(a_public_reply(network))

        assert report.delivered is Delivered.OVERTAKEN
        assert "edited" in report.says
        assert server.asked("reply") == 0

    def test_words_that_the_network_refuses_are_refused_with_its_reason(
        self, network: Network, server: Any, post: str
    ) -> None:
        report = network.sender_of(server, post).send(a_public_reply(network, "long " * 200))

        assert report.delivered is Delivered.NO
        assert "exceeded" in report.says or "longer" in report.says
        assert "by hand" in report.says


class TestAfterABreak:
    @pytest.mark.parametrize("fault", [Fault.CUT_AFTER, Fault.SILENT_AFTER, Fault.BUSY_AFTER])
    def test_what_was_taken_is_found(self, network: Network, server: Any, post: str, fault: Fault) -> None:
        server.goes_wrong("reply", fault)
        sender = network.sender_of(server, post)

        with pytest.raises(InDoubt):
            sender.send(a_public_reply(network))
        found = network.sender_of(server, post).look_up(a_public_reply(network))

        assert found.delivered is Delivered.YES
        assert len(server.ours()) == 1

    @pytest.mark.parametrize("fault", [Fault.LIMITED, Fault.LIMITED_BARE, Fault.LIMITED_GARBLED, Fault.UNKNOWN_KEYS])
    def test_what_was_turned_away_was_not_sent(self, network: Network, server: Any, post: str, fault: Fault) -> None:
        server.goes_wrong("reply", fault)
        sender = network.sender_of(server, post)

        for _ in range(20):
            with pytest.raises(Unavailable):
                sender.send(a_public_reply(network))

        assert server.asked("reply") == 1
        assert server.ours() == []


def queued(network: Network, server: Any, post: str, database: Database) -> Reply:
    """Put a public reply to the post, which a person approved, into the queue."""
    [message] = [one for one in network.messages_of(server) if one.native_id == post]
    Office(database=database).case(message=message)
    reply = a_reply(
        WORDS,
        state=ReplyState.QUEUED,
        form=Form.PUBLIC_HOLDING,
        message=message,
        approved_by="tom",
        authors=("amends",),
    )
    with database.unit() as unit:
        unit.replies.add([(reply, (), "")])
        unit.commit()
    return reply


_FAULTS = [("reply", fault, killed) for fault in Fault for killed in (False, True)]
_FAULTS += [
    (where, fault, False) for where in ("look", "own") for fault in (Fault.BUSY, Fault.CUT_AFTER, Fault.LIMITED)
]


class TestDelivery:
    @pytest.mark.parametrize(("endpoint", "fault", "is_killed"), _FAULTS)
    def test_whatever_goes_wrong_the_reply_is_there_once(
        self,
        network: Network,
        server: Any,
        post: str,
        database: Database,
        fault: Fault,
        endpoint: str,
        is_killed: bool,
    ) -> None:
        reply, server.reset_in_s = queued(network, server, post, database), 100
        if endpoint == "own":
            server.goes_wrong("reply", Fault.CUT_AFTER)
        server.goes_wrong({"look": network.look, "own": network.own}.get(endpoint, endpoint), fault, fault)
        sender = network.sender_of(server, post)
        tries = 0

        while deliver(database, server, sender, reply):
            tries += 1
            assert tries < 200
            # The runner comes back after 30 seconds at the most.
            server.at += timedelta(seconds=20)
            if is_killed and tries < 5:
                sender = network.sender_of(server, post)

        assert len(server.ours()) == 1
        assert Office(database=database).stored(reply).state is ReplyState.SENT
        assert server.asked("reply") <= 4

    def test_a_reply_whose_post_is_deleted_goes_back_to_the_reviewer(
        self, network: Network, server: Any, post: str, database: Database
    ) -> None:
        reply = queued(network, server, post, database)
        sender = network.sender_of(server, post)
        server.delete(post)

        assert not deliver(database, server, sender, reply)

        stored = Office(database=database).stored(reply)
        assert (stored.state, stored.approval) == (ReplyState.IN_REVIEW, None)
        assert server.ours() == []

    def test_the_name_of_our_post_leads_answers_to_the_case(
        self, network: Network, server: Any, post: str, database: Database
    ) -> None:
        reply = queued(network, server, post, database)
        deliver(database, server, network.sender_of(server, post), reply)
        name = Office(database=database).stored(reply).channel_name
        server.at += timedelta(seconds=1)

        server.post("that does not help", answers=name)

        [answer] = [one for one in network.messages_of(server) if one.own_words == "that does not help"]
        with database.reading() as unit:
            assert unit.threads.reply_named(answer.answers[0]) == reply.id


class TestMastodon:
    @pytest.fixture
    def server(self) -> Iterator[MastodonServer]:
        with mastodon_server() as found:
            yield found

    @pytest.mark.parametrize(
        ("asked", "answered"),
        [("public", "public"), ("unlisted", "unlisted"), ("private", "direct"), ("direct", "direct")],
    )
    def test_a_reply_is_never_more_public_than_what_it_answers(
        self, server: MastodonServer, asked: str, answered: str
    ) -> None:
        post = server.post(f"{MASTODON.handle} my parcel is late", visibility=asked, warning="Parcels")

        assert MASTODON.sender_of(server, post).send(a_public_reply(MASTODON)).delivered is Delivered.YES

        [published] = server.ours()
        assert (published["visibility"], published["spoiler_text"]) == (answered, "Parcels")
        assert published["in_reply_to_id"] == post
        assert "customer" in published["content"]

    def test_a_private_message_is_read_by_the_customer_alone(self, server: MastodonServer) -> None:
        post = server.post(f"{MASTODON.handle} my parcel is late")
        message = replace(a_public_reply(MASTODON), form=Form.DIRECT_MESSAGE)

        assert MASTODON.sender_of(server, post).send(message).delivered is Delivered.YES

        assert [one["visibility"] for one in server.ours()] == ["direct"]

    def test_the_key_of_a_reply_is_its_id(self, server: MastodonServer) -> None:
        post = server.post(f"{MASTODON.handle} my parcel is late")
        for _ in range(3):
            MASTODON.sender_of(server, post).send(a_public_reply(MASTODON))

        [published] = server.ours()
        assert published["key"] == a_public_reply(MASTODON).id

    @pytest.mark.parametrize("heeds_keys", [True, False])
    def test_what_is_shown_late_is_not_repeated(
        self, server: MastodonServer, database: Database, heeds_keys: bool
    ) -> None:
        post = server.post(f"{MASTODON.handle} my parcel is late")
        reply = queued(MASTODON, server, post, database)
        server.shows_after_s, server.heeds_keys = 25, heeds_keys
        server.goes_wrong("reply", Fault.CUT_AFTER)
        sender = MASTODON.sender_of(server, post)

        while deliver(database, server, sender, reply):
            server.at += timedelta(seconds=7)

        assert len(server.ours()) == 1

    def test_a_reply_is_found_among_many_and_by_its_words(self, server: MastodonServer) -> None:
        post = server.post(f"{MASTODON.handle} my parcel is late")
        words = f"{WORDS}\n\nTell @other@there.example, too: https://example.com/a/very/long/way/to/help"
        MASTODON.sender_of(server, post).send(a_public_reply(MASTODON, words))
        MASTODON.sender_of(server, post).send(replace(a_public_reply(MASTODON, "Other words."), id="77ab" * 8))
        for number in range(90):
            server.post(f"number {number}", by=MASTODON.us, mentions=False)

        found = MASTODON.sender_of(server, post).look_up(a_public_reply(MASTODON, words))

        assert (found.delivered, found.channel_name) == (Delivered.YES, server.ours()[0]["id"])

    def test_the_limit_of_the_server_comes_with_the_message(self, server: MastodonServer) -> None:
        server.max_characters = 1_000
        server.post(f"{MASTODON.handle} my parcel is late")

        assert [one.facts["post_limit"] for one in MASTODON.messages_of(server)] == ["1000"]


class TestBluesky:
    @pytest.fixture
    def server(self) -> Iterator[BlueskyServer]:
        with bluesky_server() as found:
            yield found

    def test_a_reply_names_what_it_answers_and_what_began_the_conversation(self, server: BlueskyServer) -> None:
        first = server.post(f"{BLUESKY.handle} my parcel is late")
        second = server.post(f"{BLUESKY.handle} still", answers=first)

        BLUESKY.sender_of(server, second).send(a_public_reply(BLUESKY))

        [published] = server.ours()
        assert published["reply"]["root"] == {name: server.posts[first][name] for name in ("uri", "cid")}
        assert published["reply"]["parent"] == {name: server.posts[second][name] for name in ("uri", "cid")}

    def test_links_and_mentions_are_live_by_their_places_in_bytes(self, server: BlueskyServer) -> None:
        server.handles["customer.example.org"] = "did:plc:customer"
        post = server.post(f"{BLUESKY.handle} my parcel is late")
        text = "Ünlucky 🙏 @customer.example.org and @nobody.example.org: see https://example.com/help"

        BLUESKY.sender_of(server, post).send(a_public_reply(BLUESKY, text))

        [published] = server.ours()
        marked = {
            text.encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(): facet["features"][0]
            for facet in published["facets"]
        }
        assert marked["@customer.example.org"]["did"] == server.handles["customer.example.org"]
        assert marked["https://example.com/help"]["uri"] == "https://example.com/help"
        assert len(marked) == 2

    def test_a_post_that_nobody_may_answer_says_what_is_left(self, server: BlueskyServer) -> None:
        post = server.post(f"{BLUESKY.handle} my parcel is late")
        server.posts[post]["viewer"] = {"replyDisabled": True}

        report = BLUESKY.sender_of(server, post).send(a_public_reply(BLUESKY))

        assert report.delivered is Delivered.NO
        assert "nobody" in report.says
        assert server.asked("reply") == 0

    def test_a_private_message_is_a_persons_to_write(self, server: BlueskyServer) -> None:
        post = server.post(f"{BLUESKY.handle} my parcel is late")

        report = BLUESKY.sender_of(server, post).send(replace(a_public_reply(BLUESKY), form=Form.DIRECT_MESSAGE))

        assert report.delivered is Delivered.NO
        assert "by hand" in report.says

    def test_replies_have_keys_of_their_own(self) -> None:
        keys = {key_of(a_public_reply(BLUESKY)), key_of(replace(a_public_reply(BLUESKY), id="77ab" * 8))}

        assert len(keys) == 2
        assert {len(key) for key in keys} == {13}


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("a" * 500, 500),
        ("see https://example.org/" + "a" * 300, 4 + 23),
        ("@somebody@a.very.long.server.example hello", len("@somebody hello")),
        ("somebody@example.org", 20),
        ("👨‍👩‍👧‍👦é", 2),
    ],
)
def test_mastodon_counts_links_and_handles_as_it_says(text: str, length: int) -> None:
    assert mastodon_length(text) == length


@pytest.mark.parametrize(
    ("text", "length"), [("a" * 300, 300), ("🙏" * 299, 299), ("👨‍👩‍👧‍👦" * 130, 325), ("e\u0301", 1)]
)
def test_bluesky_counts_graphemes_and_bytes(text: str, length: int) -> None:
    assert bluesky_length(text) == length

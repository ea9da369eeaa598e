"""Mentions of a test server of X: each taken in once, whatever the server does, and without a busy loop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any, ClassVar

import pytest

from amends.bus.port import Topic
from amends.domain.arrival import Fate
from amends.errors import Misconfigured, Unavailable
from amends.ports import BlobStore, Connector
from amends.wire import RECEIVED, body_of, decode_message
from ingest.reading import Media, read
from ingest.reconcile import reconcile
from ingest.runner import take_in_all
from ingest.social.mentions import MentionsConnector
from ingest.social.reads import LedgerReads
from ingest.social.x import x_message_reader, x_reader
from ingest.social.x_mentions import XMessages
from storage.blobs import FolderBlobStore
from storage.unit_of_work import Database
from tests.servers.network import Fault
from tests.servers.x import KEYS, OUR_HANDLE, OUR_ID, XServer, x_server
from tests.support.x import FakeReads, ServerClock, an_access, an_api, mentions_of

READERS = {Media.X_POST: x_reader(own_handles=frozenset(), own_ids=frozenset({OUR_ID}))}


@pytest.fixture
def server() -> Iterator[XServer]:
    with x_server() as found:
        yield found


@pytest.fixture
def blobs(tmp_path_factory: pytest.TempPathFactory) -> BlobStore:
    return FolderBlobStore(tmp_path_factory.mktemp("blobs"))


def take_in(connector: Connector, database: Database, blobs: BlobStore) -> Counter[Fate]:
    return take_in_all(connector, database.unit, blobs, READERS, stop=Event())


def take_in_until_quiet(connector: Connector, server: XServer, database: Database, blobs: BlobStore) -> Counter[Fate]:
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


def published(database: Database) -> list[str]:
    """Name the posts on the log, in the order of each person's partition."""
    with database.reading() as unit:
        records = [
            record
            for partition in range(4)
            for record in unit.log.read(unit.log.position("test", Topic.MESSAGES, partition), limit=5000)
        ]
    return [decode_message(body_of(record, RECEIVED)).native_id for record in records]


def unexplained(connector: MentionsConnector, database: Database) -> list[tuple[str, str]]:
    with database.reading() as unit:
        return reconcile(unit, connector.source, connector.holdings(), triage_group="triage").unexplained


def test_each_mention_is_taken_in_once_and_our_own_posts_are_left_alone(
    server: XServer, database: Database, blobs: BlobStore
) -> None:
    first = server.post("@NorthmoorHelp my parcel &amp; my tea, <gone>")
    answer = server.post("@customer we are sorry, @NorthmoorHelp", by=OUR_HANDLE, answers=first)
    second = server.post("@NorthmoorHelp sorry is not a parcel", answers=answer)
    server.post("nobody asked for us", mentions=False)

    assert take_in(mentions_of(server), database, blobs) == {Fate.INGESTED: 2, Fate.OWN: 1}
    assert take_in(mentions_of(server), database, blobs) == {}
    third = server.post("@NorthmoorHelp hello?")
    assert take_in(mentions_of(server), database, blobs) == {Fate.INGESTED: 1}

    assert sorted(published(database)) == sorted([first, second, third])
    assert unexplained(mentions_of(server), database) == []


def test_a_post_is_read_with_its_author_its_thread_and_the_words_as_typed(server: XServer) -> None:
    first = server.post("@NorthmoorHelp tea & sugar <gone>")
    server.post("@NorthmoorHelp and milk", answers=first)

    batch, _ = mentions_of(server).fetch("", limit=10)
    messages = [read(one, "00", READERS).message for one in batch]

    assert [message.own_words for message in messages] == ["tea & sugar <gone>", "and milk"]
    assert messages[1].answers == (f"x:{first}",)
    assert {message.conversation for message in messages} == {f"x-conversation:{first}"}
    assert messages[0].facts["handle"] == "customer"


def test_an_edited_post_answers_the_version_before_it(server: XServer) -> None:
    first = server.post("@NorthmoorHelp my parcle is late")
    batch, checkpoint = (connector := mentions_of(server)).fetch("", limit=10)
    edited = server.post("@NorthmoorHelp my parcel is late", edits=first)

    batch, _ = connector.fetch(checkpoint, limit=10)

    [message] = [read(one, "00", READERS).message for one in batch]
    assert (message.native_id, message.answers) == (edited, (f"x:{first}",))


def test_many_pages_are_taken_in_from_the_oldest_post_on(server: XServer, database: Database, blobs: BlobStore) -> None:
    posts = [server.post(f"@NorthmoorHelp number {number}") for number in range(430)]

    assert take_in(mentions_of(server), database, blobs) == {Fate.INGESTED: 430}

    assert published(database) == posts
    assert server.asked("mentions") == 5 + 1


def test_a_crash_between_two_batches_loses_nothing(server: XServer, database: Database, blobs: BlobStore) -> None:
    posts = [server.post(f"@NorthmoorHelp number {number}") for number in range(30)]
    batch, reached = mentions_of(server).fetch("", limit=12)

    again, _ = mentions_of(server).fetch(reached, limit=100)

    assert [one.item for one in (*batch, *again)] == posts


def test_what_was_read_before_x_broke_off_is_kept_and_the_gap_is_closed_later(
    server: XServer, database: Database, blobs: BlobStore
) -> None:
    posts = [server.post(f"@NorthmoorHelp number {number}") for number in range(250)]
    connector = mentions_of(server)
    connector.fetch("", limit=1)
    server.requests.clear()
    # Two pages come, the third does not.
    connector = mentions_of(server)
    server.remaining["mentions"] = 2
    with pytest.raises(Unavailable, match="limits"):
        take_in(connector, database, blobs)
    assert sorted(published(database)) == posts[50:]
    later = server.post("@NorthmoorHelp and one more")

    # The process is killed, and starts anew when the limit is over.
    del server.remaining["mentions"]
    server.at += timedelta(minutes=20)
    assert take_in(mentions_of(server), database, blobs) == {Fate.INGESTED: 51}

    assert sorted(published(database)) == [*posts, later]
    assert unexplained(mentions_of(server), database) == []


def test_a_gap_that_turns_out_empty_does_not_hide_what_is_new(server: XServer) -> None:
    posts = [server.post(f"@NorthmoorHelp number {number}") for number in range(150)]
    server.remaining["mentions"] = 1
    _, gap = mentions_of(server).fetch("", limit=1000)
    for post in posts[:50]:
        server.delete(post)
    del server.remaining["mentions"]
    later = server.post("@NorthmoorHelp and one more")

    batch, _ = mentions_of(server).fetch(gap, limit=1000)

    assert [one.item for one in batch] == [later]


@pytest.mark.parametrize(
    ("fault", "most"),
    [
        (Fault.LIMITED, 2),
        (Fault.LIMITED_BARE, 6),
        (Fault.LIMITED_GARBLED, 6),
        (Fault.BUSY, 20),
        (Fault.SILENT, 20),
        (Fault.CUT_BEFORE, 20),
        (Fault.CUT_AFTER, 20),
        (Fault.GARBLED, 20),
        (Fault.UNKNOWN_KEYS, 6),
    ],
)
def test_x_is_left_alone_while_it_fails(server: XServer, fault: Fault, most: int) -> None:
    """For half an hour it is asked every second; so many requests come to X."""
    server.post("@NorthmoorHelp hello")
    server.goes_wrong("mentions", *[fault] * 100)
    connector = mentions_of(server)
    server.reset_in_s = 1700

    for _ in range(1800):
        with pytest.raises(Unavailable):
            connector.fetch("", limit=10)
        server.at += timedelta(seconds=1)

    assert 1 <= server.asked("mentions") <= most


@pytest.mark.parametrize("fault", list(Fault))
def test_nothing_is_lost_or_doubled_by_a_fault(
    server: XServer, database: Database, blobs: BlobStore, fault: Fault
) -> None:
    posts = [server.post(f"@NorthmoorHelp number {number}") for number in range(230)]
    server.goes_wrong("mentions", fault, fault)

    fates = take_in_until_quiet(mentions_of(server, pause_s=0), server, database, blobs)

    assert fates == {Fate.INGESTED: 230}
    assert published(database) == posts
    assert server.asked("mentions") <= 2 + 3 + 2


def test_a_reset_far_away_or_long_ago_is_kept_within_bounds(server: XServer) -> None:
    server.post("@NorthmoorHelp hello")
    connector = mentions_of(server)

    for reset_in_s, waits_s in ((-1000.0, 6), (10_000_000.0, 3601)):
        server.reset_in_s = reset_in_s
        server.goes_wrong("mentions", Fault.LIMITED)
        with pytest.raises(Unavailable, match="limits"):
            connector.fetch("", limit=10)
        asked = server.asked("mentions")
        with pytest.raises(Unavailable, match="limits"):
            connector.fetch("", limit=10)
        assert server.asked("mentions") == asked
        server.at += timedelta(seconds=waits_s)

    assert len(connector.fetch("", limit=10)[0]) == 1


def test_nobody_is_asked_between_two_looks(server: XServer) -> None:
    connector = mentions_of(server, pause_s=60)
    for _ in range(59):
        assert connector.fetch("", limit=10) == ([], "")
        server.at += timedelta(seconds=1)
    assert server.asked("mentions") == 1

    server.post("@NorthmoorHelp hello")
    server.at += timedelta(seconds=2)

    assert len(connector.fetch("", limit=10)[0]) == 1


def test_mentions_stop_at_the_budget_and_go_on_with_the_next_month(
    server: XServer, database: Database, blobs: BlobStore
) -> None:
    clock = ServerClock(server)
    reads = LedgerReads(OUR_ID, budget=120, open_unit=database.unit, reading=database.reading, now=clock)
    posts = [server.post(f"@NorthmoorHelp number {number}") for number in range(200)]

    with pytest.raises(Unavailable, match="AMENDS_X_READS_A_MONTH"):
        take_in(mentions_of(server, reads=reads), database, blobs)
    assert (reads.spent(), reads.left()) == (120, 0)
    assert sorted(published(database)) == posts[80:]
    asked = server.asked("mentions")
    with pytest.raises(Unavailable, match="AMENDS_X_READS_A_MONTH"):
        take_in(mentions_of(server, reads=reads), database, blobs)
    assert server.asked("mentions") == asked

    server.at += timedelta(days=15)
    take_in(mentions_of(server, reads=reads), database, blobs)

    assert sorted(published(database)) == posts
    assert reads.spent() == 80


def test_a_post_without_an_id_is_parked_once(server: XServer, database: Database, blobs: BlobStore) -> None:
    broken = server.post("@NorthmoorHelp hello")
    server.posts[broken]["id_was"] = server.posts[broken].pop("created_at")
    server.posts[broken]["created_at"] = "yesterday"
    good = server.post("@NorthmoorHelp hello again")

    assert take_in(mentions_of(server), database, blobs) == {Fate.PARKED: 1, Fate.INGESTED: 1}
    assert take_in(mentions_of(server), database, blobs) == {}
    assert published(database) == [good]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"access_token": "token"}, "begins with the account's number"),
        ({"consumer_secret": ""}, "four keys"),
        ({"base_url": "http://api.x.example"}, "unprotected"),
    ],
)
def test_keys_that_cannot_work_are_refused(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(Misconfigured, match=says):
        replace(an_access(), **changed)


def test_keys_are_not_shown() -> None:
    shown = repr(an_access())

    assert not [key for key in KEYS.values() if key in shown]


def test_reads_are_counted_where_all_services_see_them(server: XServer, database: Database, blobs: BlobStore) -> None:
    for number in range(7):
        server.post(f"@NorthmoorHelp number {number}")
    reads = FakeReads()

    take_in(mentions_of(server, reads=reads), database, blobs)

    assert reads.spent == 7


def test_what_is_attached_is_named_with_what_it_shows(server: XServer) -> None:
    server.media["3_1"] = {"media_key": "3_1", "type": "photo", "alt_text": "An empty step"}
    server.media["7_1"] = {"media_key": "7_1", "type": "video"}
    server.post("@NorthmoorHelp it is gone", attachments={"media_keys": ["3_1", "7_1"]})

    batch, _ = mentions_of(server).fetch("", limit=10)
    [message] = [read(one, "00", READERS).message for one in batch]

    assert message.own_words == "it is gone"
    assert message.text == "@NorthmoorHelp it is gone\n\n[photo: An empty step]\n[video]"


class TestPrivateMessages:
    READERS: ClassVar = {Media.X_MESSAGE: x_message_reader(own_ids=frozenset({OUR_ID}))}

    def messages_of(self, server: XServer) -> MentionsConnector:
        clock = ServerClock(server)
        return MentionsConnector(XMessages(an_api(server)), now=clock, pause_s=0)

    def test_each_is_taken_in_once_and_ours_are_left_alone(
        self, server: XServer, database: Database, blobs: BlobStore
    ) -> None:
        for number in range(120):
            server.say_in_private(f"number {number} & more", by="7000001")
        server.say_in_private("we are on it", to="7000001")

        taken = take_in_all(self.messages_of(server), database.unit, blobs, self.READERS, stop=Event())
        assert taken == {Fate.INGESTED: 120, Fate.OWN: 1}
        server.say_in_private("and one more", by="7000001")
        taken = take_in_all(self.messages_of(server), database.unit, blobs, self.READERS, stop=Event())
        assert taken == {Fate.INGESTED: 1}
        assert unexplained(self.messages_of(server), database) == []

    def test_one_is_a_private_word_of_its_conversation(self, server: XServer) -> None:
        server.say_in_private("my order is 7", by="7000001")

        batch, _ = self.messages_of(server).fetch("", limit=10)
        [message] = [read(one, "00", self.READERS).message for one in batch]

        assert (message.own_words, message.is_public) == ("my order is 7", False)
        assert message.conversation == f"x-private:7000001-{OUR_ID}"

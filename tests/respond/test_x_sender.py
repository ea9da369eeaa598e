"""Replies on a test server of X: each there once, none lost, and none under a post that is no longer what it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from amends.domain.channel import Channel
from amends.domain.contact import Identity, IdentityKind
from amends.domain.message import Message, message_id
from amends.domain.reply import Form, Reply, ReplyState
from amends.domain.task import TaskKind
from amends.errors import InDoubt, Unavailable
from amends.ports import Delivered, Sender
from respond.delivery import DeliverStage
from respond.senders.by_channel import SenderByChannel
from respond.senders.x import XSender
from storage.unit_of_work import Database
from tests.casework.office import PACK, Office
from tests.respond.builders import an_approved_post
from tests.respond.test_delivery import record_of
from tests.servers.network import Fault, NetworkServer
from tests.servers.x import OUR_HANDLE, XServer, x_server
from tests.support.builders import a_message, a_reply
from tests.support.fakes import FakeSender
from tests.support.x import FakeReads, ServerClock, an_api, sender_of

WORDS = "We are sorry & on it. Write to us at example.com/help, please 🙏"


@pytest.fixture
def server() -> Iterator[XServer]:
    with x_server() as found:
        yield found


@pytest.fixture
def post(server: XServer) -> str:
    return server.post("@NorthmoorHelp my parcel is late")


def a_public_reply(text: str = WORDS) -> Reply:
    return an_approved_post(text=text)


def shown(server: XServer) -> list[str]:
    return [one["text"] for one in server.ours()]


def asked_to_post(server: XServer) -> int:
    return server.asked("reply")


class TestThePostThatIsAnswered:
    def test_a_reply_stands_under_its_post(self, server: XServer, post: str) -> None:
        report = sender_of(server, post).send(a_public_reply())

        [published] = server.ours()
        assert (report.delivered, report.channel_name) == (Delivered.YES, published["id"])
        assert published["referenced_tweets"] == [{"type": "replied_to", "id": post}]
        assert published["id"] in report.says

    def test_nothing_is_published_under_a_post_that_is_gone(self, server: XServer, post: str) -> None:
        server.delete(post)

        report = sender_of(server, post).send(a_public_reply())

        assert report.delivered is Delivered.OVERTAKEN
        assert "deleted" in report.says
        assert asked_to_post(server) == 0

    def test_nothing_is_published_once_public_posting_is_held(self, server: XServer, post: str) -> None:
        """The hold comes while the post that is answered is looked at."""
        api = an_api(server, reads=FakeReads(), now=ServerClock(server))
        sender = XSender(
            api, post_of=lambda _reply: post, now=ServerClock(server), is_held=lambda: server.asked("post") > 0
        )

        with pytest.raises(Unavailable, match="held"):
            sender.send(a_public_reply())

        assert server.ours() == []
        assert asked_to_post(server) == 0

    def test_nothing_is_published_under_a_post_that_was_edited(self, server: XServer, post: str) -> None:
        newest = server.post("@NorthmoorHelp my parcel is not late at all", edits=post)

        report = sender_of(server, post).send(a_public_reply())

        assert report.delivered is Delivered.OVERTAKEN
        assert newest in report.says
        assert asked_to_post(server) == 0

    def test_the_newest_version_of_an_edited_post_is_answered(self, server: XServer, post: str) -> None:
        newest = server.post("@NorthmoorHelp my parcel is not late at all", edits=post)

        assert sender_of(server, newest).send(a_public_reply()).delivered is Delivered.YES

    def test_a_post_that_goes_between_the_look_and_the_reply_is_told_too(self, server: XServer, post: str) -> None:
        sender = sender_of(server, post)
        look = sender._api.post

        def look_and_delete(post_id: str) -> object:
            found = look(post_id)
            server.delete(post)
            return found

        sender._api.post = look_and_delete  # type: ignore[method-assign, assignment]

        assert sender.send(a_public_reply()).delivered is Delivered.OVERTAKEN
        assert shown(server) == []

    def test_a_post_that_does_not_mention_us_says_what_is_left(self, server: XServer) -> None:
        stranger = server.post("Northmoor lost my parcel", mentions=False)

        report = sender_of(server, stranger).send(a_public_reply())

        assert report.delivered is Delivered.NO
        assert "mention or quote us" in report.says
        assert "private message" in report.says
        assert f"https://x.com/i/status/{stranger}" in report.says
        assert asked_to_post(server) == 0

    def test_a_post_that_quotes_us_is_answered(self, server: XServer) -> None:
        ours = server.post("Our lines are open again", by=OUR_HANDLE, mentions=False)
        quoting = server.post("they are not", quotes=ours, mentions=False)

        assert sender_of(server, quoting).send(a_public_reply()).delivered is Delivered.YES

    def test_a_post_that_quotes_somebody_else_is_not(self, server: XServer) -> None:
        theirs = server.post("The lines are open again", mentions=False)
        quoting = server.post("they are not", quotes=theirs, mentions=False)

        assert sender_of(server, quoting).send(a_public_reply()).delivered is Delivered.NO

    @pytest.mark.parametrize("name", ["", "number 3", "12/../34", "१२३"])
    def test_what_is_no_id_of_a_post_is_not_asked_for(self, server: XServer, name: str) -> None:
        assert sender_of(server, name).send(a_public_reply()).delivered is Delivered.NO
        assert server.requests == []

    def test_words_that_x_refuses_are_refused_with_its_reason(self, server: XServer, post: str) -> None:
        report = sender_of(server, post).send(a_public_reply("long " * 100))

        assert report.delivered is Delivered.NO
        assert "too long" in report.says

    def test_the_look_and_what_is_looked_up_are_counted(self, server: XServer, post: str) -> None:
        reads = FakeReads(budget=0)
        sender = sender_of(server, post, reads=reads)

        # The budget does not hold back a reply that a person approved.
        assert sender.send(a_public_reply()).delivered is Delivered.YES
        assert sender.look_up(a_public_reply()).delivered is Delivered.YES
        assert reads.spent == 2


class TestAfterABreak:
    @pytest.mark.parametrize("fault", [Fault.CUT_AFTER, Fault.SILENT_AFTER, Fault.BUSY_AFTER])
    def test_what_x_took_is_found_among_our_posts(self, server: XServer, post: str, fault: Fault) -> None:
        server.goes_wrong("reply", fault)
        sender = sender_of(server, post)

        with pytest.raises(InDoubt):
            sender.send(a_public_reply())
        found = sender_of(server, post).look_up(a_public_reply())

        [published] = server.ours()
        assert (found.delivered, found.channel_name) == (Delivered.YES, published["id"])

    @pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.SILENT, Fault.BUSY])
    def test_what_x_did_not_take_counts_as_not_sent_after_a_while(
        self, server: XServer, post: str, fault: Fault
    ) -> None:
        server.goes_wrong("reply", fault)
        sender = sender_of(server, post)
        with pytest.raises(InDoubt):
            sender.send(a_public_reply())

        for seconds in (0, 10, 19):
            server.at += timedelta(seconds=seconds)
            with pytest.raises(InDoubt, match="late"):
                sender.look_up(a_public_reply())
        server.at += timedelta(seconds=1)

        assert sender.look_up(a_public_reply()).delivered is Delivered.NO

    @pytest.mark.parametrize("fault", [Fault.LIMITED, Fault.LIMITED_BARE, Fault.LIMITED_GARBLED, Fault.UNKNOWN_KEYS])
    def test_what_x_turned_away_was_not_sent(self, server: XServer, post: str, fault: Fault) -> None:
        server.goes_wrong("reply", fault)
        sender = sender_of(server, post)

        for _ in range(20):
            with pytest.raises(Unavailable):
                sender.send(a_public_reply())

        assert asked_to_post(server) == 1

    def test_other_words_under_the_same_post_and_the_same_words_under_another_are_other_replies(
        self, server: XServer, post: str
    ) -> None:
        other = server.post("@NorthmoorHelp my parcel is late, too")
        sender_of(server, other).send(a_public_reply())
        sender_of(server, post).send(a_public_reply("Something else."))
        sender = sender_of(server, post)

        with pytest.raises(InDoubt):
            sender.look_up(a_public_reply())

    def test_a_reply_is_recognised_in_the_way_that_x_writes_it(self, server: XServer, post: str) -> None:
        sender_of(server, post).send(a_public_reply())
        [published] = server.ours()
        assert published["text"] == f"@customer {WORDS.replace('&', '&amp;')}"
        published["text"] = published["text"].replace("example.com/help", "https://t.co/Ab3dE5fG7h")

        assert sender_of(server, post).look_up(a_public_reply("We are sorry & on it. Write to us at https://example.com/help, please 🙏")).delivered is Delivered.YES  # fmt: skip # noqa: E501

    def test_a_reply_is_found_among_many_posts(self, server: XServer, post: str) -> None:
        sender_of(server, post).send(a_public_reply())
        for number in range(150):
            server.at += timedelta(seconds=1)
            server.post(f"number {number}", by=OUR_HANDLE, mentions=False)

        assert sender_of(server, post).look_up(a_public_reply()).delivered is Delivered.YES
        assert server.asked("own posts") == 2


@pytest.fixture
def queued(database: Database, post: str) -> Reply:
    """A public reply to the post that a person approved, in the queue."""
    message: Message = replace(
        a_message("My parcel is late"),
        id=message_id(Channel.X, "", post),
        channel=Channel.X,
        native_id=post,
        author=Identity(kind=IdentityKind.X, value="7000001"),
        names=(f"x:{post}",),
    )
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


def deliver(database: Database, server: NetworkServer, sender: Sender, reply: Reply) -> bool:
    """Let a deliverer try once; says whether it has to come again."""
    stage = DeliverStage(
        SenderByChannel(posts={reply.channel: sender}, otherwise=FakeSender()),
        open_unit=database.unit,
        name_of=lambda _reply: "",
        pack=PACK,
        secret=b"s" * 32,
        now=ServerClock(server),
        at_once=1,
    )
    try:
        stage.prepare([record_of(reply)], at=server.at)
    except Unavailable:
        return True
    return False


class TestDelivery:
    @pytest.mark.parametrize("is_killed", [False, True], ids=["lives on", "is killed again and again"])
    @pytest.mark.parametrize("endpoint", ["reply", "post", "own posts"])
    @pytest.mark.parametrize("fault", list(Fault))
    def test_whatever_goes_wrong_the_reply_is_there_once(
        self,
        server: XServer,
        post: str,
        database: Database,
        queued: Reply,
        fault: Fault,
        endpoint: str,
        is_killed: bool,
    ) -> None:
        if endpoint == "own posts":
            server.goes_wrong("reply", Fault.CUT_AFTER)
        server.goes_wrong(endpoint, fault, fault)
        sender = sender_of(server, post)
        tries = 0

        while deliver(database, server, sender, queued):
            tries += 1
            assert tries < 200
            # The runner comes back after 30 seconds at the most.
            server.at += timedelta(seconds=20)
            if is_killed and tries < 5:
                sender = sender_of(server, post)

        assert len(shown(server)) == 1
        assert Office(database=database).stored(queued).state is ReplyState.SENT
        assert asked_to_post(server) <= 4

    def test_a_post_that_x_shows_late_is_not_repeated(
        self, server: XServer, post: str, database: Database, queued: Reply
    ) -> None:
        server.shows_after_s, server.takes_twice = 25, True
        server.goes_wrong("reply", Fault.CUT_AFTER)
        sender = sender_of(server, post)

        while deliver(database, server, sender, queued):
            server.at += timedelta(seconds=7)

        assert len(shown(server)) == 1
        assert Office(database=database).stored(queued).state is ReplyState.SENT

    def test_x_is_not_asked_in_a_busy_loop(self, server: XServer, post: str, database: Database, queued: Reply) -> None:
        sender = sender_of(server, post)
        server.goes_wrong("reply", Fault.LIMITED_BARE)

        for _ in range(50):
            assert deliver(database, server, sender, queued)
            server.at += timedelta(seconds=1)

        assert asked_to_post(server) == 1
        server.at += timedelta(seconds=60)
        assert not deliver(database, server, sender, queued)
        assert len(shown(server)) == 1

    def test_a_reply_whose_post_is_deleted_goes_back_to_the_reviewer(
        self, server: XServer, post: str, database: Database, queued: Reply
    ) -> None:
        server.delete(post)

        assert not deliver(database, server, sender_of(server, post), queued)

        office = Office(database=database)
        stored = office.stored(queued)
        assert (stored.state, stored.approval) == (ReplyState.IN_REVIEW, None)
        assert "deleted" in stored.outcome
        assert shown(server) == []
        assert [told["action"] for told in office.told()][-1] == "reply.back_to_review"

    def test_an_approval_that_ran_out_while_nobody_knew_is_not_used(
        self, server: XServer, post: str, database: Database, queued: Reply
    ) -> None:
        sender = sender_of(server, post)
        server.goes_wrong("reply", Fault.CUT_BEFORE)
        assert deliver(database, server, sender, queued)
        server.at += timedelta(days=3)

        assert not deliver(database, server, sender, queued)

        assert "ran out" in Office(database=database).stored(queued).outcome
        assert shown(server) == []

    def test_a_reply_that_x_does_not_take_becomes_a_task(
        self, server: XServer, post: str, database: Database, queued: Reply
    ) -> None:
        server.posts[post]["entities"] = {}

        assert not deliver(database, server, sender_of(server, post), queued)

        with database.reading() as unit:
            [task] = unit.tasks.open_tasks()
        assert task.kind is TaskKind.REACH_ANOTHER_WAY
        assert "private message" in task.reason

    def test_the_name_of_our_post_leads_answers_to_the_case(
        self, server: XServer, post: str, database: Database, queued: Reply
    ) -> None:
        deliver(database, server, sender_of(server, post), queued)

        with database.reading() as unit:
            assert unit.threads.reply_named(f"x:{server.ours()[0]['id']}") == queued.id


def test_what_is_not_posted_on_x_goes_the_other_way(server: XServer, post: str) -> None:
    other = FakeSender()
    sender = SenderByChannel(posts={Channel.X: sender_of(server, post)}, otherwise=other)

    for reply in (an_approved_post(form=Form.EMAIL), a_reply(approved_by="tom")):
        sender.send(reply)
        assert sender.look_up(reply).delivered is Delivered.YES

    assert len(other.sent) == 2
    assert server.requests == []


def test_an_answer_without_a_name_leaves_it_in_doubt(server: XServer, post: str) -> None:
    server.goes_wrong("reply", Fault.GARBLED)

    with pytest.raises(InDoubt):
        an_api(server).reply(WORDS, to=post)


class TestInPrivate:
    CUSTOMER = "900100"

    def a_message(self, text: str = WORDS) -> Reply:
        return an_approved_post(form=Form.DIRECT_MESSAGE, text=text)

    def test_a_private_message_reaches_the_customer(self, server: XServer) -> None:
        report = sender_of(server, "").send(self.a_message())

        [message] = server.messages
        assert (report.delivered, report.channel_name) == (Delivered.YES, message["id"])
        assert (message["with"], message["text"]) == (self.CUSTOMER, WORDS)

    def test_an_account_that_takes_none_says_what_is_left(self, server: XServer) -> None:
        server.closed.add(self.CUSTOMER)

        report = sender_of(server, "").send(self.a_message())

        assert report.delivered is Delivered.NO
        assert "permission to DM" in report.says
        assert "in public" in report.says

    def test_only_our_own_words_since_the_approval_count(self, server: XServer) -> None:
        server.at -= timedelta(days=1)
        server.say_in_private(WORDS, to=self.CUSTOMER)
        server.at += timedelta(days=1)
        server.say_in_private(WORDS, by=self.CUSTOMER)
        server.say_in_private("Other words.", to=self.CUSTOMER)

        sender_of(server, "").send(self.a_message())

        assert [one["text"] for one in server.messages].count(WORDS) == 3

    def test_a_message_is_found_on_a_later_page(self, server: XServer) -> None:
        sender_of(server, "").send(self.a_message())
        for number in range(120):
            server.say_in_private(f"number {number}", by=self.CUSTOMER)

        assert sender_of(server, "").look_up(self.a_message()).delivered is Delivered.YES
        assert server.asked("messages") == 1 + 2

    def test_nobody_is_written_to_by_an_address_that_is_no_account(self, server: XServer) -> None:
        mail = replace(self.a_message(), addressee=Identity(kind=IdentityKind.EMAIL, value="900100"))

        assert sender_of(server, "").send(mail).delivered is Delivered.NO
        assert server.requests == []

    @pytest.mark.parametrize("endpoint", ["message", "messages"])
    @pytest.mark.parametrize("fault", list(Fault))
    def test_whatever_goes_wrong_it_is_there_once(
        self, server: XServer, database: Database, fault: Fault, endpoint: str
    ) -> None:
        office = Office(database=database)
        office.case()
        reply = replace(
            a_reply(WORDS, state=ReplyState.QUEUED, form=Form.DIRECT_MESSAGE, approved_by="tom"),
            channel=Channel.X,
            addressee=Identity(kind=IdentityKind.X, value=self.CUSTOMER),
        )
        with database.unit() as unit:
            unit.contacts.ensure({reply.addressee: ""}, at=server.at)
            unit.replies.add([(reply, (), "")])
            unit.commit()
        server.goes_wrong(endpoint, fault, fault)
        sender = sender_of(server, "")

        for _ in range(200):
            if not deliver(database, server, sender, reply):
                break
            server.at += timedelta(seconds=20)

        assert [one["text"] for one in server.messages] == [WORDS]
        assert office.stored(reply).state is ReplyState.SENT

"""An account on X, from the command line: what comes in, what the operator sees, what reconcile says."""

from __future__ import annotations

import html
import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from amends.bus.port import Topic
from amends.casework.review import approve
from amends.compose import House
from amends.doctor import Finding, examine
from amends.domain.channel import Channel
from amends.domain.reply import Reply, ReplyState
from amends.settings import load_settings
from ingest.runner import take_in_all
from tests.journeys.running import a_house, run_amends, service, start, type_in, wait_until, work
from tests.servers.network import Fault
from tests.servers.x import KEYS, OUR_HANDLE, XServer, x_server
from tests.support.builders import a_mail
from tests.support.x import ServerClock


@pytest.fixture
def server() -> Iterator[XServer]:
    with x_server(at=datetime.now(UTC)) as found:
        yield found


def the_account(server: XServer, **more: str) -> dict[str, str]:
    """Give the settings of the account on the test server."""
    said = {**{f"x_{key}": value for key, value in KEYS.items()}, "x_api_url": server.url}
    return said | {"x_pause_s": "0.2", "watch_pause_s": "0.2"} | more


@pytest.fixture
def house(tmp_path: Path, server: XServer) -> Iterator[House]:
    """A house with an account on the test server, in the folder `data`."""
    with a_house(tmp_path / "data", now=None, **the_account(server)) as opened:
        _ = opened.secret, opened.database
        yield opened


def found_of_x(house: House, **changed: object) -> Finding:
    settings = load_settings(**{**house.settings.model_dump(), **changed})
    [finding] = [found for found in examine(settings) if found.what == "x"]
    return finding


def test_a_service_that_is_killed_takes_in_every_mention_once(server: XServer, house: House, tmp_path: Path) -> None:
    for number in range(120):
        server.post(f"@NorthmoorHelp number {number}")
    server.goes_wrong("mentions", Fault.BUSY, Fault.CUT_AFTER)
    for _ in range(3):
        before = server.asked("mentions")
        killed = start("run", "ingest", "--data-dir", "data", at=tmp_path, settings=the_account(server))
        wait_until(lambda before=before: server.asked("mentions") > before, saying="X is asked")  # type: ignore[misc]
        killed.kill()
        killed.wait()
        server.post("@NorthmoorHelp and one more")

    with service("run", "ingest", "--data-dir", "data", at=tmp_path, settings=the_account(server)) as running:
        wait_until(lambda: house.log.lag("triage", Topic.MESSAGES) == 123, saying="all mentions are on the log")
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0

    told = run_amends("reconcile", "--json", "--data-dir", "data", at=tmp_path, settings=the_account(server)).json
    assert told["unexplained"] == 0
    [source] = told["sources"]
    assert (source["held"], source["fates"]) == (123, {"ingested": 123})


def test_the_operator_sees_what_was_read_and_when_the_budget_is_used_up(house: House) -> None:
    house.accounts[Channel.X].reads.spend(1250)

    well, used_up = found_of_x(house), found_of_x(house, x_reads_a_month=1250)

    assert (well.is_well, well.says) == (True, "@NorthmoorHelp answers; 1,250 of 10,000 posts read this month")
    assert not used_up.is_well
    assert "AMENDS_X_READS_A_MONTH" in used_up.remedy


def test_keys_that_x_does_not_take_are_named(house: House) -> None:
    found = found_of_x(house, x_access_token_secret="another")  # noqa: S106

    assert not found.is_well
    assert "AMENDS_X_" in found.says


def test_reconcile_says_why_x_could_not_be_asked_and_compares_the_rest(
    server: XServer, house: House, tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "one.eml").write_bytes(a_mail())
    server.post("@NorthmoorHelp hello")
    settings = the_account(server, watch=str(inbox))
    with service("run", "ingest", "--data-dir", "data", at=tmp_path, settings=settings):
        wait_until(lambda: house.log.lag("triage", Topic.MESSAGES) == 2, saying="the mail and the mention came in")

    def reconciled(settings: dict[str, str]) -> dict[str, list[list[str]]]:
        told = run_amends("reconcile", "--json", "--data-dir", "data", at=tmp_path, settings=settings, code=None).json
        return {one["source"]: one["unexplained"] for one in told["sources"]}

    files, mentions = f"files:{inbox}", house.accounts[Channel.X].mentions.source
    assert reconciled(settings) == {files: [], mentions: []}
    server.goes_wrong("mentions", Fault.UNKNOWN_KEYS)
    found = reconciled(settings)
    assert found[files] == []
    assert "X does not let us" in found[mentions][0][1]
    found = reconciled({})
    assert found[files] == []
    assert "keys of that account are not set" in found[mentions][0][1]
    found = reconciled(settings | {"x_consumer_secret": ""})
    assert found[files] == []
    assert "four keys" in found[mentions][0][1]


def test_keys_of_half_an_account_are_refused_at_the_start(server: XServer, tmp_path: Path) -> None:
    half = the_account(server, x_consumer_secret="")

    refused = run_amends("run", "ingest", "--data-dir", "data", at=tmp_path, settings=half, code=1)

    assert "four keys" in refused.err
    assert "Traceback" not in refused.err


def test_what_the_library_would_log_of_keys_and_posts_is_not_logged(
    server: XServer, house: House, tmp_path: Path
) -> None:
    server.post("@NorthmoorHelp an unmistakable orchard gate")
    settings = the_account(server, log_level="debug")
    with service("run", "ingest", "--data-dir", "data", at=tmp_path, settings=settings):
        wait_until(lambda: house.log.lag("triage", Topic.MESSAGES) == 1, saying="the mention is on the log")

    written = (tmp_path / "run-ingest.log").read_text("utf-8")

    assert "source read" in written
    assert not [secret for secret in (*KEYS.values(), "orchard") if secret in written]


class Conversation:
    """One installation that publishes on X, and a customer who writes to it."""

    def __init__(self, house: House, server: XServer, data: Path) -> None:
        self.house, self.server, self._data = house, server, str(data)

    def customer_posts(self, text: str, answers: str = "") -> str:
        """Let the customer post, and the post come in; gives its id."""
        post = self.server.post(text, answers=answers)
        self.takes_in()
        return post

    def takes_in(self) -> None:
        """Let what was posted be taken in, judged and answered by a draft."""
        self.server.at += timedelta(minutes=2)
        house = self.house
        take_in_all(house.accounts[Channel.X].mentions, house.database.unit, house.blobs, house.readers, stop=Event())
        work(house, "triage", "respond")

    def waiting(self) -> Reply:
        """Give the one reply that waits for a reviewer."""
        with self.house.database.reading() as unit:
            [reply] = unit.replies.in_state(ReplyState.IN_REVIEW)
        return reply

    def stored(self, reply: Reply) -> Reply:
        with self.house.database.reading() as unit:
            return unit.replies.get(reply.id)

    def tom_approves(self) -> Reply:
        reply = self.waiting()
        with self.house.database.unit() as unit:
            approve(unit, reply.id, by="tom", at=self.house.now(), holds=timedelta(hours=1))
            unit.commit()
        return reply

    def reviewer_sees(self, *words: str) -> str:
        return " ".join(type_in("review", *words, "--data-dir", self._data).out.split())

    def rebuilds(self, into: Path) -> str:
        return type_in("rebuild", "--into", str(into), "--data-dir", self._data).out

    def forms_of(self, reply: Reply) -> list[dict[str, Any]]:
        """Give what the reviewer is told of each form of reply."""
        told: list[dict[str, Any]] = type_in("review", "show", reply.id, "--json", "--data-dir", self._data).json[
            "forms"
        ]
        return told


@pytest.fixture
def conversation(tmp_path: Path, server: XServer) -> Iterator[Conversation]:
    settings = the_account(server, x_sends="true", x_handles=OUR_HANDLE)
    with a_house(tmp_path / "data", now=ServerClock(server), **settings) as opened:
        _ = opened.secret, opened.database
        yield Conversation(opened, server, tmp_path / "data")


COMPLAINT = "@NorthmoorHelp my parcel never came and nobody answers, this is a disgrace"


def test_an_approved_reply_is_published_under_the_post_and_an_answer_to_it_joins_the_case(
    conversation: Conversation, server: XServer
) -> None:
    post = conversation.customer_posts(COMPLAINT)
    reply = conversation.tom_approves()
    work(conversation.house, "deliver")

    [published] = server.ours()
    assert published["referenced_tweets"] == [{"type": "replied_to", "id": post}]
    assert html.unescape(published["text"]) == f"@customer {reply.text}"
    assert conversation.stored(reply).state is ReplyState.SENT
    assert list((conversation.house.settings.data_dir / "sent").glob("*")) == []

    conversation.customer_posts("@NorthmoorHelp still nothing", answers=published["id"])
    assert conversation.waiting().case_id == reply.case_id


def test_a_post_that_is_deleted_after_the_approval_is_not_answered_and_the_reviewer_is_told(
    conversation: Conversation, server: XServer
) -> None:
    post = conversation.customer_posts(COMPLAINT)
    reply = conversation.tom_approves()
    server.delete(post)

    work(conversation.house, "deliver")

    assert server.ours() == []
    assert conversation.stored(reply).state is ReplyState.IN_REVIEW
    for seen in (conversation.reviewer_sees("list"), conversation.reviewer_sees("show", reply.id[:8])):
        assert "back in review: nothing was published" in seen
        assert "deleted" in seen


def test_a_rebuild_repeats_what_became_of_replies_and_comes_near_no_network(
    conversation: Conversation, server: XServer, tmp_path: Path
) -> None:
    conversation.customer_posts(COMPLAINT)
    conversation.tom_approves()
    work(conversation.house, "deliver")
    gone = conversation.customer_posts("@NorthmoorHelp still nothing, and my kettle is broken, too")
    conversation.tom_approves()
    server.delete(gone)
    work(conversation.house, "deliver")
    server.requests.clear()

    told = conversation.rebuilds(tmp_path / "again.db")

    assert "equal: every table is as it was" in told
    assert (len(server.ours()), server.requests) == (1, [])


def test_a_post_that_is_edited_after_the_approval_is_answered_only_when_its_new_words_were_read(
    conversation: Conversation, server: XServer
) -> None:
    post = conversation.customer_posts(COMPLAINT)
    reply = conversation.tom_approves()
    newest = server.post(f"{COMPLAINT}. Order 7!", edits=post)

    work(conversation.house, "deliver")

    assert server.ours() == []
    assert "edited" in conversation.reviewer_sees("show", reply.id[:8])

    # The new version comes in with the next look, into the same case; the draft for it takes the other's place.
    conversation.takes_in()
    renewed = conversation.tom_approves()
    work(conversation.house, "deliver")
    assert (renewed.case_id, renewed.id != reply.id) == (reply.case_id, True)
    [published] = server.ours()
    assert published["referenced_tweets"] == [{"type": "replied_to", "id": newest}]


def test_a_reviewer_is_told_that_x_takes_no_reply_to_a_post_that_does_not_mention_us(
    conversation: Conversation, server: XServer, tmp_path: Path
) -> None:
    stranger = server.post("Northmoor lost my parcel and nobody answers, this is a disgrace", mentions=False)
    page = tmp_path / "search.json"
    page.write_text(json.dumps({"data": [server.posts[stranger]], "includes": {"users": list(server.users.values())}}))
    type_in("ingest", "files", str(page), "--data-dir", str(conversation.house.settings.data_dir))
    work(conversation.house, "triage", "respond")
    [public] = [form for form in conversation.forms_of(conversation.waiting()) if form["form"] == "public_holding"]
    assert any("posts it by hand" in drawback for drawback in public["drawbacks"])

    conversation.tom_approves()
    work(conversation.house, "deliver")

    with conversation.house.database.reading() as unit:
        reasons = [task.reason for task in unit.tasks.open_tasks()]
    assert any("mention or quote us" in reason and stranger in reason for reason in reasons)
    assert server.ours() == []

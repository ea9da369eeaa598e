"""Accounts on Mastodon and Bluesky, from the command line: what comes in, what goes out, what the operator sees."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from amends.bus.port import Topic
from amends.casework.review import approve
from amends.compose import House
from amends.doctor import Finding, examine
from amends.domain.reply import Form, Reply, ReplyState
from amends.settings import load_settings
from ingest.runner import take_in_all
from tests.journeys.running import a_house, run_amends, service, type_in, wait_until, work
from tests.servers import bluesky, mastodon
from tests.servers.network import Fault
from tests.support.networks import BLUESKY, MASTODON, NETWORKS, Network
from tests.support.x import ServerClock

COMPLAINT = "my parcel never came and nobody answers, this is a disgrace"


def the_account(network: Network, server: Any, **more: str) -> dict[str, str]:
    """Give the settings of the account on the test server."""
    said = {"mastodon_account": f"{mastodon.OUR_NAME}@{mastodon.SERVER}", "mastodon_token": mastodon.TOKEN}
    if network is BLUESKY:
        said = {"bluesky_account": bluesky.OUR_HANDLE, "bluesky_password": bluesky.PASSWORD}
    name = network.channel.value
    return said | {f"{name}_url": server.url, f"{name}_pause_s": "0.2", "watch_pause_s": "0.2"} | more


@pytest.fixture(params=NETWORKS, ids=lambda network: network.channel.value)
def network(request: pytest.FixtureRequest) -> Network:
    found: Network = request.param
    return found


@pytest.fixture
def server(network: Network) -> Iterator[Any]:
    with network.serve() as found:
        found.at = datetime.now(UTC)
        yield found


@pytest.fixture
def house(tmp_path: Path, network: Network, server: Any) -> Iterator[House]:
    """A house with an account on the test server, in the folder `data`."""
    with a_house(tmp_path / "data", now=None, **the_account(network, server)) as opened:
        _ = opened.secret, opened.database
        yield opened


def found_of(network: Network, house: House, **changed: object) -> Finding:
    settings = load_settings(**{**house.settings.model_dump(), **changed})
    [finding] = [found for found in examine(settings) if found.what == network.channel.value]
    return finding


def test_what_the_network_holds_is_taken_in_until_there_is_nothing_more(
    network: Network, server: Any, house: House, tmp_path: Path
) -> None:
    for number in range(7):
        server.post(f"{network.handle} number {number}")
    settings = the_account(network, server)

    run_amends("run", "ingest", "--until-idle", "--data-dir", "data", at=tmp_path, settings=settings)

    assert house.log.lag("triage", Topic.MESSAGES) == 7
    told = run_amends("reconcile", "--json", "--data-dir", "data", at=tmp_path, settings=settings).json
    [source] = told["sources"]
    assert (source["held"], source["fates"], told["unexplained"]) == (7, {"ingested": 7}, 0)


def test_a_network_that_cannot_be_read_is_named(network: Network, server: Any, house: House, tmp_path: Path) -> None:
    server.goes_wrong("mentions", Fault.UNKNOWN_KEYS)
    settings = the_account(network, server)

    refused = run_amends(
        "run", "ingest", "--until-idle", "--data-dir", "data", at=tmp_path, settings=settings, code=None
    )

    assert refused.code != 0
    assert f"{network.channel.value.title()} does not let us" in refused.err
    assert "Traceback" not in refused.err


def test_the_operator_sees_what_was_read_and_when_the_budget_is_used_up(network: Network, house: House) -> None:
    house.accounts[network.channel].reads.spend(1250)
    name = network.channel.value

    well, used_up = found_of(network, house), found_of(network, house, **{f"{name}_reads_a_month": 1250})

    assert well.is_well
    assert "answers; 1,250 of 1,000,000 posts read this month" in well.says
    assert not used_up.is_well
    assert f"AMENDS_{name.upper()}_READS_A_MONTH" in used_up.remedy


def test_a_key_that_is_not_taken_is_named(network: Network, house: House) -> None:
    secret = "mastodon_token" if network is MASTODON else "bluesky_password"

    found = found_of(network, house, **{secret: "another"})

    assert not found.is_well
    assert f"AMENDS_{secret.upper()}" in found.says


def test_what_the_library_would_log_of_keys_and_posts_is_not_logged(
    network: Network, server: Any, house: House, tmp_path: Path
) -> None:
    server.post(f"{network.handle} an unmistakable orchard gate")
    settings = the_account(network, server, log_level="debug")
    with service("run", "ingest", "--data-dir", "data", at=tmp_path, settings=settings):
        wait_until(lambda: house.log.lag("triage", Topic.MESSAGES) == 1, for_s=90, saying="it is on the log")

    written = (tmp_path / "run-ingest.log").read_text("utf-8")

    assert "source read" in written
    assert not [secret for secret in (mastodon.TOKEN, bluesky.PASSWORD, "orchard") if secret in written]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One installation that publishes on a network, and a customer who writes to it."""

    network: Network
    house: House
    server: Any
    data: Path

    def customer_posts(self, text: str, **more: Any) -> str:
        """Let the customer post, and the post come in; gives its id."""
        post = self.server.post(f"{self.network.handle} {text}", **more)
        self.takes_in()
        return str(post)

    def takes_in(self) -> None:
        """Let what was posted be taken in, judged and answered by a draft."""
        self.server.at += timedelta(minutes=2)
        house = self.house
        mentions = house.accounts[self.network.channel].mentions
        take_in_all(mentions, house.database.unit, house.blobs, house.readers, stop=Event())
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
        return " ".join(type_in("review", *words, "--data-dir", str(self.data)).out.split())


@pytest.fixture
def conversation(tmp_path: Path, network: Network, server: Any) -> Iterator[Conversation]:
    settings = the_account(network, server, **{f"{network.channel.value}_sends": "true"})
    with a_house(tmp_path / "data", now=ServerClock(server), **settings) as opened:
        _ = opened.secret, opened.database
        yield Conversation(network=network, house=opened, server=server, data=tmp_path / "data")


def test_an_approved_reply_is_published_and_an_answer_to_it_joins_the_case(
    conversation: Conversation, network: Network, server: Any
) -> None:
    conversation.customer_posts(COMPLAINT)
    reply = conversation.tom_approves()
    work(conversation.house, "deliver")

    [published] = network.published(server)
    assert reply.text.split(".")[0] in html.unescape(published)
    assert conversation.stored(reply).state is ReplyState.SENT
    assert list((conversation.house.settings.data_dir / "sent").glob("*")) == []

    conversation.customer_posts("still nothing", answers=conversation.stored(reply).channel_name)
    assert conversation.waiting().case_id == reply.case_id


def test_a_post_that_is_deleted_after_the_approval_is_not_answered_and_the_reviewer_is_told(
    conversation: Conversation, server: Any
) -> None:
    post = conversation.customer_posts(COMPLAINT)
    reply = conversation.tom_approves()
    server.delete(post)

    work(conversation.house, "deliver")

    assert server.ours() == []
    assert conversation.stored(reply).state is ReplyState.IN_REVIEW
    assert "deleted" in conversation.reviewer_sees("show", reply.id[:8])


def test_a_rebuild_repeats_it_and_comes_near_no_network(
    conversation: Conversation, server: Any, tmp_path: Path
) -> None:
    conversation.customer_posts(COMPLAINT)
    conversation.tom_approves()
    work(conversation.house, "deliver")
    server.requests.clear()

    told = type_in("rebuild", "--into", str(tmp_path / "again.db"), "--data-dir", str(conversation.data)).out

    assert "equal: every table is as it was" in told
    assert server.requests == []


def test_a_post_that_is_edited_after_the_approval_is_answered_only_when_its_new_words_were_read(
    conversation: Conversation, network: Network, server: Any
) -> None:
    post = conversation.customer_posts(COMPLAINT)
    reply = conversation.tom_approves()
    server.edit(post, f"{network.handle} {COMPLAINT}. Order 7!")

    work(conversation.house, "deliver")

    assert server.ours() == []
    assert "edited" in conversation.reviewer_sees("show", reply.id[:8])

    # The new version comes in with the next look, into the same case; the draft for it takes the other's place.
    conversation.takes_in()
    renewed = conversation.tom_approves()
    work(conversation.house, "deliver")
    assert (renewed.case_id, renewed.id != reply.id) == (reply.case_id, True)
    assert len(server.ours()) == 1


@pytest.mark.parametrize("network", [MASTODON], ids=["mastodon"])
def test_a_direct_message_is_answered_by_one(conversation: Conversation, server: Any) -> None:
    conversation.customer_posts(COMPLAINT, visibility="direct")

    reply = conversation.tom_approves()
    work(conversation.house, "deliver")

    assert reply.form is Form.DIRECT_MESSAGE
    assert [one["visibility"] for one in server.ours()] == ["direct"]

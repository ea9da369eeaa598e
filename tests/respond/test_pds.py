"""Replies into the repository of a real personal data server: sessions, keys, and what a repeat comes to there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from amends.domain.reply import Form
from amends.networks.bluesky import BlueskyAccess, BlueskyApi
from amends.ports import Delivered
from ingest.social.bluesky import bluesky_reader
from ingest.social.bluesky_mentions import BlueskyMentions
from ingest.social.mentions import MentionsConnector
from respond.senders.bluesky import BlueskySender, key_of
from tests.respond.builders import an_approved_post
from tests.servers.pds import HANDLE, PASSWORD, Others, others, pds
from tests.support.networks import BLUESKY

pytestmark = [
    pytest.mark.npm,
    pytest.mark.slow,
    pytest.mark.skipif(os.environ.get("AMENDS_TEST_PDS") != "1", reason="asked for by AMENDS_TEST_PDS=1"),
]
CUSTOMER = {"did": "did:plc:customer22223333444455", "handle": "customer.example.org", "displayName": "Customer"}
URI = f"at://{CUSTOMER['did']}/app.bsky.feed.post/3mf2aqkzv2c7x"
#: A content's name has to be one for this server: that of an empty object.
CID = "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua"


def utc_now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def beside() -> Iterator[Others]:
    with others() as found:
        record = {"$type": "app.bsky.feed.post", "text": "my parcel is late", "createdAt": "2026-11-23T09:00:00.000Z"}
        post = {"uri": URI, "cid": CID, "author": CUSTOMER, "record": record, "indexedAt": "2026-11-23T09:00:00.000Z"}
        found.posts.append(post)
        yield found


@pytest.fixture(scope="module")
def url(beside: Others, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pds(tmp_path_factory.mktemp("pds") / "data", beside) as found:
        yield found


def an_api(url: str) -> BlueskyApi:
    return BlueskyApi(BlueskyAccess(account=HANDLE, password=PASSWORD, base_url=url), now=utc_now)


def a_sender(api: BlueskyApi) -> BlueskySender:
    connector = MentionsConnector(BlueskyMentions(api, now=utc_now), now=utc_now, pause_s=0)
    [fetched], _ = connector.fetch("", limit=10)
    message = bluesky_reader()(fetched, "00")
    return BlueskySender(api, answered=lambda _reply: message, now=utc_now)


def test_a_reply_lies_in_the_repository_once_and_is_found_there(url: str) -> None:
    reply = an_approved_post(channel=BLUESKY.channel, text="We are sorry 🙏 https://example.com/help")
    api = an_api(url)
    assert a_sender(api).look_up(reply).delivered is Delivered.NO

    sent = a_sender(api).send(reply)
    again = a_sender(an_api(url)).send(reply)

    assert (sent.delivered, again.delivered) == (Delivered.YES, Delivered.YES)
    assert sent.channel_name == again.channel_name
    assert "already" in again.says
    assert a_sender(an_api(url)).look_up(reply).channel_name == sent.channel_name
    found = api.own_post(key_of(reply))
    assert found is not None
    assert found["value"]["reply"] == {"root": {"uri": URI, "cid": CID}, "parent": {"uri": URI, "cid": CID}}
    [facet] = found["value"]["facets"]
    assert facet["features"][0]["uri"] == "https://example.com/help"


def test_words_that_are_too_long_are_refused_by_the_server_itself(url: str) -> None:
    long = replace(an_approved_post(channel=BLUESKY.channel, text="x" * 301), id="77ab" * 8)

    report = a_sender(an_api(url)).send(long)

    assert report.delivered is Delivered.NO
    assert "refused" in report.says


def test_a_session_is_renewed_by_the_server(url: str) -> None:
    api = an_api(url)
    first = api.me()["did"]
    client = api._signed_in()
    before = client._session.refresh_jwt

    client._refresh_and_set_session()

    assert api.me()["did"] == first
    assert client._session.refresh_jwt != before
    assert api.own_post("2222222222222") is None


def test_a_private_message_is_not_tried(url: str) -> None:
    private = an_approved_post(channel=BLUESKY.channel, form=Form.DIRECT_MESSAGE)

    assert a_sender(an_api(url)).send(private).delivered is Delivered.NO

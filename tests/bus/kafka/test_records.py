"""How records travel: what is read is what was published, and what others publish is told apart."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from amends.bus.kafka.records import decode, encode, offset_of
from amends.bus.port import Record, Topic
from amends.domain.channel import Channel
from amends.errors import NotFound, Unprocessable
from amends.wire import cloud_headers
from storage.blobs import FolderBlobStore
from tests.bus.kafka.received import FakeReceived, a_stored_record, sent
from tests.support.clock import MONDAY

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))) | st.just(UTC)
#: Names of headers: any that UTF-8 can write, and those that ours are called by.
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.sampled_from(
    ["ce_id", "ce_type", "ce_source", "ce_time", "ce_specversion", "content-type", "amends_offset", "amends_own", "raw"]
)
RECORDS = st.builds(
    Record,
    topic=st.just(Topic.MESSAGES),
    partition=st.integers(0, 255),
    offset=st.integers(0, 10**15),
    key=st.text(min_size=1),
    id=st.text(min_size=1),
    type=st.text(),
    body=st.binary(max_size=1_050),
    at=st.datetimes(timezones=ZONES),
    headers=st.dictionaries(NAMES, st.text(), max_size=8),
    mark=st.integers(1, 10**15),
)


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> FolderBlobStore:
    return FolderBlobStore(tmp_path_factory.mktemp("blobs"))


@given(record=RECORDS)
@example(
    record=a_stored_record(0, headers=cloud_headers("r0", "amends.test", source="/x", at=MONDAY, channel=Channel.EMAIL))
)
def test_a_record_is_read_as_it_was_published(record: Record, blobs: FolderBlobStore) -> None:
    received = sent(record, blobs, at_offset=record.mark - 1)

    assert decode(received, record.topic, blobs) == record
    assert offset_of(received) == record.offset


def test_the_headers_are_those_of_cloud_events_in_binary_mode(blobs: FolderBlobStore) -> None:
    record = a_stored_record(
        5, headers=cloud_headers("r5", "amends.test", source="/mail", at=MONDAY, channel=Channel.EMAIL, raw="ab")
    )

    body, headers = encode(record, blobs, body_at_most=1_000)

    assert body == b"{}"
    assert dict(headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"r5",
        "ce_type": b"amends.test",
        "ce_source": b"/mail",
        "ce_time": MONDAY.isoformat().encode(),
        "content-type": b"application/json",
        "channel": b"email",
        "raw": b"ab",
        "amends_offset": b"5",
    }


def test_the_event_is_called_as_the_record_is_whatever_its_headers_say(blobs: FolderBlobStore) -> None:
    record = a_stored_record(5, headers={"ce_id": "another", "ce_specversion": "0.3"})

    _, headers = encode(record, blobs, body_at_most=1_000)

    assert dict(headers)["ce_id"] == b"r5"
    assert dict(headers)["ce_specversion"] == b"1.0"
    assert dict(headers)["ce_source"] == b"amends"
    assert json.loads(dict(headers)["amends_own"]) == {"ce_id": "another", "ce_specversion": "0.3"}


def test_a_large_body_travels_by_its_blob(tmp_path: Path) -> None:
    blobs = FolderBlobStore(tmp_path)
    record = a_stored_record(body=b"x" * 1_001)

    received = sent(record, blobs)

    assert received.value == b""
    assert decode(received, record.topic, blobs).body == record.body


def test_a_body_whose_blob_is_gone_is_not_found(tmp_path: Path) -> None:
    received = sent(a_stored_record(body=b"x" * 1_001), FolderBlobStore(tmp_path / "one"))

    with pytest.raises(NotFound):
        decode(received, Topic.MESSAGES, FolderBlobStore(tmp_path / "another"))


@pytest.mark.parametrize(
    "said",
    [None, b"", b"twelve", b"-1", b"+1", b" 1", b"1_0", b"1.0", b"\xff", "\u0661".encode(), b"9" * 5_000],
    ids=str,
)
def test_an_offset_that_is_none_of_ours_marks_a_foreign_record(said: bytes | None) -> None:
    with pytest.raises(Unprocessable):
        offset_of(FakeReceived(headers=[("amends_offset", said)]))


@given(
    key=st.none() | st.binary(),
    value=st.none() | st.binary(),
    headers=st.lists(
        st.tuples(
            st.sampled_from(["amends_offset", "amends_own", "amends_body", "ce_id", "ce_type", "ce_time"]) | st.text(),
            st.none() | st.sampled_from([b"7", b"{}", b"[]", b"null", b"2026-11-23T09:00:00"]) | st.binary(),
        )
    ),
)
def test_whatever_others_put_on_the_topic_is_a_record_or_unprocessable(
    key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes | None]], blobs: FolderBlobStore
) -> None:
    received = FakeReceived(key=key, value=value, headers=headers)
    with contextlib.suppress(Unprocessable, NotFound):
        assert all(isinstance(value, str) for value in decode(received, Topic.MESSAGES, blobs).headers.values())


@pytest.mark.parametrize("name", ["../../outside", "/dev/zero", "AB" * 32, "", "ab"])
def test_a_forged_name_of_a_blob_is_not_looked_up(name: str, blobs: FolderBlobStore) -> None:
    received = sent(a_stored_record(), blobs)
    received.headers.append(("amends_body", name.encode()))

    with pytest.raises(Unprocessable):
        decode(received, Topic.MESSAGES, blobs)

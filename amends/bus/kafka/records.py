"""How a record of ours travels on Kafka: CloudEvents 1.0 in binary mode, and its offset.

The key, the body and the CloudEvents headers are the record's own. `amends_offset` is its
offset in the log's table. Kafka's own offset differs from it once a relay had to ship
something twice, so ours decides what a reader has seen. A body that is too large for the
broker is in the blob store; the record then is empty and `amends_body` names the blob.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from amends.bus.kafka.connection import Connection, words
from amends.bus.port import Record
from amends.errors import Unprocessable
from amends.ports import BlobStore

_OFFSET, _ID, _TYPE, _AT, _BODY = "amends_offset", "amends_id", "amends_type", "amends_at", "amends_body"
_OURS = {_OFFSET, _ID, _TYPE, _AT, _BODY, "ce_specversion", "content-type"}

#: An offset has no more digits.
_DIGITS_AT_MOST = 18


class Received(Protocol):
    """A record as kafka-python hands it over."""

    @property
    def partition(self) -> int:
        """Its partition."""

    @property
    def offset(self) -> int:
        """Kafka's own offset."""

    @property
    def key(self) -> bytes | None:
        """Its key."""

    @property
    def value(self) -> bytes | None:
        """Its body."""

    @property
    def headers(self) -> Iterable[tuple[str, bytes]]:
        """Its headers."""


def encode(record: Record, connection: Connection, blobs: BlobStore) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Give a record's body and headers as they travel.

    Raises:
        Unavailable: a large body could not be kept.
    """
    body = record.body
    headers = {
        "ce_specversion": "1.0",
        "content-type": "application/json",
        **record.headers,
        _OFFSET: str(record.offset),
        _ID: record.id,
        _TYPE: record.type,
        _AT: record.at.isoformat(),
    }
    if len(body) > connection.body_at_most:
        headers[_BODY] = blobs.put(body)
        body = b""
    return body, words(headers)


def offset_of(received: Received) -> int:
    """Read the offset that the log's table gave a record.

    Raises:
        Unprocessable: nobody of ours published it.
    """
    for name, value in received.headers:
        if name == _OFFSET and value and value.isdigit() and len(value) <= _DIGITS_AT_MOST:
            return int(value)
    raise Unprocessable("a record that Amends did not publish lies on the topic", reason="foreign_record")


def decode(received: Received, topic: str, blobs: BlobStore) -> Record:
    """Read a record of ours.

    Raises:
        Unprocessable: nobody of ours published it.
        Unavailable: its body is in the blob store, which cannot be read now.
        NotFound: its body is in the blob store no longer.
    """
    try:
        headers = {name: (value or b"").decode("utf-8", "surrogatepass") for name, value in received.headers}
        offset, record_id, type_ = int(headers[_OFFSET]), headers[_ID], headers[_TYPE]
        at = datetime.fromisoformat(headers[_AT])
        key = (received.key or b"").decode("utf-8", "surrogatepass")
    except (KeyError, ValueError) as why:
        raise Unprocessable("a record of the topic lacks a header of ours", reason="foreign_record") from why
    return Record(
        topic=topic,
        partition=received.partition,
        offset=offset,
        key=key,
        id=record_id,
        type=type_,
        body=blobs.get(headers[_BODY]) if _BODY in headers else received.value or b"",
        at=at,
        headers={name: value for name, value in headers.items() if name not in _OURS},
        mark=received.offset + 1,
    )

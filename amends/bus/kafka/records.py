"""How a record of ours travels on Kafka: CloudEvents 1.0 in binary mode, and its offset.

1. The key, the body and the headers are the record's own. `ce_id`, `ce_type` and
   `ce_time` say what the record says; `ce_source` is its header, or `amends`.
2. `amends_offset` is its offset in the log's table. Kafka's own offset differs from it
   once a relay had to ship something twice, so ours decides what a reader has seen.
3. A body that is too large for the broker is in the blob store; the value then is empty
   and `amends_body` names the blob.
4. A header of the record that is called like one of these and says something else
   travels in `amends_own`, so that what is read is what was published.
5. What anybody else put on the topic is `Unprocessable`, whatever it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from amends.bus.port import Record
from amends.errors import Unprocessable
from amends.ports import BlobStore

_OFFSET, _BODY, _OWN = "amends_offset", "amends_body", "amends_own"
_ID, _TYPE, _TIME = "ce_id", "ce_type", "ce_time"
#: What `amends/wire.py` writes into the headers of a record, and this module too.
_AS_WIRE_WRITES = (_ID, _TYPE, "ce_source", _TIME)
#: What every record says.
_FIXED = (("ce_specversion", b"1.0"), ("content-type", b"application/json"))
_SHA256 = re.compile(r"[0-9a-f]{64}")
#: Longer is no offset of ours.
_OFFSET_DIGITS = 18


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
    def headers(self) -> Iterable[tuple[str, bytes | None]]:
        """Its headers."""

    @property
    def serialized_value_size(self) -> int:
        """How many bytes the body has; -1 if there is none."""

    @property
    def serialized_header_size(self) -> int:
        """How many bytes the headers have; -1 if there are none."""


def encode(record: Record, blobs: BlobStore, *, body_at_most: int) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Give a record's body and headers as they travel; a body of more than `body_at_most` bytes travels by its blob.

    Raises:
        Unavailable: a large body could not be kept.
    """
    body, said = record.body, record.headers
    headers = [
        *_FIXED,
        (_ID, _written(record.id)),
        (_TYPE, _written(record.type)),
        ("ce_source", _written(said.get("ce_source", "amends"))),
        (_TIME, record.at.isoformat().encode()),
        (_OFFSET, b"%d" % record.offset),
    ]
    if len(body) > body_at_most:
        headers.append((_BODY, blobs.put(body).encode()))
        body = b""
    own = 0
    for name, value in said.items():
        if not _is_ours(name):
            headers.append((name, _written(value)))
        elif name in _AS_WIRE_WRITES and value == _says(record, name):
            own += 1
        else:
            own = -len(said)
    if own != len(_AS_WIRE_WRITES):
        headers.append((_OWN, _written(json.dumps({name: value for name, value in said.items() if _is_ours(name)}))))
    return body, headers


def _says(record: Record, name: str) -> str:
    """Give what a header of the record says that `amends/wire.py` wrote."""
    if name == _ID:
        return record.id
    if name == _TYPE:
        return record.type
    return record.at.isoformat() if name == _TIME else record.headers["ce_source"]


def _written(words: str) -> bytes:
    return words.encode("utf-8", "surrogatepass")


def offset_of(received: Received) -> int:
    """Read the offset that the log's table gave a record.

    Raises:
        Unprocessable: nobody of ours published it.
    """
    for name, value in received.headers:
        if name == _OFFSET:
            if value and len(value) <= _OFFSET_DIGITS and value.isdigit():
                return int(value)
            break
    raise Unprocessable("a record that Amends did not publish lies on the topic", reason="foreign_record")


def decode(received: Received, topic: str, blobs: BlobStore) -> Record:
    """Read a record of ours.

    Raises:
        Unprocessable: nobody of ours published it.
        Unavailable: its body is in the blob store, which cannot be read now.
        NotFound: its body is in the blob store no longer.
    """
    offset = offset_of(received)
    try:
        headers = {name: (value or b"").decode("utf-8", "surrogatepass") for name, value in received.headers}
        own = _own(headers[_OWN]) if _OWN in headers else {name: headers[name] for name in _AS_WIRE_WRITES}
        return Record(
            topic=topic,
            partition=received.partition,
            offset=offset,
            key=(received.key or b"").decode("utf-8", "surrogatepass"),
            id=headers[_ID],
            type=headers[_TYPE],
            body=blobs.get(_blob(headers[_BODY])) if _BODY in headers else received.value or b"",
            at=_aware(headers[_TIME]),
            headers={**{name: value for name, value in headers.items() if not _is_ours(name)}, **own},
            mark=received.offset + 1,
        )
    except (KeyError, TypeError, ValueError) as why:
        raise Unprocessable(
            f"a record of the topic is not as Amends publishes it ({type(why).__name__})", reason="foreign_record"
        ) from why


def _is_ours(name: str) -> bool:
    return name.startswith(("ce_", "amends_")) or name == "content-type"


def _aware(said: str) -> datetime:
    at = datetime.fromisoformat(said)
    if at.tzinfo is None:
        raise ValueError("a time needs its zone")
    return at


def _own(said: str) -> dict[str, str]:
    own = json.loads(said)
    if not isinstance(own, dict) or not all(isinstance(value, str) for value in own.values()):
        raise TypeError("headers are names and words")
    return own


def _blob(said: str) -> str:
    # Whoever can write to the topic could name any file here.
    if not _SHA256.fullmatch(said):
        raise ValueError("a blob is named by its SHA-256")
    return said

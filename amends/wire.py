"""How values travel on the log: JSON, read strictly and turned back into domain values at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from amends.bus.port import NewRecord, Record, Topic
from amends.domain.channel import Channel
from amends.domain.message import Message
from amends.domain.reply import Reply
from amends.errors import Unprocessable
from amends.tracer import TRACEPARENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Triaged:
    """What triage tells respond: a message was judged and belongs to a case."""

    message_id: str
    case_id: str
    opened: bool
    became_complaint: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """What respond or a reviewer tells delivery: this reply may go."""

    reply_id: str


T = TypeVar("T")

#: The types of records.
RECEIVED = "amends.message.received"
RELEASED = "amends.message.released"
TRIAGED = "amends.message.triaged"
QUEUED = "amends.reply.queued"

_message = TypeAdapter(Message)
_triaged = TypeAdapter(Triaged)
_queued = TypeAdapter(Queued)

#: What the body of each type of record holds.
BODIES: Mapping[str, TypeAdapter[Any]] = {
    RECEIVED: _message,
    RELEASED: _message,
    TRIAGED: _triaged,
    QUEUED: _queued,
}


def body_of(record: Record, *types: str) -> bytes:
    """Give the body of a record, if it is of one of these types.

    Raises:
        Unprocessable: it is of another: a later version wrote it, or another program.
    """
    if record.type not in types:
        raise Unprocessable(f"records of the type {record.type[:80]!r} are not known here", reason="bad_record")
    return record.body


def encode_message(message: Message) -> bytes:
    """Write a message as JSON. Text that UTF-8 cannot hold (a lone surrogate) is refused by the parser, not here."""
    return _message.dump_json(message)


def decode_message(body: bytes) -> Message:
    """Read a message.

    Raises:
        Unprocessable: the record is not a message as this version knows it.
    """
    return _read(_message, body)


def encode_triaged(triaged: Triaged) -> bytes:
    """Write what triage tells respond."""
    return _triaged.dump_json(triaged)


def decode_triaged(body: bytes) -> Triaged:
    """Read what triage tells respond.

    Raises:
        Unprocessable: the record cannot be read.
    """
    return _read(_triaged, body)


def encode_queued(queued: Queued) -> bytes:
    """Write what delivery is told."""
    return _queued.dump_json(queued)


def decode_queued(body: bytes) -> Queued:
    """Read what delivery is told.

    Raises:
        Unprocessable: the record cannot be read.
    """
    return _read(_queued, body)


def _read(adapter: TypeAdapter[T], body: bytes) -> T:
    try:
        return adapter.validate_json(body)
    except ValidationError as why:
        raise Unprocessable(f"the record cannot be read: {_first(why)}", reason="bad_record") from why


def _first(why: ValidationError) -> str:
    found: Any = why.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(str(step) for step in found['loc'])}: {found['msg']}"


def queued_record(reply: Reply, *, source: str, at: datetime, trace: str = "", again: int = 0) -> NewRecord:
    """Make the record that hands a reply to delivery: once for what policy lets go, once for each approval.

    `again` counts the times that it was put off or held before: each hands it over once more.
    """
    record_id = f"{reply.id}~{reply.approval.at:%Y%m%d%H%M%S%f}" if reply.approval is not None else reply.id
    if again:
        record_id += f"~{again}"
    return NewRecord(
        topic=Topic.OUTBOX,
        key=reply.addressee.ordering_key,
        id=record_id,
        type=QUEUED,
        at=at,
        body=encode_queued(Queued(reply_id=reply.id)),
        headers=cloud_headers(record_id, QUEUED, source=source, at=at, channel=reply.channel, trace=trace),
    )


def cloud_headers(
    record_id: str, type_: str, *, source: str, at: datetime, channel: Channel, raw: str = "", trace: str = ""
) -> dict[str, str]:
    """Write the headers that every record carries (CloudEvents 1.0, and what a dead letter is shown with).

    `trace` is the trace that the record goes on with, "" where there is none.
    """
    headers = {
        "ce_id": record_id,
        "ce_type": type_,
        "ce_source": source,
        "ce_time": at.isoformat(),
        "channel": channel.value,
        "raw": raw,
    }
    return {**headers, TRACEPARENT: trace} if trace else headers

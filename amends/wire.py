"""How values travel on the log: JSON, read strictly and turned back into domain values at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from amends.domain.message import Message
from amends.errors import Unprocessable


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

_message = TypeAdapter(Message)
_triaged = TypeAdapter(Triaged)
_queued = TypeAdapter(Queued)


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

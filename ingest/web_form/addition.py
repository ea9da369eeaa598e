"""What a customer says on the status page, from bytes to a message of the case that the page is about.

It answers the message that the page was given for, and has its author: that is why it
joins the case. So its bytes are written by us and read nowhere else: a file of forms that
names an author is not believed.
"""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from amends.domain.channel import Channel
from amends.domain.contact import Identity, IdentityKind
from amends.domain.message import Attachment, Message, message_id
from amends.domain.submission import Addition, Said
from amends.errors import Unprocessable
from amends.ports import Fetched
from ingest.reading import Reader


class _Wire(BaseModel):
    """An addition as it is kept."""

    model_config = ConfigDict(frozen=True)

    version: Literal[1] = 1
    addition_id: str
    said: Said
    text: str
    said_at: AwareDatetime
    follows: str
    subject: str
    author_kind: IdentityKind
    author: str
    author_name: str
    files: tuple[Attachment, ...] = ()


def form_name(identity: str) -> str:
    """Give the name by which messages of a form are answered."""
    return f"form:{identity}"


def addition_bytes(addition: Addition, *, follows: str, subject: str, author: Identity, author_name: str) -> bytes:
    """Write an addition to the message `follows`, to be kept as the raw bytes."""
    wire = _Wire(
        addition_id=addition.addition_id,
        said=addition.said,
        text=addition.text,
        said_at=addition.said_at,
        follows=follows,
        subject=subject,
        author_kind=author.kind,
        author=author.value,
        author_name=author_name,
        files=addition.files,
    )
    return wire.model_dump_json().encode()


def addition_id(account: str, item: str) -> str:
    """Derive the id of the message that an addition becomes."""
    return message_id(Channel.WEB_FORM, account, item)


def addition_reader() -> Reader:
    """Make the reader of additions."""

    def read_addition(fetched: Fetched, raw_sha256: str) -> Message:
        try:
            wire = _Wire.model_validate_json(fetched.raw)
        except ValidationError as why:
            says = f"what a status page kept cannot be read ({why.error_count()} faults)"
            raise Unprocessable(says, reason="bad_shape") from why
        account = fetched.source.partition(":")[2]
        words = "\n\n".join(filter(None, (wire.said.in_words, wire.text)))
        identity = addition_id(account, wire.addition_id)
        return Message(
            id=identity,
            channel=Channel.WEB_FORM,
            account=account,
            native_id=wire.addition_id,
            author=Identity(kind=wire.author_kind, value=wire.author),
            author_name=wire.author_name,
            subject=wire.subject,
            text=words,
            own_words=words,
            sent_at=wire.said_at,
            received_at=min(wire.said_at, fetched.fetched_at),
            raw_sha256=raw_sha256,
            names=(form_name(identity),),
            answers=(form_name(wire.follows),),
            attachments=wire.files,
            facts={"status_page": wire.said.value},
        )

    return read_addition

"""One inbound message, whatever the channel it came by."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from amends.domain.channel import Channel
from amends.domain.contact import Identity
from amends.domain.ids import derived_id


def require_zone(name: str, moment: datetime | None) -> None:
    """Refuse a time that does not say its zone.

    Raises:
        ValueError: it is naive.
    """
    if moment is not None and moment.tzinfo is None:
        raise ValueError(f"{name} needs a time zone: {moment!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One file that came with a message.

    `filename` and `content_type` are what its sender claims; `sniffed_type` is what its
    bytes show, "" where nobody looked. Its bytes are kept under `sha256`, their own hash,
    unless it was `refused`: a stable code, with the sentence for a person in `note`. Then
    they are inside the raw message alone. A note may also stand on what was kept.
    """

    filename: str
    content_type: str
    size_bytes: int
    sha256: str
    sniffed_type: str = ""
    refused: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if self.refused and not self.note:
            raise ValueError("an attachment that was refused says why")


@dataclass(frozen=True, slots=True, kw_only=True)
class Automatic:
    """Why a message is held to come from a machine.

    `reason` is a stable code, `says` the sentence that a person reads. A mail that came
    through a list or from a no-reply address `may_be_from_a_person` all the same: an
    address for complaints may be a group, and a web form elsewhere may send what it is
    given. Such mail is never answered by itself, and read like any other.
    `bounced_message_id` names the mail of ours that came back, where the bounce says so.
    """

    reason: str
    says: str
    is_bounce: bool = False
    may_be_from_a_person: bool = False
    failed_addresses: tuple[str, ...] = ()
    bounced_message_id: str = ""
    is_permanent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One inbound message.

    `id` is derived (see `message_id`), never random and never from the time of
    arrival: fetching the same mail twice yields the same message.

    `text` is everything readable; `own_words` is what the author wrote this time,
    without the quoted history, and is what triage judges: offsets of flags index
    into `own_words`.

    `facts` are what the channel says beside: `visibility` of "direct" or "private" means that
    it was said in private on a network where strangers read the rest.

    `names` are what others may call this message when they answer it (a
    Message-ID, a post id); `answers` are the names of what it answers, nearest
    first; `conversation` is the channel's own thread id. `tokens` are reply
    tokens found in the addresses it was sent to.
    """

    id: str
    channel: Channel
    account: str
    native_id: str
    author: Identity
    author_name: str
    subject: str
    text: str
    own_words: str
    sent_at: datetime | None
    received_at: datetime
    raw_sha256: str
    names: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    conversation: str = ""
    tokens: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    hidden_text: str = ""
    automatic: Automatic | None = None
    attachments: tuple[Attachment, ...] = ()
    defects: tuple[str, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def is_public(self) -> bool:
        """Whether strangers can read it."""
        return self.channel.is_public and self.facts.get("visibility") not in {"direct", "private"}

    def __post_init__(self) -> None:
        if not self.id or not self.native_id:
            raise ValueError("a message has an id, and a name in its channel")
        require_zone("sent_at", self.sent_at)
        require_zone("received_at", self.received_at)
        if "" in self.names or "" in self.answers or "" in self.tokens:
            raise ValueError("an empty name would match every message without one")


def message_id(channel: Channel, account: str, native_id: str, content: str = "") -> str:
    """Derive a message's id from channel, account and the channel's own identifier, and from content where needed.

    A mail's Message-ID proves nothing (of 6,893 real mails 119 had none and 39
    identifiers stood on different bodies), so for mail `content` is a digest of
    what the author sent, and `account` is empty: the same mail in two mailboxes
    is one message with two arrivals.
    """
    return derived_id("message", channel, account, native_id, content)

"""What the mail parser gives back, and the limits it works under."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How much of one mail is looked at. What lies beyond is named in `ParsedMail.defects`, never silently lost.

    The raw bytes are kept by whoever called the parser, so a cap costs a reader nothing but a click.
    """

    #: A larger mail is not parsed beyond its header; `ParsedMail.error` says so.
    size_bytes: int = 50 * 1024 * 1024
    #: MIME parts in all, containers included.
    parts: int = 500
    #: Containers within containers; deeper ones are kept whole as an attachment.
    depth: int = 20
    #: One header field, unfolded.
    header_bytes: int = 64 * 1024
    #: Header fields of one part.
    headers: int = 1000
    #: The header block of one part; what follows counts as body.
    header_block_bytes: int = 1024 * 1024
    #: Addresses of one field (From, To, Cc ...).
    addresses: int = 2000
    #: Attachments of one mail.
    attachments: int = 250
    #: Readable text, in characters, before the rest is left to the raw bytes.
    text_chars: int = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One mailbox as written in a header."""

    #: Display name, decoded; empty if there is none.
    name: str
    #: The address as its writer wrote it, only the domain in lower case. May hold comments or white space that
    #: RFC 5322 allows inside an address. Empty if the field held a name only.
    written: str
    #: The address to send to and to compare by: `written` without comments, source route and white space.
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A part that is not the text a reader sees first."""

    #: As the sender named it, decoded, path separators and control characters removed; may be empty.
    filename: str
    #: Lower case, as declared: `image/png`.
    content_type: str
    size_bytes: int
    #: Hex digest of `content`.
    sha256: str
    #: Decoded from its transfer encoding. For `message/rfc822` the enclosed mail's bytes.
    content: bytes


class AutomaticReason(StrEnum):
    """Why a mail is held to be written by a machine. The codes are stable: they are stored and counted."""

    BOUNCE = "bounce"
    DELIVERY_REPORT = "delivery-report"
    READ_RECEIPT = "read-receipt"
    FEEDBACK_REPORT = "feedback-report"
    OWN_LOOP = "own-loop"
    AUTO_SUBMITTED = "auto-submitted"
    AUTO_REPLY_HEADER = "auto-reply-header"
    MAILING_LIST = "mailing-list"
    BULK = "bulk"
    NULL_RETURN_PATH = "null-return-path"
    SYSTEM_SENDER = "system-sender"
    NO_REPLY_SENDER = "no-reply-sender"
    OUT_OF_OFFICE = "out-of-office"
    TOO_MANY_HOPS = "too-many-hops"


@dataclass(frozen=True, slots=True, kw_only=True)
class Automatic:
    """The finding that a machine wrote a mail; such a mail must not be answered automatically."""

    reason: AutomaticReason
    #: For a person: what was seen, with the header quoted where one decided.
    sentence: str
    is_bounce: bool = False
    #: Sent through a mailing list or as a newsletter: a person may still have written it.
    is_list: bool = False
    #: An absence note or other automatic answer to a mail that we sent.
    is_reply: bool = False


class BounceKind(StrEnum):
    """What became of the mail that came back."""

    PERMANENT = "permanent"
    TRANSIENT = "transient"
    #: An abuse or feedback report (RFC 5965): delivered, and the recipient's provider complained.
    FEEDBACK = "feedback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """A mail of ours (or in our name) that did not arrive."""

    kind: BounceKind
    #: How it was recognised: `dsn`, `feedback-report`, `x-failed-recipients` or `text`.
    evidence: str
    #: Addresses that could not be reached, in the order found, domain in lower case, each once.
    failed: tuple[str, ...]
    #: Message-ID of the mail that came back, without angle brackets; empty if not found.
    original_message_id: str
    #: RFC 3463 code such as `5.1.1`, or a bare `550`; empty if none was given.
    status: str
    #: The remote system's own words, at most 500 characters; may be empty.
    diagnostic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedMail:
    """One mail, taken apart. Always returned, however broken the bytes."""

    from_: tuple[Address, ...]
    sender: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    #: Without angle brackets and white space; empty for none and for `<>`.
    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    #: Aware, UTC; None if missing or not a date.
    date: datetime | None
    #: Empty for the null sender `<>`; None if the header is missing.
    return_path: str | None
    #: The whole text a reader would see, quotes and signature included.
    text: str
    #: `text` was made from HTML.
    html_was_source: bool
    #: Text that the mail's styles hide from a reader; shown apart, never mixed into `text`.
    hidden_text: str
    #: The sender's own new words; `text` when nothing could be told apart.
    reply_text: str
    attachments: tuple[Attachment, ...]
    automatic: Automatic | None
    bounce: Bounce | None
    #: Header fields of the mail in their order: name in lower case, value unfolded and decoded.
    headers: tuple[tuple[str, str], ...]
    #: What is wrong with the mail, as stable short codes, each once.
    defects: tuple[str, ...]
    #: Why this cannot be handled as a mail (`empty`, `no header`, `too large`), as a sentence; None if it can.
    error: str | None
    #: See `digest.content_digest`.
    content_digest: str

    def header(self, name: str) -> str | None:
        """Return the first value of the header `name`, given in lower case; None if the mail has none."""
        return next((value for found, value in self.headers if found == name), None)

    @property
    def auto_submitted(self) -> str | None:
        """The `Auto-Submitted` header (RFC 3834)."""
        return self.header("auto-submitted")

    @property
    def list_id(self) -> str | None:
        """The `List-Id` header (RFC 2919)."""
        return self.header("list-id")

    @property
    def precedence(self) -> str | None:
        """The `Precedence` header."""
        return self.header("precedence")

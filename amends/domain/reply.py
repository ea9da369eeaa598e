"""What we say back: the form it takes, its parts, and the road it goes before a customer sees it.

The road of a reply:

    drafted ──a─▶ in_review ──b─▶ approved ──d─▶ queued ──e─▶ sending ──f─▶ sent
       │             │  ▲ ▲           │             ▲  │         ├──g─▶ failed
       │             │  │ └──── c ────┘             │  │         ├──h─▶ unknown
       │             │  ├───────────── l ───────────┼──┘         │
       │             │  └───────────── m ───────────┼────────────┘
       └─────────────┼───────────── i ──────────────┘
                     └──j─▶ rejected          (any before sending) ──k─▶ superseded, suppressed

a it goes to a reviewer · b a person who did not write it approves this very text ·
c an edit takes the approval away · d, i it is handed to delivery, by approval or by
policy · e a deliverer takes it, which is written down before anything is sent ·
f the channel confirmed it · g the channel refused it for good · h nobody knows
whether it went: a person looks, nothing is sent again · j a person refused it ·
k something newer replaced it, or a cap or loop rule held it back · l at the moment of
sending its approval had run out, the customer had written again, or what policy let go
had come to tell of danger: back to review ·
m the channel shows that what it answers has gone or changed since it was approved:
nothing was sent, and it goes back to review.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from amends.domain.channel import Channel
from amends.domain.contact import Identity
from amends.domain.ids import derived_id
from amends.domain.message import require_zone


class Form(StrEnum):
    """The form of a reply (CFACSC8 K12: each has benefits and drawbacks, by the channel it answers)."""

    EMAIL = "email"
    PUBLIC_REPLY = "public_reply"
    PUBLIC_HOLDING = "public_holding"
    DIRECT_MESSAGE = "direct_message"
    STATUS_PAGE = "status_page"
    PHONE_CALL = "phone_call"
    LETTER = "letter"

    @property
    def is_public(self) -> bool:
        """Whether strangers can read it."""
        return self in {Form.PUBLIC_REPLY, Form.PUBLIC_HOLDING}


class Purpose(StrEnum):
    """What a reply is for."""

    #: It says that we have the message, what happens next and when. It decides nothing.
    ACKNOWLEDGEMENT = "acknowledgement"
    #: It answers the substance. A person always stands behind it.
    ANSWER = "answer"


class Slot(StrEnum):
    """The parts of a good reply, in order (LATER)."""

    LISTEN = "listen"
    APOLOGISE = "apologise"
    THANK = "thank"
    EXPLAIN = "explain"
    RESOLVE = "resolve"
    #: On public channels: the way to a private conversation.
    MOVE_TO_PRIVATE = "move_to_private"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One slot of a draft, filled."""

    slot: Slot
    text: str


class ReplyState(StrEnum):
    """Where a reply stands on its road (see the module's picture)."""

    DRAFTED = "drafted"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    SUPPRESSED = "suppressed"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self in _FINAL


_FINAL = {
    ReplyState.SENT,
    ReplyState.FAILED,
    ReplyState.UNKNOWN,
    ReplyState.REJECTED,
    ReplyState.SUPERSEDED,
    ReplyState.SUPPRESSED,
}

#: Which state may follow which. A reply that left for the channel never comes back to a queue.
ROAD: dict[ReplyState, frozenset[ReplyState]] = {
    ReplyState.DRAFTED: frozenset(
        {ReplyState.IN_REVIEW, ReplyState.QUEUED, ReplyState.SUPERSEDED, ReplyState.SUPPRESSED}
    ),
    ReplyState.IN_REVIEW: frozenset(
        {ReplyState.APPROVED, ReplyState.REJECTED, ReplyState.SUPERSEDED, ReplyState.SUPPRESSED}
    ),
    ReplyState.APPROVED: frozenset(
        {ReplyState.IN_REVIEW, ReplyState.QUEUED, ReplyState.SUPERSEDED, ReplyState.SUPPRESSED}
    ),
    ReplyState.QUEUED: frozenset(
        {ReplyState.SENDING, ReplyState.IN_REVIEW, ReplyState.SUPERSEDED, ReplyState.SUPPRESSED}
    ),
    # Back to the queue, or to review, only when the channel is sure that nothing was sent.
    ReplyState.SENDING: frozenset(
        {ReplyState.SENT, ReplyState.FAILED, ReplyState.UNKNOWN, ReplyState.QUEUED, ReplyState.IN_REVIEW}
    ),
    # A person who looked may settle what is unknown, either way.
    ReplyState.UNKNOWN: frozenset({ReplyState.SENT, ReplyState.FAILED}),
    ReplyState.SENT: frozenset({ReplyState.FAILED}),
    ReplyState.FAILED: frozenset(),
    ReplyState.REJECTED: frozenset(),
    ReplyState.SUPERSEDED: frozenset(),
    ReplyState.SUPPRESSED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A person's yes to one very text. It dies with the first edit and after its time."""

    by: str
    at: datetime
    text_sha256: str
    expires_at: datetime

    def __post_init__(self) -> None:
        require_zone("at", self.at)
        require_zone("expires_at", self.expires_at)
        if not self.by:
            raise ValueError("an approval names the person who gave it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One reply to one message. `id` is derived from the message and the purpose, so drafting twice makes one.

    `authors` are all who wrote words of it (`amends` where it was drafted by us);
    none of them may approve it. `is_automatic` says that no person read it before
    it went. `addressee` is who it goes to. `channel_name` is what the channel calls
    it: our Message-ID, the id of our post.
    """

    id: str
    case_id: str
    message_id: str
    purpose: Purpose
    form: Form
    channel: Channel
    addressee: Identity
    subject: str
    text: str
    parts: tuple[Part, ...]
    template: str
    authors: tuple[str, ...]
    state: ReplyState
    is_automatic: bool
    drafted_at: datetime
    approval: Approval | None = None
    channel_name: str = ""
    outcome: str = ""

    def __post_init__(self) -> None:
        require_zone("drafted_at", self.drafted_at)
        if not self.text.strip():
            raise ValueError("a reply says something")
        if not self.authors:
            raise ValueError("a reply has an author")
        if self.is_automatic and self.form.is_public:
            raise ValueError("a public reply is never automatic: a person reads it first")
        if self.is_automatic and self.purpose is not Purpose.ACKNOWLEDGEMENT:
            raise ValueError("only an acknowledgement may go without a person")
        if self.approval is not None:
            if is_author(self.approval.by, self.authors):
                raise ValueError(f"{self.approval.by} wrote words of this reply and cannot approve it")
            if self.approval.text_sha256 != text_sha256(self.text):
                raise ValueError("the approval was given to another text")
        elif self.state is ReplyState.APPROVED:
            raise ValueError("an approved reply carries its approval")
        elif self.state in _LEFT and not self.is_automatic:
            raise ValueError("nothing goes out without a policy that lets it or a person who approved it")

    def moved(self, to: ReplyState, *, outcome: str = "", channel_name: str = "") -> Reply:
        """Give the reply one step further on its road.

        Raises:
            ValueError: the road does not go there.
        """
        if to not in ROAD[self.state]:
            raise ValueError(f"a reply that is {self.state} cannot become {to}")
        return replace(self, state=to, outcome=outcome or self.outcome, channel_name=channel_name or self.channel_name)


_LEFT = {ReplyState.QUEUED, ReplyState.SENDING, ReplyState.SENT}


def is_author(name: str, authors: Sequence[str]) -> bool:
    """Whether somebody wrote words of a reply, however the name is written."""
    return " ".join(name.casefold().split()) in {" ".join(author.casefold().split()) for author in authors}


def text_sha256(text: str) -> str:
    """Give the digest by which an approval knows the text it was given to."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def reply_id(message_id: str, purpose: Purpose, form: Form, *, again: int = 0) -> str:
    """Derive a reply's id: one message gets at most one reply of a purpose and a form by itself.

    What a person begins after that one is the first `again`, the second, and so on.
    """
    return derived_id("reply", message_id, purpose, form, *([str(again)] if again else []))

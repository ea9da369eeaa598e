"""The doors of the house: what the rooms need of the world, as protocols.

The docstrings are the specification; `tests/contracts/` checks every adapter against
them. The log has its own page, `amends/bus/port.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Protocol, runtime_checkable

from amends.domain.attachment import ScanResult
from amends.domain.channel import Channel
from amends.domain.message import Attachment
from amends.domain.reply import Reply
from amends.domain.submission import Addition, Progress, Receipt, Submission
from amends.domain.verdict import Verdict

#: Gives the time, aware and in UTC. Passed in wherever time matters; a test passes its own.
Now = Callable[[], datetime]


class BlobStore(Protocol):
    """Keeps bytes under their SHA-256. Promises are tested in `tests/contracts/blob_store.py`."""

    def put(self, content: bytes) -> str:
        """Keep `content` and return its SHA-256 in hexadecimal. Putting it twice keeps one.

        When it returns, the bytes survive a crash of the machine.

        Raises:
            Unavailable: nothing was kept; it is safe to try again.
        """

    def put_many(self, contents: Sequence[bytes]) -> list[str]:
        """Keep several at once, which is cheaper; returns their names in order. As safe as `put`."""

    def put_file(self, file: BinaryIO) -> tuple[str, int]:
        """Keep what a file holds from its beginning; returns its SHA-256 and its size in bytes. As safe as `put`.

        It is copied piece by piece, so that a large file takes no memory.
        """

    def get(self, sha256: str) -> bytes:
        """Give back the bytes.

        Raises:
            NotFound: no such blob.
            Unavailable: the store is down, or the bytes are no longer the ones that were put.
        """

    def has(self, sha256: str) -> bool:
        """Whether it is kept."""


class Scanner(Protocol):
    """Looks for harm in files."""

    def scan(self, content: bytes) -> tuple[ScanResult, str]:
        """Say what it finds, and in its own words which.

        Raises:
            Unavailable: it does not answer; ask again later.
        """


@dataclass(frozen=True, slots=True)
class TextToJudge:
    """What triage reads of one message.

    Offsets of flags index into `text`; `subject` helps to tell the kind but is never
    quoted. `channel` is a word of `amends.domain.channel.Channel` or of the training
    data; any other is judged with more caution. `automatic` says that the envelope
    has already proved a machine wrote it (RFC 3834 headers, a bounce).
    """

    text: str
    channel: str
    subject: str = ""
    automatic: bool = False


class Judge(Protocol):
    """Says what messages are. The same input and the same model give the same verdict."""

    @property
    def model(self) -> str:
        """Names the model and the rules: the name that verdicts carry."""

    def judge(self, texts: Sequence[TextToJudge]) -> list[Verdict]:
        """Judge a batch, in order. Never raises on any text."""


class Delivered(StrEnum):
    """What a channel says of a reply."""

    #: The customer's side has it.
    YES = "yes"
    #: It was not taken, and never will be.
    NO = "no"
    #: Nobody can say.
    UNKNOWN = "unknown"
    #: It was not taken, and may be later. The channel itself is there: other replies go.
    LATER = "later"
    #: What it answers has gone or changed since a person approved it. Nothing was sent: a person looks again.
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What became of one attempt. `channel_name` is what the channel calls the reply; `says` is for a person."""

    delivered: Delivered
    channel_name: str
    says: str


class Sender(Protocol):
    """Puts replies in front of customers on one channel. Promises are tested in `tests/contracts/sender.py`.

    A reply's id travels inside the message (Message-ID, idempotency key), so that
    what arrived can be recognised. Sending the same `reply.id` twice reaches the
    customer once wherever the channel can tell.
    """

    def send(self, reply: Reply) -> DeliveryReport:
        """Hand a reply to the channel.

        A report `UNKNOWN` means that it may have gone: the caller must not send it
        again by itself. `LATER` means that nothing was sent, and that this reply is to be
        tried again in a while; no other needs to wait for it.

        Raises:
            Unavailable: nothing was sent; it is safe to try again.
            InDoubt: it may have gone, and `look_up` will be able to say: ask that before it is sent again.
        """

    def look_up(self, reply: Reply) -> DeliveryReport:
        """Ask the channel whether an earlier attempt arrived; `UNKNOWN` where it cannot say.

        Raises:
            Unavailable, InDoubt: it cannot say now, and will: ask again before it is sent.
        """


@runtime_checkable
class SendsMany(Protocol):
    """A sender to which several replies cost less together. It is one that a reply sent twice reaches once."""

    def send_many(self, replies: Sequence[Reply]) -> list[DeliveryReport]:
        """Hand replies to the channel and give the report of each, in their order.

        What it raises says nothing of any of them: whoever called it sends each by itself then.
        """


class Intake(Protocol):
    """Takes in what comes through a web form."""

    def accept(self, submission: Submission, *, traceparent: str = "") -> Receipt:
        """Keep a submission for good and say how to follow it.

        `traceparent` is the header of that name that its request came with, whatever it holds.

        When it returns, the submission survives a crash of the machine. The same
        `form` and `submission_id` twice give the same receipt, marked as a repeat, and one message.
        A honeypot hit is kept and parked, and gets a receipt like any other.

        Raises:
            Unavailable: nothing was kept; the sender should try again.
        """

    def keep_file(self, claimed: Attachment, file: BinaryIO, *, place: int) -> Attachment:
        """Keep the bytes of a file that comes with a submission, before that is accepted; `place` counts from 0.

        Gives it with its hash, its size, what its bytes show, and why it is refused if it is.

        Raises:
            Unavailable: nothing was kept.
        """

    def add(self, status_token: str, addition: Addition) -> bool:
        """Keep what a customer says on the status page, as a message of the case; False if no receipt holds this token.

        As safe as `accept`, and the same `addition_id` twice is one message.

        Raises:
            Unavailable: nothing was kept; the sender should try again.
        """

    def take_webhook(self, hook: str, item: str, raw: bytes) -> Receipt:
        """Keep what another form tool sends, as it came. What cannot be read is parked, and gets a receipt as well.

        The same `item` with the same bytes is one message.

        Raises:
            Unavailable: nothing was kept; the sender should try again.
        """

    def progress(self, status_token: str) -> Progress | None:
        """Say where a submission stands; None if no receipt holds this token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One thing that a source held, as bytes. `item` names it in its source; `media` says how to read it.

    `account` is the mailbox, handle or form it came to. `trace` is what its record goes
    on with, "" where nobody follows it. `received_at` is when the source itself got it,
    None where it does not say.
    """

    source: str
    item: str
    channel: Channel
    account: str
    media: str
    raw: bytes
    fetched_at: datetime
    trace: str = ""
    received_at: datetime | None = None


class Connector(Protocol):
    """Fetches from one source. It does not judge, and it forgets nothing.

    The checkpoint is the connector's own word for "everything up to here was
    fetched". The runner stores it only after the log has the messages, in the same
    transaction as their ledger rows; after a crash the connector is handed the last
    stored one and fetches again from there. What comes twice is dropped by its id.
    Promises are tested in `tests/contracts/connector.py`.
    """

    @property
    def source(self) -> str:
        """Names the source: the same name for the same mailbox, folder or account at each start."""

    def fetch(self, checkpoint: str, *, limit: int) -> tuple[list[Fetched], str]:
        """Fetch at most `limit` things after `checkpoint` ("" at the beginning).

        Returns them with the checkpoint that stands for having all of them; an
        empty list means that there is nothing more at present.

        Raises:
            Unavailable: the source cannot be read now; nothing was skipped.
        """

    def holdings(self) -> Iterator[str]:
        """Name every item that the source holds now, for `amends reconcile`."""


@runtime_checkable
class LiveConnector(Connector, Protocol):
    """A connector that stays connected to a source, and changes there what became of things. Used by one thread.

    It connects when it is first asked for anything, and again after `close`. What it
    raises leaves it fit to be closed. Promises are tested in `tests/contracts/live_connector.py`.
    """

    def settle(self, items: Sequence[str]) -> None:
        """Show at the source that these are taken in, as its settings say. Safe to repeat.

        Called when their ledger rows are committed. A crash in between costs nothing:
        what was not shown is shown when it connects again.

        Raises:
            Unavailable: the source cannot be used now.
        """

    def wait(self, seconds: float) -> bool:
        """Wait until there may be something to fetch; False when so many seconds have passed without a sign of it.

        Raises:
            Unavailable: the connection is gone.
        """

    def close(self) -> None:
        """End the connection, if there is one. Never raises."""

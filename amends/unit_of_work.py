"""The unit of work: everything that belongs together is written together, or not at all.

Leaving the `with` block without `commit()` rolls back. A unit is used by one thread.
The stores hang on it and write within it; `storage` has the implementation, and
`tests/contracts/` the promises.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from amends.account_store import AccountStore
from amends.bus.port import LogWriter
from amends.domain.arrival import Arrival, Parked, ParkedState
from amends.domain.attachment import CaseAttachment, Scan
from amends.domain.audit import AuditEntry, Happening
from amends.domain.case import Case
from amends.domain.channel_alert import ChannelAlert, ChannelState, Look
from amends.domain.check import Check
from amends.domain.clock import Calendar, Clock, ClockKind
from amends.domain.contact import Identity
from amends.domain.dead import DeadLetter, DeadState
from amends.domain.delivery import Delivery, PutOff, Unreachable
from amends.domain.hold import Hold
from amends.domain.link import Link, LinkState
from amends.domain.message import Message
from amends.domain.note import Note
from amends.domain.outcome import Outcome
from amends.domain.reply import Purpose, Reply, ReplyState
from amends.domain.task import Task
from amends.domain.threading import Pointer, Via
from amends.domain.verdict import Verdict
from amends.program_store import AnswerStore, CallStore, TargetStore, TokenStore
from amends.work_store import PlaceStore, WorkStore


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedMessage:
    """A message with its verdict and the case it belongs to; no case means that it was parked.

    `number` says the how-manieth message of its case it was when it was filed. Times
    cannot say that: a sender's clock may be wrong, and two mails may bear one second.
    `words` are those that it is found by (`words_of_message`), where somebody has made them
    already; they are made when it is stored, if not, and do not come back with it.
    """

    message: Message
    verdict: Verdict
    case_id: str | None
    joined_via: str = ""
    number: int = 0
    words: str = field(default="", compare=False, repr=False)


class MessageStore(Protocol):
    """Messages that triage has judged. An id is stored once, whoever stores it."""

    def known(self, ids: Collection[str]) -> set[str]:
        """Say which of these messages are already stored."""

    def add(self, judged: Sequence[JudgedMessage]) -> None:
        """Store messages with their verdicts, flags and names."""

    def get(self, message_id: str) -> JudgedMessage:
        """Give one message.

        Raises:
            NotFound: no such message.
        """

    def get_many(self, ids: Collection[str]) -> dict[str, JudgedMessage]:
        """Give those of these messages that exist."""

    def assign(self, judged: JudgedMessage) -> None:
        """Put a message that was parked into a case, with the verdict that stands now.

        Raises:
            Refused: it is in a case already.
        """

    def move(self, message_id: str, to: str) -> JudgedMessage:
        """Put a message of one case into another, as the last that it got, with the names that point at it.

        The messages that stay are counted anew.
        """

    def of_case(self, case_id: str) -> list[JudgedMessage]:
        """Give a case's messages, oldest first."""

    def last_filed(self, case_id: str) -> JudgedMessage:
        """Give the message that a case got last, whatever its date says.

        Raises:
            NotFound: the case has no message.
        """

    def last_filed_in(self, case_ids: Collection[str]) -> dict[str, str]:
        """Give the id of the message that each of these cases got last.

        Raises:
            NotFound: one of them has no message.
        """


class AttachmentStore(Protocol):
    """The files that came with messages, as rows: they are stored with their message. The bytes are blobs."""

    def of_case(self, case_id: str) -> list[CaseAttachment]:
        """Give a case's attachments, in the order in which its messages were filed: a number once given stays."""

    def of_messages(self, message_ids: Collection[str]) -> dict[str, list[CaseAttachment]]:
        """Give the attachments of these messages, numbered from 1 in each; a message without any is left out."""

    def unscanned(self, *, limit: int) -> list[CaseAttachment]:
        """Give at most `limit` attachments that are kept and that no scanner has looked at, each content once."""

    def record_scans(self, scans: Sequence[Scan]) -> None:
        """Store what a scanner said, for every attachment with those bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenName:
    """What an answer to us may name, and the address that it was given to: one of our replies, or a reply token.

    A token stands for its case, and has no reply.
    """

    name: str
    via: Via
    case_id: str
    given_to: Identity
    reply_id: str = ""


class ThreadStore(Protocol):
    """What points at a case: names of messages and replies, reply tokens, conversations, references."""

    def pointers(self, messages: Sequence[Message]) -> Mapping[str, list[Pointer]]:
        """Find, for each message's id, what it points at."""

    def promise_token(self, token: str, case_id: str, given_to: Identity) -> None:
        """Remember a reply token and the address it was given to."""

    def name_reply(self, name: str, case_id: str, reply_id: str, given_to: Identity) -> None:
        """Remember what an outgoing reply is called in its channel."""

    def give(self, names: Sequence[GivenName]) -> None:
        """Remember names in this order; one that was given before stays as it is."""

    def reply_named(self, name: str) -> str | None:
        """Give the id of the reply that is called `name`; None if it is none of ours."""

    def replies_named(self, names: Collection[str]) -> dict[str, str]:
        """Give the ids of the replies that are called by these names; what is none of ours is left out."""

    def names_in_case(self, case_id: str) -> list[str]:
        """List the names of a case's mails in order, for the References of the next one."""

    def names_in_cases(self, case_ids: Collection[str]) -> dict[str, list[str]]:
        """List the names of the mails of each of these cases in order; a case without any is left out."""


class ContactStore(Protocol):
    """Who writes to us."""

    def ensure(self, people: Mapping[Identity, str], *, at: datetime) -> None:
        """Make sure that a contact stands behind each identity; the value is the name given, or empty."""


class CaseStore(Protocol):
    """The cases."""

    def get(self, case_id: str) -> Case:
        """Give one case.

        Raises:
            NotFound: no such case.
        """

    def get_many(self, case_ids: Collection[str]) -> dict[str, Case]:
        """Give those of these cases that exist."""

    def open_of(self, owner: str) -> list[Case]:
        """Give the cases of an owner that are not closed, by reference."""

    def add(self, cases: Sequence[Case]) -> None:
        """Store new cases."""

    def save(self, cases: Sequence[Case]) -> None:
        """Store changed cases. Each carries the version after its change.

        Raises:
            Refused: somebody else has changed one since it was read.
        """

    def drop(self, case_id: str) -> None:
        """Forget a case that nothing was ever done on, with its clocks, its links and its marks.

        Raises:
            Refused: something hangs on it: a message, a reply, a task, a note, an outcome.
        """

    def record_outcome(self, outcome: Outcome) -> None:
        """Add an outcome; earlier ones of the case stay."""

    def outcomes(self, case_id: str) -> list[Outcome]:
        """Give a case's outcomes, oldest first."""


class ClockStore(Protocol):
    """The clocks of cases. A case has at most one running clock of a kind."""

    def start(self, clocks: Sequence[Clock]) -> None:
        """Store clocks; a kind that already runs in its case stays as it is."""

    def start_first(self, clocks: Sequence[Clock]) -> None:
        """Store clocks of cases that have none yet: nothing has to be asked."""

    def of_cases(self, case_ids: Collection[str]) -> dict[str, list[Clock]]:
        """Give the clocks of these cases, running and stopped."""

    def stop(self, case_id: str, kinds: Collection[ClockKind], *, at: datetime) -> None:
        """Stop the running clocks of these kinds."""

    def stop_in(self, case_ids: Collection[str], kinds: Collection[ClockKind], *, at: datetime) -> None:
        """Stop the running clocks of these kinds in each of these cases."""


class ReplyStore(Protocol):
    """Replies, from draft to receipt. An id is stored once."""

    def known(self, ids: Collection[str]) -> set[str]:
        """Say which of these replies exist."""

    def add(self, replies: Sequence[tuple[Reply, tuple[Check, ...], str]]) -> None:
        """Store drafts with the checks made of them and the advice on forms (JSON)."""

    def get(self, reply_id: str) -> Reply:
        """Give one reply.

        Raises:
            NotFound: no such reply.
        """

    def get_many(self, ids: Collection[str]) -> dict[str, Reply]:
        """Give those of these replies that exist."""

    def checks(self, reply_id: str) -> tuple[Check, ...]:
        """Give the checks made of its present text."""

    def advice(self, reply_id: str) -> list[dict[str, object]]:
        """Give the advice on forms that it was drafted under."""

    def save(self, reply: Reply, *, was: ReplyState, at: datetime, checks: tuple[Check, ...] | None = None) -> None:
        """Store a reply that was changed at a moment, by check-and-set on its state.

        Raises:
            Refused: it is no longer in state `was`; nothing was changed.
        """

    def save_many(self, changes: Sequence[tuple[Reply, ReplyState]], *, at: datetime) -> None:
        """Store replies that were changed at a moment, in this order, each by check-and-set on the state beside it.

        Raises:
            Refused: one of them is no longer in that state; roll back, others may be stored.
        """

    def of_case(self, case_id: str) -> list[Reply]:
        """Give a case's replies, oldest first."""

    def of_cases(self, case_ids: Collection[str]) -> dict[str, list[Reply]]:
        """Give the replies of these cases, oldest first; a case without any is left out."""

    def in_state(self, *states: ReplyState, after: str = "", limit: int | None = None) -> list[Reply]:
        """Give the replies that stand in one of these states, oldest first: at most `limit`, after the reply `after`.

        Raises:
            NotFound: there is no reply `after`.
        """

    def public_in_queue(self) -> int:
        """Count the public replies that were approved and have not gone: those that a hold keeps."""

    def find(self, prefix: str) -> Reply:
        """Give the one reply whose id begins with `prefix`.

        Raises:
            NotFound: none does, or several do.
        """

    def count_automatic(
        self, addressees: Collection[Identity], case_ids: Collection[str], *, since: datetime, last_hour: datetime
    ) -> AutomaticCounts:
        """Count automatic replies queued or sent: by mailbox since `since`, by case, in all since `last_hour`."""

    def latest(self, case_id: str, purpose: Purpose) -> Reply | None:
        """Give the newest reply of a purpose in a case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomaticCounts:
    """How many automatic replies there were: by mailbox, by case, in all; and when each mailbox got the last."""

    to: Mapping[Identity, int]
    on: Mapping[str, int]
    in_all: int
    last_to: Mapping[Identity, datetime]


class DeliveryStore(Protocol):
    """What became of replies on their way, and where nothing more is sent by itself."""

    def note(self, happened: Sequence[Delivery]) -> None:
        """Write to the end of the log, in this order."""

    def of_case(self, case_id: str) -> list[Delivery]:
        """Give a case's deliveries, in the order in which they happened."""

    def put_off(self, reply_ids: Collection[str]) -> dict[str, PutOff]:
        """Say how often these replies were put off; one that never was is left out."""

    def proofs(self, reply_ids: Collection[str]) -> dict[str, Delivery]:
        """Give what last showed that a reply had arrived or come back; one of which nothing did is left out."""

    def waits(self, reply_ids: Collection[str]) -> dict[str, int]:
        """Say how often these replies were put off or held; one that never was is left out."""

    def postpone(self, until: Mapping[str, datetime], *, are_held: bool = False) -> None:
        """Remember when replies are to be handed to delivery again; what was said of one before is replaced.

        `are_held` says that they wait for the end of a hold, or for that moment, whichever comes first.
        """

    def let_go(self, *, at: datetime) -> None:
        """Make those due at `at` that wait for the end of a hold."""

    def due(self, *, at: datetime, limit: int) -> list[str]:
        """Name at most `limit` replies that are to be handed to delivery again, those first that waited longest."""

    def take_up(self, reply_ids: Collection[str], *, at: datetime) -> list[str]:
        """Forget that these replies were put off; gives those that were, and are due at `at`, in order."""

    def block(self, one: Unreachable) -> None:
        """Remember that mail to an address came back."""

    def unblock(self, address: str) -> bool:
        """Forget that mail to an address came back; false where nobody knew of it."""

    def unreachable(self, addresses: Collection[str] | None = None) -> dict[str, Unreachable]:
        """Give those of these addresses that mail came back from; all of them, the oldest first, if None."""


class HoldStore(Protocol):
    """Holds on public posting. At most one stands."""

    def standing(self) -> Hold | None:
        """Give the hold that nobody has released; None if public posting is free."""

    def place(self, hold: Hold) -> None:
        """Store a hold that stands."""

    def release(self, *, by: str, at: datetime, because: str) -> None:
        """Say that the hold that stands was released; nothing happens where none does."""

    def latest(self, *, limit: int) -> list[Hold]:
        """Give the latest holds, the newest first."""


class LinkStore(Protocol):
    """Suggested links, and the fingerprints of matters by which they are found."""

    def suggest(self, links: Sequence[Link]) -> None:
        """Store suggestions; one that exists stays as it is."""

    def of_case(self, case_id: str) -> list[Link]:
        """Give the links of a case, on either side of it."""

    def settle(self, case_id: str, other_case_id: str, state: LinkState, *, by: str) -> None:
        """Accept or refuse a suggestion.

        Raises:
            NotFound: nobody suggested it.
        """

    def unsettle(self, case_id: str, other_case_id: str) -> None:
        """Make a settled link a suggestion again.

        Raises:
            NotFound: there is none, or nobody has settled it.
        """

    def holders(self, marks: Collection[str], *, since: datetime) -> Mapping[str, Collection[str]]:
        """Say which cases have had each of these marks since `since`; a mark that none had is not named."""

    def mark(self, marks: Mapping[str, Collection[str]], *, at: datetime) -> None:
        """Remember marks of cases."""


class TaskStore(Protocol):
    """What only people can do."""

    def raise_(self, tasks: Sequence[Task]) -> None:
        """Store tasks; one that exists stays as it is."""

    def open_tasks(self, *, after: str = "", limit: int | None = None) -> list[Task]:
        """Give what is not done, oldest first: at most `limit`, those that come after the task `after`.

        Raises:
            NotFound: there is no task `after`.
        """

    def of_case(self, case_id: str) -> list[Task]:
        """Give a case's tasks, done or not."""

    def finish(self, task_id: str, *, by: str, at: datetime) -> Task:
        """Mark a task done.

        Raises:
            NotFound: no such open task.
        """


class NoteStore(Protocol):
    """What colleagues write down about cases. Nothing that drafts or sends reads it."""

    def add(self, note: Note) -> None:
        """Store a note."""

    def of_case(self, case_id: str) -> list[Note]:
        """Give a case's notes, oldest first."""

    def count(self, case_id: str) -> int:
        """Say how many notes a case has."""


class IntakeStore(Protocol):
    """The ledger of intake, the connectors' checkpoints, and what is parked."""

    def fates(self, source: str, items: Collection[str]) -> dict[str, Arrival]:
        """Give the ledger rows of these items of a source."""

    def published(self, message_ids: Collection[str]) -> set[str]:
        """Say which of these messages have been published before, from any source."""

    def arrival_of(self, message_id: str) -> Arrival | None:
        """Give the ledger row of a message's first arrival; None where nobody knows of it."""

    def record(self, arrivals: Iterable[Arrival]) -> None:
        """Write ledger rows; a row that exists is replaced (a retry may change a fate)."""

    def checkpoint(self, source: str) -> str:
        """Give a connector's checkpoint, "" at the beginning."""

    def save_checkpoint(self, source: str, checkpoint: str) -> None:
        """Store a connector's checkpoint."""

    def sources(self) -> dict[str, str]:
        """Give every source that was ever read, with how to open it again (JSON)."""

    def remember_source(self, source: str, how: str) -> None:
        """Remember how to open a source, for `amends reconcile`."""

    def lease(self, source: str, holder: str, *, now: datetime, until: datetime) -> bool:
        """Let `holder` alone read a source until a moment; False, and nothing is changed, while another may."""

    def end_lease(self, source: str, holder: str) -> None:
        """Let others read a source that `holder` has; nothing happens when another has it."""

    def park(self, parked: Sequence[Parked]) -> None:
        """Set messages aside; one that is already parked stays as it is."""

    def parked(self, *, state: ParkedState | None = ParkedState.WAITING) -> list[Parked]:
        """List what is parked, oldest first; every state if None."""

    def parked_messages(self, message_ids: Collection[str]) -> set[str]:
        """Say which of these messages are parked, whatever became of them since."""

    def find_parked(self, parked_id: str) -> Parked:
        """Give one parked message by the beginning of its id.

        Raises:
            NotFound: none has it, or several do.
        """

    def settle_parked(self, parked_id: str, state: ParkedState) -> None:
        """Say what became of a parked message."""

    def promise_status(self, token: str, message_id: str, *, at: datetime) -> None:
        """Remember the secret by which a form's sender follows it; a token that exists stays as it is."""

    def status_promise(self, token: str) -> tuple[str, datetime] | None:
        """Give the message that a status token was given for, and when; None if nobody gave it."""


class ChannelStore(Protocol):
    """When connectors looked, and what is unusual on a channel."""

    def looked(self, done: Sequence[Look]) -> None:
        """Remember when connectors looked. Nothing is noted of it: it tells of this moment alone."""

    def states(self, *, now: datetime, calendar: Calendar) -> list[ChannelState]:
        """Say how each channel stands that ever brought anything."""

    def raise_(self, alert: ChannelAlert) -> None:
        """Store an alert; one that exists stays as it is."""

    def open_alerts(self) -> list[ChannelAlert]:
        """Give the alerts that have not ended, the oldest first."""

    def find(self, prefix: str) -> ChannelAlert:
        """Give the one alert whose id begins with `prefix`.

        Raises:
            NotFound: none does, or several do.
        """

    def end(self, alert_id: str, *, at: datetime) -> None:
        """Say that what it was raised for is over; one that has ended stays as it is."""

    def seen(self, alert_id: str, *, by: str, at: datetime) -> None:
        """Say who has seen it first.

        Raises:
            Refused: somebody has before.
        """


class DeadLetterStore(Protocol):
    """The records that stages could not process, each whole and with its reason."""

    def add(self, letters: Sequence[DeadLetter]) -> None:
        """Store dead letters; one that exists stays as it is, whatever became of it."""

    def find(self, prefix: str) -> DeadLetter:
        """Give the one dead letter whose id begins with `prefix`.

        Raises:
            NotFound: none does, or several do.
        """

    def listed(
        self,
        *,
        state: DeadState | None = DeadState.WAITING,
        stage: str = "",
        reason: str = "",
        after: str = "",
        limit: int,
    ) -> list[DeadLetter]:
        """Give at most `limit` dead letters, oldest first; every state, stage or reason where none is named.

        Raises:
            NotFound: they are to come after one that is not there.
        """

    def count(
        self,
        *,
        state: DeadState | None = DeadState.WAITING,
        stage: str = "",
        reason: str = "",
        since: datetime | None = None,
    ) -> dict[tuple[str, str], int]:
        """Count them by stage and reason, those that died at `since` or later."""

    def oldest(self) -> datetime | None:
        """Say since when the oldest of those that wait has waited; None if none waits."""

    def given_up(self, topic: str, record_ids: Collection[str]) -> set[str]:
        """Say which of these records of a topic were ever given up, whatever became of them since."""

    def settle(self, letter_id: str, state: DeadState, *, by: str, at: datetime, because: str = "") -> None:
        """Say what became of a dead letter that waits.

        Raises:
            Refused: it was settled before; nothing was changed.
        """


class AuditTrail(Protocol):
    """The chained record of what happened."""

    def append(self, happenings: Sequence[Happening]) -> None:
        """Write entries to the end of the chain."""

    def entries(self, *, after: int = 0, limit: int = 10_000) -> list[AuditEntry]:
        """Give entries in order, those numbered above `after`."""

    def every(self) -> Iterator[AuditEntry]:
        """Give all entries in order, some thousands in memory at a time."""

    def about(self, subject: str) -> list[AuditEntry]:
        """Give the entries about one thing, oldest first."""

    def head(self) -> tuple[int, str]:
        """Give the number and hash of the last entry; (0, the genesis hash) when there is none."""


class History(Protocol):
    """What changed the database, in the order in which it did: what `amends rebuild` repeats."""

    def note(self, type_: str, body: bytes, *, at: datetime) -> None:
        """Note what this unit of work did last. The note is committed with it, or not at all."""


class UnitOfWork(Protocol):
    """One transaction and the stores that write in it."""

    @property
    def messages(self) -> MessageStore:
        """Messages that were judged."""

    @property
    def attachments(self) -> AttachmentStore:
        """The files that came with them."""

    @property
    def threads(self) -> ThreadStore:
        """What points at cases."""

    @property
    def contacts(self) -> ContactStore:
        """Who writes to us."""

    @property
    def cases(self) -> CaseStore:
        """The cases."""

    @property
    def clocks(self) -> ClockStore:
        """Their clocks."""

    @property
    def replies(self) -> ReplyStore:
        """Replies, from draft to receipt."""

    @property
    def deliveries(self) -> DeliveryStore:
        """What became of replies on their way."""

    @property
    def holds(self) -> HoldStore:
        """Holds on public posting."""

    @property
    def links(self) -> LinkStore:
        """Suggested links."""

    @property
    def tasks(self) -> TaskStore:
        """What only people can do."""

    @property
    def work(self) -> WorkStore:
        """Who works on what, and people's views of the queue. None of it is derived from the log."""

    @property
    def places(self) -> PlaceStore:
        """Where cases stand in the queue."""

    @property
    def notes(self) -> NoteStore:
        """What colleagues write down about cases."""

    @property
    def accounts(self) -> AccountStore:
        """Who may use the desk. None of it is derived from the log."""

    @property
    def intake(self) -> IntakeStore:
        """The ledger of intake."""

    @property
    def channels(self) -> ChannelStore:
        """How the channels stand."""

    @property
    def dead(self) -> DeadLetterStore:
        """The records that stages could not process."""

    @property
    def tokens(self) -> TokenStore:
        """The tokens of programs."""

    @property
    def answers(self) -> AnswerStore:
        """What changes of programs were answered with."""

    @property
    def targets(self) -> TargetStore:
        """Who is told of what happens."""

    @property
    def calls(self) -> CallStore:
        """What they are still to be told."""

    @property
    def audit(self) -> AuditTrail:
        """The audit trail."""

    @property
    def log(self) -> LogWriter:
        """The log, for publishing and for moving on."""

    @property
    def history(self) -> History:
        """What changed the database."""

    def commit(self) -> None:
        """Make everything written so far durable and visible, as one.

        Raises:
            Unavailable: the database could not; nothing was written.
        """


#: Begins a unit of work that writes. Only one at a time writes on one SQLite file.
OpenUnit = Callable[[], AbstractContextManager[UnitOfWork]]

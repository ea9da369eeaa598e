"""Messages, replies, notes and what people did, in one order: the oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from amends.desk.case.told import Told, told
from amends.desk.case.words import Explain, Piece, Why, pieces
from amends.domain.audit import AuditEntry
from amends.domain.delivery import Delivery
from amends.domain.message import Message
from amends.domain.note import Note
from amends.domain.reply import Reply, ReplyState
from amends.domain.verdict import Verdict
from amends.unit_of_work import JudgedMessage

#: A reply in one of these states is part of what was said; any other is still being written, or never went.
_SAID = {ReplyState.QUEUED, ReplyState.SENDING, ReplyState.SENT, ReplyState.FAILED, ReplyState.UNKNOWN}
_DROPPED = {ReplyState.REJECTED, ReplyState.SUPERSEDED, ReplyState.SUPPRESSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersWords:
    """A message of the customer. `rest` says that there is more than they wrote this time: quoted history."""

    at: datetime
    message: Message
    verdict: Verdict
    pieces: tuple[Piece, ...]
    whys: tuple[tuple[str, Why], ...]
    joined_via: str
    is_new: bool
    rest: bool
    template: str = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class OurWords:
    """A reply of ours that is on its way, arrived or failed, with its delivery log; or one that never went."""

    at: datetime
    reply: Reply
    deliveries: tuple[Delivery, ...]
    went: bool
    template: str = "reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColleaguesWords:
    """A note."""

    at: datetime
    note: Note
    template: str = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What somebody did, or Amends."""

    at: datetime
    told: Told
    template: str = "event"


Entry = CustomersWords | OurWords | ColleaguesWords | Done


def timeline(
    *,
    messages: Sequence[JudgedMessage],
    replies: Sequence[Reply],
    deliveries: Sequence[Delivery],
    notes: Sequence[Note],
    trail: Sequence[AuditEntry],
    seen: str,
    explain: Explain,
) -> list[Entry]:
    """Put everything into one order. What came after the message `seen` is marked as new; "" marks nothing."""
    new = _after(messages, seen)
    entries: list[tuple[datetime, int, Entry]] = []
    for judged in messages:
        entries.append((judged.message.received_at, 0, _customers_words(judged, judged.message.id in new, explain)))
    for reply in replies:
        went = tuple(one for one in deliveries if one.reply_id == reply.id)
        if reply.state in _SAID | _DROPPED:
            at = went[-1].at if went else reply.drafted_at
            said = OurWords(at=at, reply=reply, deliveries=went, went=reply.state in _SAID)
            entries.append((at, 1, said))
    entries += [(note.at, 2, ColleaguesWords(at=note.at, note=note)) for note in notes]
    for number, entry in enumerate(trail):
        if (happened := told(entry)) is not None:
            entries.append((happened.at, 3 + number, Done(at=happened.at, told=happened)))
    return [entry for _, _, entry in sorted(entries, key=lambda one: one[:2])]


def _customers_words(judged: JudgedMessage, is_new: bool, explain: Explain) -> CustomersWords:
    message, flags = judged.message, judged.verdict.flags
    return CustomersWords(
        at=message.received_at,
        message=message,
        verdict=judged.verdict,
        pieces=pieces(message.own_words, flags, explain),
        whys=tuple((flag.quote, explain(flag)) for flag in flags),
        joined_via=judged.joined_via,
        is_new=is_new,
        rest=message.text.strip() != message.own_words.strip(),
    )


def _after(messages: Sequence[JudgedMessage], seen: str) -> set[str]:
    filed = [one.message.id for one in sorted(messages, key=lambda one: (one.number, one.message.received_at))]
    return set(filed[filed.index(seen) + 1 :]) if seen in filed else set()

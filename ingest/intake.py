"""Takes fetched things in: keeps their bytes, reads them, publishes them, and accounts for each.

The order matters. The bytes are kept first, for good. Then one transaction holds the
published messages, the ledger rows, what was parked, and the connector's checkpoint:
a crash before it repeats the fetch, a crash after it repeats nothing. What a repeat
brings again is recognised by its ledger row or by its derived id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from amends.bus.port import NewRecord, Topic
from amends.domain.arrival import Arrival, Fate, Parked, ParkedState, parked_id
from amends.domain.audit import Happening
from amends.domain.message import Message
from amends.domain.secrets import status_token
from amends.errors import Unprocessable
from amends.history import GIVEN, command
from amends.ports import BlobStore, Fetched
from amends.unit_of_work import UnitOfWork
from amends.wire import RECEIVED, cloud_headers, encode_message
from ingest.reading import OwnMessage, Reader, read

STAGE = "ingest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One fetched thing, its kept bytes, and what it turned out to be: a message, our own, or not readable."""

    fetched: Fetched
    raw_sha256: str
    message: Message | None
    fault: Unprocessable | None


def keep_and_read(batch: Sequence[Fetched], blobs: BlobStore, readers: Mapping[str, Reader]) -> list[Taken]:
    """Keep the bytes of a batch, then read it, and keep what came with each. Needs no transaction and may be repeated.

    Raises:
        Unavailable: the bytes could not be kept; nothing else was done.
    """
    taken = []
    for fetched, raw_sha256 in zip(batch, blobs.put_many([one.raw for one in batch]), strict=True):
        message, fault = None, None
        try:
            laden = read(fetched, raw_sha256, readers)
        except OwnMessage:
            pass
        except Unprocessable as why:
            fault = why
        else:
            message = laden.message
            blobs.put_many(laden.files)
        taken.append(Taken(fetched=fetched, raw_sha256=raw_sha256, message=message, fault=fault))
    return taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a batch of intake writes beside the published messages.

    `readable_now` names what was parked before and can be read now. `source` is set
    where `checkpoint` says how far it was read, or `how` how to open it again.
    """

    arrivals: tuple[Arrival, ...] = ()
    parked: tuple[Parked, ...] = ()
    readable_now: tuple[str, ...] = ()
    source: str = ""
    checkpoint: str | None = None
    how: str | None = None


def publish(unit: UnitOfWork, taken: Sequence[Taken], *, with_: Entry | None = None) -> list[Arrival]:
    """Publish what was read and write the ledger, within the caller's transaction; returns the ledger rows.

    A thing whose ledger row exists keeps its fate, unless it was parked and can be
    read now. `with_` says what else is to be written with the batch.
    """
    before: dict[tuple[str, str], Arrival] = {}
    for source in {one.fetched.source for one in taken}:
        items = [one.fetched.item for one in taken if one.fetched.source == source]
        before |= {(source, item): row for item, row in unit.intake.fates(source, items).items()}
    published = unit.intake.published({one.message.id for one in taken if one.message is not None})
    arrivals: list[Arrival] = []
    records: list[NewRecord] = []
    parked: list[Parked] = []
    readable_now: list[str] = []
    for one in taken:
        key = (one.fetched.source, one.fetched.item)
        earlier = before.get(key)
        if earlier is not None and not (earlier.fate is Fate.PARKED and one.message is not None):
            continue
        arrival = _arrival(one, published)
        before[key] = arrival
        arrivals.append(arrival)
        if earlier is not None:
            readable_now.append(parked_id(STAGE, *key))
        if arrival.fate is Fate.PARKED and one.fault is not None:
            parked.append(_parked(one, one.fault))
        elif arrival.fate is Fate.INGESTED and one.message is not None:
            published.add(one.message.id)
            records.append(_record(one.message, one.fetched))
    unit.log.publish(records)
    entry = replace(with_ or Entry(), arrivals=tuple(arrivals), parked=tuple(parked), readable_now=tuple(readable_now))
    if arrivals or entry.checkpoint is not None:
        enter(unit, entry, at=taken[0].fetched.fetched_at)
    return arrivals


@command("intake.enter")
def enter(unit: UnitOfWork, entry: Entry, *, at: datetime) -> None:
    """Write a batch of intake into the ledger. The messages that it speaks of are on the log."""
    for one in entry.readable_now:
        unit.intake.settle_parked(one, ParkedState.RETRIED)
    unit.intake.record(entry.arrivals)
    unit.intake.park(entry.parked)
    unit.audit.append([_happening(arrival) for arrival in entry.arrivals])
    if entry.how is not None:
        unit.intake.remember_source(entry.source, entry.how)
    if entry.checkpoint is not None:
        unit.intake.save_checkpoint(entry.source, entry.checkpoint)


@command("intake.promise")
def promise(unit: UnitOfWork, message_id: str, *, at: datetime, secret: Annotated[bytes, GIVEN]) -> None:
    """Promise the sender of a form that its status page tells where the message stands."""
    unit.intake.promise_status(status_token(secret, message_id), message_id, at=at)


def remember(unit: UnitOfWork, source: str, how: str, *, at: datetime) -> None:
    """Remember how to open a source, for `amends reconcile`; nothing is written when that is known."""
    if unit.intake.sources().get(source) != how:
        enter(unit, Entry(source=source, how=how), at=at)


def _arrival(one: Taken, published: set[str]) -> Arrival:
    if one.fault is not None:
        fate, reason = Fate.PARKED, one.fault.reason
    elif one.message is None:
        fate, reason = Fate.OWN, ""
    elif one.message.id in published:
        fate, reason = Fate.DUPLICATE, ""
    else:
        fate, reason = Fate.INGESTED, ""
    return Arrival(
        source=one.fetched.source,
        item=one.fetched.item,
        channel=one.fetched.channel,
        fate=fate,
        message_id=one.message.id if one.message is not None else "",
        reason=reason,
        raw_sha256=one.raw_sha256,
        arrived_at=one.fetched.fetched_at,
    )


def _parked(one: Taken, fault: Unprocessable) -> Parked:
    return Parked(
        id=parked_id(STAGE, one.fetched.source, one.fetched.item),
        stage=STAGE,
        source=one.fetched.source,
        item=one.fetched.item,
        channel=one.fetched.channel,
        reason=fault.reason,
        says=str(fault),
        raw_sha256=one.raw_sha256,
        parked_at=one.fetched.fetched_at,
    )


def _record(message: Message, fetched: Fetched) -> NewRecord:
    return NewRecord(
        topic=Topic.MESSAGES,
        key=message.author.ordering_key,
        id=message.id,
        type=RECEIVED,
        body=encode_message(message),
        # When it came to us, which may be long after it was written: what a record waits is counted from here.
        at=fetched.fetched_at,
        headers=cloud_headers(
            message.id,
            RECEIVED,
            source=f"/ingest/{message.channel}",
            at=fetched.fetched_at,
            channel=message.channel,
            raw=message.raw_sha256,
            trace=fetched.trace,
        ),
    )


def _happening(arrival: Arrival) -> Happening:
    facts: dict[str, str | int | float | bool | None] = {
        "channel": arrival.channel.value,
        "raw": arrival.raw_sha256,
    }
    if arrival.reason:
        facts["reason"] = arrival.reason
    return Happening(
        at=arrival.arrived_at,
        actor="amends:ingest",
        action=f"arrival.{arrival.fate}",
        subject=f"message:{arrival.message_id}" if arrival.message_id else f"raw:{arrival.raw_sha256[:32]}",
        facts=facts,
    )

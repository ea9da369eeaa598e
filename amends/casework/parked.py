"""What people do to a parked message: try it again, release it, or discard it with a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from amends.bus.port import NewRecord, Topic
from amends.domain.arrival import Parked, ParkedState
from amends.domain.audit import Happening
from amends.errors import Refused
from amends.history import command
from amends.unit_of_work import UnitOfWork
from amends.wire import RELEASED, cloud_headers, encode_message

#: So many are discarded in one transaction, which holds up every other writer.
AT_ONCE = 500
#: Reads a parked message's bytes again and takes it in, within the unit of work.
#: Raises Unprocessable when it still cannot be read.
TakeInAgain: TypeAlias = Callable[[UnitOfWork, Parked], None]


def retry(unit: UnitOfWork, parked_id: str, *, by: str, at: datetime, take_in_again: TakeInAgain) -> Parked:
    """Give a parked message another try, wherever it stopped.

    What ingest could not read is read again from its bytes. What triage held to be from
    a machine or spam is released: it is filed as a customer's message, for a person to
    look at.

    Raises:
        NotFound: nothing is parked under that id.
        Refused: it was retried or discarded before.
        Unprocessable: it still cannot be read; it stays parked.
    """
    parked = unit.intake.find_parked(parked_id)
    _refuse_if_settled(parked)
    if parked.stage == "ingest":
        take_in_again(unit, parked)
    return put_back(unit, parked.id, by=by, at=at)


@command("parked.retry")
def put_back(unit: UnitOfWork, parked_id: str, *, by: str, at: datetime) -> Parked:
    """Do what is left of another try once the bytes, where they could not be read, were taken in again."""
    parked = unit.intake.find_parked(parked_id)
    if parked.stage != "ingest":
        _release(unit, parked, at=at)
    unit.intake.settle_parked(parked.id, ParkedState.RETRIED)
    _tell(unit, "parked.retried", parked, by=by, at=at)
    return replace(parked, state=ParkedState.RETRIED)


@command("parked.discard")
def discard(unit: UnitOfWork, parked_id: str, reason: str, *, by: str, at: datetime) -> Parked:
    """Say that a parked message needs nothing more. Its bytes and its ledger row stay.

    Raises:
        NotFound: nothing is parked under that id.
        Refused: it was settled before, or no reason is given.
    """
    parked = unit.intake.find_parked(parked_id)
    _refuse_if_settled(parked)
    if not reason.strip():
        raise Refused("say why it needs nothing more; the reason is kept")
    unit.intake.settle_parked(parked.id, ParkedState.DISCARDED)
    _tell(unit, "parked.discarded", parked, by=by, at=at, reason=reason)
    return replace(parked, state=ParkedState.DISCARDED)


def discard_all(unit: UnitOfWork, code: str, reason: str, *, expected: int, by: str, at: datetime) -> int:
    """Discard all that waits and was parked for the reason `code`, the oldest `AT_ONCE` of them.

    `expected` is how many somebody was told that it would be. Returns how many it were.

    Raises:
        Refused: no reason is given, or it would be more or fewer than was said.
    """
    found = [one for one in unit.intake.parked() if one.reason == code][:AT_ONCE]
    if len(found) != expected:
        raise Refused(f"it would be {len(found)} by now, not the {expected} that were asked about; look again")
    for one in found:
        discard(unit, one.id, reason, by=by, at=at)
    return len(found)


def _refuse_if_settled(parked: Parked) -> None:
    if parked.state is not ParkedState.WAITING:
        raise Refused(f"parked message {parked.id} was {parked.state.value} before")


def _release(unit: UnitOfWork, parked: Parked, *, at: datetime) -> None:
    judged = unit.messages.get(parked.message_id)
    message = replace(judged.message, automatic=None)
    record_id = f"{message.id}~released"
    unit.log.publish(
        [
            NewRecord(
                topic=Topic.MESSAGES,
                key=message.author.ordering_key,
                id=record_id,
                type=RELEASED,
                body=encode_message(message),
                at=at,
                headers=cloud_headers(
                    record_id, RELEASED, source="/parked", at=at, channel=message.channel, raw=message.raw_sha256
                ),
            )
        ]
    )


def _tell(unit: UnitOfWork, action: str, parked: Parked, *, by: str, at: datetime, **facts: str) -> None:
    unit.audit.append(
        [
            Happening(
                at=at,
                actor=f"user:{by}",
                action=action,
                subject=f"parked:{parked.id}",
                facts={"stage": parked.stage, "parked_for": parked.reason, **facts},
            )
        ]
    )

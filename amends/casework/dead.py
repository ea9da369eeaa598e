"""What people do to a dead letter: hand it to its stage again, or discard it with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from amends.bus.dead import handed_over_again
from amends.domain.audit import Happening
from amends.domain.dead import DeadLetter, DeadState
from amends.errors import Refused
from amends.history import command
from amends.unit_of_work import UnitOfWork

#: So many are handed over in one transaction, which holds up every other writer.
AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which dead letters a retry of many would hand over now: how many of which stage and reason, and what is left."""

    letters: tuple[DeadLetter, ...]
    by_stage_and_reason: Mapping[tuple[str, str], int]
    left: int


def retry(unit: UnitOfWork, letter_id: str, *, by: str, at: datetime) -> DeadLetter:
    """Publish a dead letter's record again, under a new id, to the topic that it stood on.

    Raises:
        NotFound: no dead letter has that id.
        Refused: it was retried or discarded before.
    """
    letter = unit.dead.find(letter_id)
    _refuse_if_settled(letter)
    hand_over(unit, (letter.id,), by=by, at=at)
    return letter


def plan_retry(unit: UnitOfWork, *, stage: str = "", reason: str = "") -> Plan:
    """Say what a retry of all that wait, or of those of one stage or reason, would hand over."""
    letters = unit.dead.listed(stage=stage, reason=reason, limit=AT_ONCE)
    in_all = sum(unit.dead.count(stage=stage, reason=reason).values())
    counted: dict[tuple[str, str], int] = {}
    for letter in letters:
        key = letter.stage, letter.reason
        counted[key] = counted.get(key, 0) + 1
    return Plan(letters=tuple(letters), by_stage_and_reason=counted, left=in_all - len(letters))


def carry_out(unit: UnitOfWork, plan: Plan, *, by: str, at: datetime) -> None:
    """Do what was planned in the same unit of work, in the order in which they died."""
    hand_over(unit, tuple(letter.id for letter in plan.letters), by=by, at=at)


@command("dead.retry")
def hand_over(unit: UnitOfWork, letter_ids: tuple[str, ...], *, by: str, at: datetime) -> None:
    """Publish the records of dead letters again, in this order."""
    for number, letter_id in enumerate(letter_ids):
        # A moment of its own for each: it is part of the new record's id.
        _hand_over(unit, unit.dead.find(letter_id), by=by, at=at + timedelta(microseconds=number))


@command("dead.discard")
def discard(unit: UnitOfWork, letter_id: str, reason: str, *, by: str, at: datetime) -> DeadLetter:
    """Say that a dead letter needs nothing more. It stays, with its record.

    Raises:
        NotFound: no dead letter has that id.
        Refused: it was settled before, or no reason is given.
    """
    letter = unit.dead.find(letter_id)
    _refuse_if_settled(letter)
    if not reason.strip():
        raise Refused("say why it needs nothing more; the reason is kept")
    unit.dead.settle(letter.id, DeadState.DISCARDED, by=by, at=at, because=reason)
    _tell(unit, "dead.discarded", letter, by=by, at=at, reason=reason)
    return letter


def discard_all(unit: UnitOfWork, reason: str, *, stage: str, code: str, expected: int, by: str, at: datetime) -> int:
    """Discard the dead letters of a stage that were given up for the reason `code`, at most `AT_ONCE` of them.

    `expected` is how many somebody was told that it would be. Returns how many it were.

    Raises:
        Refused: no reason is given, or it would be more or fewer than was said.
    """
    found = unit.dead.listed(stage=stage, reason=code, limit=AT_ONCE)
    if len(found) != expected:
        raise Refused(f"it would be {len(found)} by now, not the {expected} that were asked about; look again")
    for letter in found:
        discard(unit, letter.id, reason, by=by, at=at)
    return len(found)


def _refuse_if_settled(letter: DeadLetter) -> None:
    if letter.state is not DeadState.WAITING:
        raise Refused(f"dead letter {letter.id} was {letter.state.value} before")


def _hand_over(unit: UnitOfWork, letter: DeadLetter, *, by: str, at: datetime) -> None:
    record = handed_over_again(letter, at=at)
    unit.log.publish([record])
    unit.dead.settle(letter.id, DeadState.RETRIED, by=by, at=at)
    _tell(unit, "dead.retried", letter, by=by, at=at, record=record.id)


def _tell(unit: UnitOfWork, action: str, letter: DeadLetter, *, by: str, at: datetime, **facts: str) -> None:
    unit.audit.append(
        [
            Happening(
                at=at,
                actor=f"user:{by}",
                action=action,
                subject=f"dead:{letter.id}",
                facts={"stage": letter.stage, "died_of": letter.reason, **facts},
            )
        ]
    )

"""The proof of intake: everything that a source holds is accounted for, or named.

Each item must have a ledger row, and each row must be true: a message that was
ingested is stored, parked, a dead letter, or still waiting on the log; a duplicate
repeats a message for which the same holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from amends.bus.port import Topic
from amends.domain.arrival import Arrival, Fate
from amends.unit_of_work import UnitOfWork

#: Items looked up together.
_AT_ONCE = 500


@dataclass(slots=True, kw_only=True)
class Reconciliation:
    """What a source holds and what became of it. `unexplained` must be empty."""

    source: str
    held: int = 0
    fates: Counter[Fate] = field(default_factory=Counter)
    parked_for: Counter[str] = field(default_factory=Counter)
    #: Ingested, and not yet read by triage.
    waiting: int = 0
    #: Ingested, and given up by triage: `amends dead list`.
    dead: int = 0
    #: Item and what is wrong with it.
    unexplained: list[tuple[str, str]] = field(default_factory=list)


def reconcile(unit: UnitOfWork, source: str, holdings: Iterable[str], *, triage_group: str) -> Reconciliation:
    """Compare what a source holds with the ledger, and the ledger with what is stored."""
    result = Reconciliation(source=source)
    for items in _portions(holdings):
        result.held += len(items)
        rows = unit.intake.fates(source, items)
        result.unexplained += [(item, "it has no ledger row") for item in items if item not in rows]
        _check(unit, list(rows.values()), result, triage_group)
    return result


def _check(unit: UnitOfWork, rows: Sequence[Arrival], result: Reconciliation, triage_group: str) -> None:
    named = {row.message_id for row in rows if row.message_id}
    stored = unit.messages.known(named)
    missing = named - stored
    parked = unit.intake.parked_messages(missing)
    waiting = unit.log.waiting(triage_group, Topic.MESSAGES, missing - parked)
    dead = unit.dead.given_up(Topic.MESSAGES, missing - parked - waiting)
    for row in rows:
        if row.message_id and row.message_id not in stored | parked | waiting | dead:
            result.unexplained.append((row.item, f"it was {row.fate}, but message {row.message_id} is nowhere"))
            continue
        result.fates[row.fate] += 1
        if row.fate is Fate.PARKED:
            result.parked_for[row.reason] += 1
        if row.message_id in waiting and row.fate is Fate.INGESTED:
            result.waiting += 1
        if row.message_id in dead and row.fate is Fate.INGESTED:
            result.dead += 1


def _portions(holdings: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(holdings)
    while portion := list(islice(rest, _AT_ONCE)):
        yield portion

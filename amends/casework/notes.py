"""Internal notes on a case, and who has read its file."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from amends.casework.telling import tell
from amends.domain.ids import read_reference
from amends.domain.note import Note
from amends.errors import Refused
from amends.history import command
from amends.unit_of_work import UnitOfWork

#: Longer than this is no note: it belongs into a document.
NOTE_AT_MOST = 20_000
#: Whoever looks at a case again within this time is noted once.
ONE_LOOK = timedelta(minutes=10)
_VIEWED = "case.viewed"


@command("case.note")
def note(unit: UnitOfWork, reference: str, text: str, *, by: str, at: datetime) -> Note:
    """Write a note on a case, for colleagues alone. The audit trail says that there is one, not what it says.

    Raises:
        NotFound: no such case.
        Refused: it says nothing, or far too much.
    """
    case = unit.cases.get(read_reference(reference))
    if not text.strip():
        raise Refused("the note is empty: write what colleagues should know")
    if len(text) > NOTE_AT_MOST:
        raise Refused(f"the note has {len(text):,} characters and may have {NOTE_AT_MOST:,}: say it shorter")
    written = Note(case_id=case.id, number=unit.notes.count(case.id) + 1, text=text.strip(), by=by, at=at)
    unit.notes.add(written)
    tell(unit, "case.noted", case.id, by=by, at=at, note=written.number)
    return written


@command("case.view")
def view(unit: UnitOfWork, reference: str, *, by: str, at: datetime) -> None:
    """Note that somebody read a case's file. Ask `was_viewed` first: one look is noted once.

    Raises:
        NotFound: no such case.
    """
    case = unit.cases.get(read_reference(reference))
    tell(unit, _VIEWED, case.id, by=by, at=at)


def was_viewed(unit: UnitOfWork, case_id: str, *, by: str, at: datetime) -> bool:
    """Whether it is noted already that somebody looks at a case now."""
    actor = f"user:{by}"
    for entry in reversed(unit.audit.about(f"case:{case_id}")):
        told = json.loads(entry.happening_json)
        if datetime.fromisoformat(told["at"]) <= at - ONE_LOOK:
            return False
        if told["action"] == _VIEWED and told["actor"] == actor:
            return True
    return False

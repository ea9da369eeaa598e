"""Notes who reads what customers wrote, whichever page or call shows it."""

from __future__ import annotations

from collections.abc import Iterable

from amends.casework.notes import view, was_viewed
from amends.desk.parts import Desk


def note_looks(parts: Desk, case_ids: Iterable[str], *, by: str) -> None:
    """Note that `by` reads the files of these cases, each once within some minutes.

    Raises:
        NotFound: there is no such case.
    """
    now = parts.now()
    with parts.reading() as unit:
        new = [case_id for case_id in dict.fromkeys(case_ids) if not was_viewed(unit, case_id, by=by, at=now)]
    if new:
        with parts.unit() as unit:
            for case_id in new:
                view(unit, case_id, by=by, at=now)
            unit.commit()

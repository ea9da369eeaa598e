"""Notes for colleagues, and who has read a case's file."""

from __future__ import annotations

import ast
from datetime import timedelta

import pytest

from amends.casework.notes import NOTE_AT_MOST, ONE_LOOK, note, view, was_viewed
from amends.errors import NotFound, Refused
from tests.casework.office import Office
from tests.support.clock import MONDAY
from tests.support.places import REPOSITORY

#: Who may read notes: whoever shows them to colleagues, and the store itself.
_READ_NOTES = {"amends/casework/notes.py", "storage/notes.py", "storage/unit_of_work.py", "amends/unit_of_work.py"}


def test_notes_of_a_case_are_kept_in_order_and_only_their_number_is_in_the_trail(office: Office) -> None:
    case = office.case()
    with office.database.unit() as unit:
        note(unit, case.id, "She rang; she sounded tired. ", by="hana", at=MONDAY)
        note(unit, case.id, "Ask the warehouse.", by="tom", at=MONDAY + timedelta(hours=1))
        unit.commit()
    with office.database.reading() as unit:
        kept = unit.notes.of_case(case.id)
    assert [(one.number, one.by, one.text) for one in kept] == [
        (1, "hana", "She rang; she sounded tired."),
        (2, "tom", "Ask the warehouse."),
    ]
    assert [(one["action"], one["facts"]) for one in office.told()] == [
        ("case.noted", {"note": 1}),
        ("case.noted", {"note": 2}),
    ]


def test_an_empty_or_endless_note_and_one_on_no_case_are_refused(office: Office) -> None:
    case = office.case()
    with office.database.unit() as unit:
        with pytest.raises(Refused, match="empty"):
            note(unit, case.id, " \n", by="hana", at=MONDAY)
        with pytest.raises(Refused, match="say it shorter"):
            note(unit, case.id, "a" * (NOTE_AT_MOST + 1), by="hana", at=MONDAY)
        with pytest.raises(NotFound):
            note(unit, "AM-0000-0000-00", "?", by="hana", at=MONDAY)
    assert office.told() == []


def test_nothing_that_drafts_checks_or_sends_reads_notes() -> None:
    """Whoever reads the notes of a unit of work is named above or shows pages: neither drafts nor sends."""
    readers = set()
    for room in ("amends", "ingest", "respond", "storage", "triage"):
        for path in (REPOSITORY / room).rglob("*.py"):
            tree = ast.parse(path.read_text("utf-8"))
            named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
            imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
            if "notes" in named or imported & {"amends.domain.note", "storage.notes"}:
                readers.add(str(path.relative_to(REPOSITORY)))
    assert readers >= _READ_NOTES
    beyond = {one for one in readers - _READ_NOTES if not one.startswith(("amends/cli/", "amends/desk/", "storage/"))}
    # The wiring lists the command that writes them.
    assert beyond <= {"amends/compose/commands.py"}


def test_a_look_at_a_case_is_noted_once_within_some_minutes(office: Office) -> None:
    case = office.case()
    with office.database.unit() as unit:
        assert not was_viewed(unit, case.id, by="hana", at=MONDAY)
        view(unit, case.id, by="hana", at=MONDAY)
        soon, later = MONDAY + ONE_LOOK / 2, MONDAY + ONE_LOOK
        assert was_viewed(unit, case.id, by="hana", at=soon)
        assert not was_viewed(unit, case.id, by="tom", at=soon)
        note(unit, case.id, "Seen.", by="hana", at=soon)
        assert not was_viewed(unit, case.id, by="hana", at=later)
        unit.commit()
    assert [one["action"] for one in office.told()] == ["case.viewed", "case.noted"]

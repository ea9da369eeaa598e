"""Commands: what is done is noted with its arguments, and the note does it again."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Annotated

import pytest

import amends.casework
import ingest
import respond
from amends.bus.port import Position, Record
from amends.casework.cases import close, say_what_it_is, take
from amends.compose import COMMANDS
from amends.domain.audit import Happening
from amends.domain.case import CaseState
from amends.domain.clock import ClockKind
from amends.domain.verdict import Kind, Severity
from amends.errors import NotFound, Refused, Unprocessable
from amends.history import GIVEN, IN_FORCE, UNDER, Command, command
from amends.unit_of_work import UnitOfWork
from storage.engine import open_engine
from storage.unit_of_work import Database
from tests.casework.office import PACK, Office
from tests.support.builders import a_clock, an_outcome
from tests.support.clock import MONDAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A value that a command is called with."""

    says: str
    severity: Severity | None = None


@command("test.remark")
def remark(
    unit: UnitOfWork, subject: str, remarks: tuple[Remark, ...], *, at: datetime, by: Annotated[str, GIVEN]
) -> int:
    """Write remarks into the audit trail."""
    for one in remarks:
        severity = None if one.severity is None else one.severity.word
        facts = {"says": one.says, "severity": severity}
        unit.audit.append([Happening(at=at, actor=by, action="remarked", subject=subject, facts=facts)])
    return len(remarks)


def history(database: Database) -> list[Record]:
    with database.reading() as unit:
        here = Position(group="test", topic="history", partition=0, next_offset=0)
        return unit.log.read(here, limit=100)


def told(database: Database) -> list[str]:
    with database.reading() as unit:
        return [entry.happening_json for entry in unit.audit.every()]


def test_a_command_is_noted_with_its_arguments_but_not_with_what_is_given(database: Database) -> None:
    with database.unit() as unit:
        done = remark(unit, "case:1", (Remark(says="late", severity=Severity.HIGH),), at=MONDAY, by="anna")
        unit.commit()

    [event] = history(database)
    assert done == 1
    assert (event.type, event.offset, event.id, event.at) == ("amends.test.remark", 0, "0", MONDAY)
    assert b"late" in event.body
    assert b"anna" not in event.body


def test_a_note_does_it_again_and_notes_nothing(database: Database) -> None:
    with database.unit() as unit:
        remark(unit, "case:1", (Remark(says="late"), Remark(says="later")), at=MONDAY, by="anna")
        unit.commit()
    [event] = history(database)
    once = told(database)

    with database.unit() as unit:
        remark.repeat(unit, event.body, {"by": "anna", "pack": None})
        unit.commit()

    assert told(database) == once * 2
    assert len(history(database)) == 1


def test_what_is_rolled_back_leaves_no_note(database: Database) -> None:
    with database.unit() as unit:
        remark(unit, "case:1", (Remark(says="late"),), at=MONDAY, by="anna")

    assert history(database) == []


def test_what_is_refused_leaves_no_note(office: Office) -> None:
    with office.database.unit() as unit, pytest.raises(NotFound):
        take(unit, "AM-0000-0000-00", by="hana", at=MONDAY)

    assert history(office.database) == []


def test_what_is_refused_today_and_was_done_once_is_done_again(office: Office) -> None:
    case = office.case()
    with office.database.unit() as unit:
        close(unit, an_outcome(case.id))
        unit.commit()
    [event] = history(office.database)

    with office.database.unit() as unit:
        take(unit, case.id, by="hana", at=MONDAY)
        unit.clocks.start([a_clock(ClockKind.RIGHTS_REQUEST, case_id=case.id)])
        with pytest.raises(Refused, match="a rights request is not answered"):
            close(unit, an_outcome(case.id))
        close.repeat(unit, event.body, {})
        assert unit.cases.get(case.id).state is CaseState.CLOSED


def test_arguments_that_this_version_does_not_know_are_not_guessed_at(database: Database) -> None:
    with database.unit() as unit, pytest.raises(Unprocessable, match=r"test\.remark in the history cannot be read"):
        remark.repeat(unit, b'{"subject": 7}', {"by": "anna"})


def test_events_stand_in_the_order_of_the_effects_and_without_a_gap(office: Office) -> None:
    case = office.enquiry()
    with office.database.unit() as unit:
        take(unit, case.id, by="hana", at=MONDAY)
        say_what_it_is(
            unit, case.id, kind=Kind.COMPLAINT, severity=None, reason="read it", by="hana", at=MONDAY, pack=PACK
        )
        unit.commit()

    assert [(event.offset, event.type) for event in history(office.database)] == [
        (0, "amends.case.take"),
        (1, "amends.case.set"),
    ]


def test_settings_are_told_once_before_the_first_event_under_them(database_file: Path) -> None:
    engine = open_engine(f"sqlite:///{database_file}")

    def remark_under(settings: dict[str, object], *, times: int) -> None:
        database = Database(engine, partitions={}, in_force=lambda: settings)
        for _ in range(times):
            with database.unit() as unit:
                remark(unit, "case:1", (Remark(says="late"),), at=MONDAY, by="anna")
                unit.commit()

    remark_under({"name": "A"}, times=3)
    remark_under({"name": "B"}, times=1)
    remark_under({"name": "A"}, times=1)

    events = history(Database(engine, partitions={}))
    assert [event.type == IN_FORCE for event in events] == [True, False, False, False, True, False, False]
    first, second = (event.id for event in events if event.type == IN_FORCE)
    assert [event.headers.get(UNDER) for event in events if event.type != IN_FORCE] == [*[first] * 3, second, first]
    engine.dispose()


def test_settings_whose_telling_was_rolled_back_are_told_again(database_file: Path) -> None:
    engine = open_engine(f"sqlite:///{database_file}")
    database = Database(engine, partitions={}, in_force=lambda: {"name": "A"})
    with database.unit() as unit:
        remark(unit, "case:1", (), at=MONDAY, by="anna")
        remark(unit, "case:2", (), at=MONDAY, by="anna")
    with database.unit() as unit:
        remark(unit, "case:3", (), at=MONDAY, by="anna")
        unit.commit()

    assert [event.type for event in history(database)] == [IN_FORCE, "amends.test.remark"]
    engine.dispose()


def test_every_command_of_the_house_can_be_repeated() -> None:
    found = {
        value.type
        for package in (amends.casework, ingest, respond)
        for module in modules_of(package)
        for value in vars(module).values()
        if isinstance(value, Command)
    }

    assert found == {one.type for one in COMMANDS}
    assert len(COMMANDS) == len(found)


def modules_of(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)

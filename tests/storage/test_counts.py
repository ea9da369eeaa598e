"""The counts beside the filters are those of the queue itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amends.domain.case import Case, CaseState
from amends.domain.clock import Clock
from amends.domain.due import Due, horizon
from amends.domain.verdict import FlagName, Kind, Severity
from storage.counts import count_open
from storage.history import InForce
from storage.queue import Wanted, queue
from storage.unit_of_work import Database, SqlUnitOfWork
from tests.conftest import PARTITIONS
from tests.storage.stock import add_case, add_message
from tests.storage.test_queue import add, busy_cases
from tests.support.builders import a_case, a_flag, a_message, a_verdict
from tests.support.clock import MONDAY

VALUES: dict[str, list[Any]] = {
    "kind": [Kind.COMPLAINT, Kind.ENQUIRY],
    "severity": list(Severity),
    "owner": ["", "hana"],
    "needs_person": [True, False],
    "state": list(CaseState),
    "due": list(Due),
    "flag": [FlagName.SAFETY],
}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    made=busy_cases(),
    wanted=st.builds(
        Wanted, **{name: st.sampled_from([None, None, *values]) for name, values in VALUES.items() if name != "flag"}
    ),
    name=st.sampled_from(sorted(VALUES)),
)
def test_a_link_says_how_many_cases_stand_behind_it(
    database: Database, made: list[tuple[Case, list[Clock]]], wanted: Wanted, name: str
) -> None:
    with database.viewing() as connection:
        unit = SqlUnitOfWork(connection, partitions=PARTITIONS, in_force=InForce(dict))
        add(unit, made)
        unit.places.renew()
        counts = count_open(connection, horizon(MONDAY, UTC))
        behind = {
            value: queue(connection, now=MONDAY, limit=1, wanted=replace(wanted, **{name: value})).in_all
            for value in VALUES[name]
        }
        in_all = queue(connection, now=MONDAY, limit=1, wanted=wanted).in_all
    told = counts.by(name, wanted)
    if name == "flag" and wanted != Wanted():
        assert told == {}
    else:
        assert {value: told.get(value, 0) for value in VALUES[name]} == behind
    assert counts.all(wanted) == in_all


def test_the_counts_of_a_flag_are_of_its_cases_alone(database_of_each_kind: Database) -> None:
    text = "It caught fire."
    with database_of_each_kind.unit() as unit:
        for number in range(3):
            add_case(unit, a_case(case_id=f"AM-{number}"))
        verdict = a_verdict(severity=Severity.CRITICAL, flags=[a_flag(FlagName.SAFETY, "fire", text)])
        add_message(unit, a_message(text), case_id="AM-1", verdict=verdict)
        unit.commit()
    at = horizon(MONDAY, UTC)
    with database_of_each_kind.viewing() as connection:
        everything, flagged = count_open(connection, at), count_open(connection, at, FlagName.SAFETY)
    assert everything.by("flag", Wanted())[FlagName.SAFETY] == 1
    assert everything.by("kind", Wanted())[Kind.COMPLAINT] == 3
    assert flagged.by("kind", Wanted(flag=FlagName.SAFETY))[Kind.COMPLAINT] == 1
    with pytest.raises(ValueError, match="not of safety"):
        everything.all(Wanted(flag=FlagName.SAFETY))

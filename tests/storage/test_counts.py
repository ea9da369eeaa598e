"""The counts beside the filters are those of the queue itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

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
from tests.storage.test_queue import add, busy_cases
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
        counts = count_open(connection, horizon(MONDAY, MONDAY.tzinfo))  # type: ignore[arg-type]
        behind = {
            value: queue(connection, now=MONDAY, limit=1, wanted=replace(wanted, **{name: value})).in_all
            for value in VALUES[name]
        }
        in_all = queue(connection, now=MONDAY, limit=1, wanted=wanted).in_all
    assert counts.by(name, VALUES[name], wanted) == behind
    assert counts.all(wanted) == in_all

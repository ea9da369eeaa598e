"""Fills an office with cases on every channel, some late, some closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from amends.domain.case import CaseState
from amends.domain.channel import Channel
from amends.domain.outcome import Resolved, Upheld
from amends.domain.verdict import Kind, Severity
from tests.desk.house import DeskHouse
from tests.storage.stock import add_case
from tests.support.builders import a_case, a_clock, an_outcome
from tests.support.clock import MONDAY

DAY = timedelta(days=1)


def make_busy(house: DeskHouse) -> None:
    """Add sixty complaints and an enquiry."""
    with house.database.unit() as unit:
        for number in range(60):
            channel = list(Channel)[number % 3]
            severity = list(Severity)[number % 4]
            at = MONDAY - DAY * (number % 25) - timedelta(hours=number)
            case = a_case(
                case_id=f"AM-{number}", severity=severity, channel=channel, at=at, needs_person=number % 7 == 0
            )
            if number % 5 == 4:
                case = replace(case, state=CaseState.CLOSED)
            owner = ("", "hana", "tom", "=cmd|' /c calc'!A1")[number % 4]
            add_case(unit, replace(case, owner=owner))
            due = timedelta(days=number % 11 - 4, hours=5) + (MONDAY - at)
            stopped = at + timedelta(hours=number % 50 + 1) if number % 5 > 2 else None
            clock = a_clock(case_id=case.id, started_at=at, due_in=max(due, timedelta(hours=1)), stopped_at=stopped)
            unit.clocks.start([clock])
            if case.state is CaseState.CLOSED:
                outcome = an_outcome(case.id, upheld=list(Upheld)[number % 6], at=at + timedelta(hours=60))
                unit.cases.record_outcome(replace(outcome, resolved=list(Resolved)[number % 3]))
        add_case(unit, a_case(Kind.ENQUIRY, case_id="AM-99"))
        unit.commit()

"""How many cases wait, by all that the queue may be narrowed by: counted once for every filter.

One statement groups the open cases by everything that a filter names. What each link on the
page would show is then added up from the groups, of which there are far fewer than cases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, case, func, literal, select

from amends.domain.case import CaseState
from amends.domain.channel import Channel
from amends.domain.due import Due, Horizon
from amends.domain.verdict import Kind, Severity
from storage.places import BIT_OF_FLAG
from storage.queue import EVERYTHING, Wanted
from storage.tables import queue_places

_places = queue_places.c


@dataclass(frozen=True, slots=True)
class Group:
    """How many open cases are alike in all of this. `due` is the nearest that fits: today's are this week's too."""

    kind: Kind
    severity: Severity | None
    channel: Channel
    owner: str
    needs_person: bool
    state: CaseState
    due: Due | None
    flags: int
    cases: int


@dataclass(frozen=True, slots=True)
class Counts:
    """The groups of open cases at a moment."""

    groups: tuple[Group, ...]

    def all(self, wanted: Wanted = EVERYTHING) -> int:
        """Count the cases that are wanted."""
        return sum(group.cases for group in self.groups if all(fits(group) for fits in _tests(wanted).values()))

    def by(self, name: str, values: list[Any], wanted: Wanted) -> dict[Any, int]:
        """Count what each of these values of the filter `name` would show, beside the other filters of `wanted`."""
        others = [fits for other, fits in _tests(wanted).items() if other != name]
        near = [group for group in self.groups if all(fits(group) for fits in others)]
        found = {}
        for value in values:
            (fits,) = _tests(replace(EVERYTHING, **{name: value})).values()
            found[value] = sum(group.cases for group in near if fits(group))
        return found


def count_open(connection: Connection, at: Horizon) -> Counts:
    """Count the open cases as of a moment."""
    due = case(
        (_places.next_due.is_(None), literal(None)),
        (_places.next_due < at.now, Due.OVERDUE.value),
        (_places.next_due <= at.day_ends, Due.TODAY.value),
        (_places.next_due <= at.week_ends, Due.WEEK.value),
        else_=literal(None),
    ).label("due")
    by = (
        _places.kind,
        _places.severity,
        _places.channel,
        _places.owner,
        _places.needs_person,
        _places.state,
        due,
        _places.flags,
    )
    rows = connection.execute(select(*by, func.count().label("cases")).group_by(*by))
    return Counts(
        tuple(
            Group(
                Kind(row.kind),
                None if row.severity is None else Severity(row.severity),
                Channel(row.channel),
                row.owner,
                row.needs_person,
                CaseState(row.state),
                None if row.due is None else Due(row.due),
                row.flags,
                row.cases,
            )
            for row in rows
        )
    )


def _tests(wanted: Wanted) -> Mapping[str, Callable[[Group], bool]]:
    found: dict[str, Callable[[Group], bool]] = {}
    if (kind := wanted.kind) is not None:
        found["kind"] = lambda group: group.kind is kind
    if (severity := wanted.severity) is not None:
        found["severity"] = lambda group: group.severity is not None and group.severity >= severity
    if (channel := wanted.channel) is not None:
        found["channel"] = lambda group: group.channel is channel
    if (owner := wanted.owner) is not None:
        found["owner"] = lambda group: group.owner == owner
    if (needs_person := wanted.needs_person) is not None:
        found["needs_person"] = lambda group: group.needs_person == needs_person
    if (state := wanted.state) is not None:
        found["state"] = lambda group: group.state is state
    if (flag := wanted.flag) is not None:
        found["flag"] = lambda group: group.flags & BIT_OF_FLAG[flag] != 0
    if (due := wanted.due) is not None:
        also = {Due.TODAY, Due.WEEK} if due is Due.WEEK else {due}
        found["due"] = lambda group: group.due in also
    return found

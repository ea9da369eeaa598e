"""How many cases wait, by all that the queue may be narrowed by: counted once for every filter.

One statement groups the open cases by what filters name. What each link on a page would show
is then added up from the groups, of which there are far fewer than cases. Flags are apart: a
case may have any of them, so there would be as many groups as cases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import Connection, case, func, literal, select

from amends.domain.due import Due, Horizon
from amends.domain.verdict import FlagName, Severity
from storage.places import BIT_OF_FLAG
from storage.queue import EVERYTHING, Wanted
from storage.tables import queue_places

_places = queue_places.c
_NAMES = ("kind", "severity", "channel", "owner", "needs_person", "state", "due")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many open cases were alike, at a moment: of all, or of those with `flag`.

    A group holds a value for each of `_NAMES`, and last how many cases have them. What is
    due stands at the nearest that fits: today's are this week's too.
    """

    groups: Sequence[Sequence[Any]]
    of_flags: dict[FlagName, int]
    flag: FlagName | None = None
    _told: dict[tuple[str, Wanted], dict[Any, int]] = field(default_factory=dict, compare=False, repr=False)

    def all(self, wanted: Wanted = EVERYTHING) -> int:
        """Count the cases that are wanted."""
        return sum(group[-1] for group in self._near(wanted))

    def by(self, name: str, wanted: Wanted) -> dict[Any, int]:
        """Count what each value of the filter `name` would show, beside the other filters of `wanted`.

        Those of flags are known where nothing else narrows; otherwise none is given.
        """
        if (told := self._told.get((name, wanted))) is None:
            told = self._told[name, wanted] = self._by(name, wanted)
        return told

    def _by(self, name: str, wanted: Wanted) -> dict[Any, int]:
        if name == "flag":
            narrows = any(getattr(wanted, one.name) is not None for one in fields(Wanted) if one.name != "flag")
            return {} if narrows else self.of_flags
        place = _NAMES.index(name)
        tally: Counter[Any] = Counter()
        for group in self._near(wanted, without=name):
            tally[group[place]] += group[-1]
        if name == "severity":
            return {least: sum(tally[level] for level in Severity if level >= least) for least in Severity}
        if name == "due":
            tally[Due.WEEK.value] += tally[Due.TODAY.value]
        return tally

    def _near(self, wanted: Wanted, *, without: str = "") -> list[Sequence[Any]]:
        if wanted.flag is not self.flag:
            raise ValueError(f"these are the counts of {self.flag or 'all cases'}, not of {wanted.flag or 'all'}")
        near = list(self.groups)
        for place, name in enumerate(_NAMES):
            value = getattr(wanted, name)
            if value is None or name == without:
                continue
            if name == "severity":
                near = [group for group in near if (group[place] or 0) >= value]
            elif value is Due.WEEK:
                near = [group for group in near if group[place] in {Due.TODAY.value, Due.WEEK.value}]
            else:
                near = [group for group in near if group[place] == value]
        return near


def count_open(connection: Connection, at: Horizon, flag: FlagName | None = None) -> Counts:
    """Count the open cases as of a moment, those with `flag` where one is named."""
    due = case(
        (_places.next_due.is_(None), literal(None)),
        (_places.next_due < at.now, Due.OVERDUE.value),
        (_places.next_due <= at.day_ends, Due.TODAY.value),
        (_places.next_due <= at.week_ends, Due.WEEK.value),
        else_=literal(None),
    ).label("due")
    by = [due if name == "due" else _places[name] for name in _NAMES]
    grouped = select(*by, func.count()).group_by(*by)
    if flag is not None:
        grouped = grouped.where(_has(flag))
    flagged = connection.execute(
        select(*(func.coalesce(func.sum(case((_has(name), 1), else_=0)), 0) for name in FlagName))
    ).one()
    return Counts([tuple(row) for row in connection.execute(grouped)], dict(zip(FlagName, flagged, strict=True)), flag)


def _has(flag: FlagName) -> Any:
    return _places.flags.bitwise_and(BIT_OF_FLAG[flag]) != 0

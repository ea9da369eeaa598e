"""The clocks of cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from amends.domain.clock import Clock, ClockKind
from storage.places import Places
from storage.rows import chunks, insert_or_replace, one_of
from storage.tables import clocks


class SqlClockStore:
    """Clocks within one transaction."""

    def __init__(self, connection: Connection, places: Places) -> None:
        self._connection = connection
        self._places = places

    def start(self, new: Sequence[Clock]) -> None:
        """Store clocks; a kind that runs in its case stays as it is."""
        self._start(
            new,
            {
                (clock.case_id, clock.kind)
                for of_case in self.of_cases({clock.case_id for clock in new}).values()
                for clock in of_case
                if clock.stopped_at is None
            },
        )

    def start_first(self, new: Sequence[Clock]) -> None:
        """Store clocks of cases that have none yet."""
        self._start(new, set())

    def _start(self, new: Sequence[Clock], running: Collection[tuple[str, ClockKind]]) -> None:
        first_of_kind: dict[tuple[str, ClockKind], Clock] = {}
        for clock in new:
            if (clock.case_id, clock.kind) not in running:
                first_of_kind.setdefault((clock.case_id, clock.kind), clock)
        # A clock may start at the very moment at which the one before it started and was stopped: it takes its row.
        insert_or_replace(self._connection, clocks, [_row(clock) for clock in first_of_kind.values()])
        self._places.touch(*(clock.case_id for clock in first_of_kind.values()))

    def of_cases(self, case_ids: Collection[str]) -> dict[str, list[Clock]]:
        """Give the clocks of these cases, first due first."""
        found: dict[str, list[Clock]] = defaultdict(list)
        for chunk in chunks(set(case_ids)):
            rows = self._connection.execute(
                select(clocks)
                .where(one_of(self._connection, clocks.c.case_id, chunk))
                .order_by(clocks.c.due_at, clocks.c.kind, clocks.c.started_at)
            )
            for row in rows:
                found[row.case_id].append(clock_of(row))
        return dict(found)

    def stop(self, case_id: str, kinds: Collection[ClockKind], *, at: datetime) -> None:
        """Stop the running clocks of these kinds."""
        self.stop_in([case_id], kinds, at=at)

    def stop_in(self, case_ids: Collection[str], kinds: Collection[ClockKind], *, at: datetime) -> None:
        """Stop the running clocks of these kinds in each of these cases."""
        for chunk in chunks(set(case_ids)):
            self._connection.execute(
                update(clocks)
                .where(
                    one_of(self._connection, clocks.c.case_id, chunk),
                    clocks.c.kind.in_([kind.value for kind in kinds]),
                    clocks.c.stopped_at.is_(None),
                )
                .values(stopped_at=at)
            )
        self._places.touch(*case_ids)


def clock_of(row: Row[Any]) -> Clock:
    """Read a clock from its row."""
    return Clock(
        case_id=row.case_id,
        kind=ClockKind(row.kind),
        rule_id=row.rule_id,
        source=row.source,
        anchor=row.anchor,
        started_at=row.started_at,
        due_at=row.due_at,
        steps=tuple(row.steps),
        stopped_at=row.stopped_at,
    )


def _row(clock: Clock) -> dict[str, Any]:
    return {
        "case_id": clock.case_id,
        "kind": clock.kind.value,
        "rule_id": clock.rule_id,
        "source": clock.source,
        "anchor": clock.anchor,
        "started_at": clock.started_at,
        "due_at": clock.due_at,
        "steps": list(clock.steps),
        "stopped_at": clock.stopped_at,
    }

"""Who is told of what happens to cases, how far they were told, and which calls are still to be made."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from amends.domain.webhook import Call, CallState, Progress, Target
from storage.rows import insert_new
from storage.tables import webhook_calls, webhook_progress, webhook_targets


class SqlTargetStore:
    """Targets within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, target: Target) -> None:
        """Store a target."""
        self._connection.execute(
            insert(webhook_targets).values(
                name=target.name,
                url=target.url,
                events=list(target.events),
                salt=target.salt,
                added_by=target.added_by,
                added_at=target.added_at,
            )
        )

    def listed(self) -> list[Target]:
        """Give all targets by name."""
        return [_target(row) for row in self._connection.execute(select(webhook_targets).order_by("name"))]

    def remove(self, name: str) -> None:
        """Take a target away, with the calls to it that were not made."""
        for table, column in (
            (webhook_targets, webhook_targets.c.name),
            (webhook_progress, webhook_progress.c.target),
            (webhook_calls, webhook_calls.c.target),
        ):
            self._connection.execute(delete(table).where(column == name))


class SqlCallStore:
    """Calls within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def progress(self) -> dict[str, Progress]:
        """Give how each target was told so far, by its name."""
        return {
            row.target: Progress(entry=row.entry, delivered=row.delivered, delivered_at=row.delivered_at, says=row.says)
            for row in self._connection.execute(select(webhook_progress))
        }

    def begin(self, target: str, *, after: int) -> None:
        """Tell a target of entries after this one; a target that is being told already is left alone."""
        insert_new(
            self._connection,
            webhook_progress,
            [{"target": target, "entry": after, "delivered": 0, "delivered_at": None, "says": ""}],
        )

    def make_out(self, calls: Sequence[tuple[str, int]], *, upto: int, targets: Collection[str], at: datetime) -> None:
        """Note calls that are to be made, and that these targets' calls are made out up to an entry."""
        insert_new(
            self._connection,
            webhook_calls,
            [
                {
                    "target": target,
                    "entry": entry,
                    "state": CallState.WAITING.value,
                    "tries": 0,
                    "made_at": at,
                    "next_at": at,
                    "says": "",
                }
                for target, entry in calls
            ],
        )
        self._connection.execute(
            update(webhook_progress).where(webhook_progress.c.target.in_(targets)).values(entry=upto)
        )

    def due(self, *, target: str, now: datetime, limit: int) -> list[Call]:
        """Give calls to a target that are due, `limit` of them, the oldest events first."""
        rows = self._connection.execute(
            select(webhook_calls)
            .where(
                webhook_calls.c.target == target,
                webhook_calls.c.state == CallState.WAITING.value,
                webhook_calls.c.next_at <= now,
            )
            .order_by(webhook_calls.c.entry)
            .limit(limit)
        )
        return [_call(row) for row in rows]

    def of_state(self, state: CallState, *, limit: int) -> list[Call]:
        """Give calls in a state, oldest first."""
        rows = self._connection.execute(
            select(webhook_calls)
            .where(webhook_calls.c.state == state.value)
            .order_by(webhook_calls.c.entry, webhook_calls.c.target)
            .limit(limit)
        )
        return [_call(row) for row in rows]

    def counted(self) -> dict[tuple[str, CallState], int]:
        """Count calls by target and state."""
        rows = self._connection.execute(
            select(webhook_calls.c.target, webhook_calls.c.state, func.count()).group_by(
                webhook_calls.c.target, webhook_calls.c.state
            )
        )
        return {(target, CallState(state)): count for target, state, count in rows}

    def made(self, call: Call, *, at: datetime) -> None:
        """Note that a call was made."""
        if self._of(call, delete(webhook_calls)):
            self._connection.execute(
                update(webhook_progress)
                .where(webhook_progress.c.target == call.target)
                .values(delivered=webhook_progress.c.delivered + 1, delivered_at=at, says="")
            )

    def failed(self, call: Call, says: str, *, next_at: datetime | None) -> None:
        """Note that a call failed: it is made again at a moment, or given up at None."""
        state = CallState.WAITING if next_at is not None else CallState.GIVEN_UP
        values = {"state": state.value, "tries": call.tries + 1, "says": says}
        if self._of(call, update(webhook_calls).values(values | ({"next_at": next_at} if next_at is not None else {}))):
            self._connection.execute(
                update(webhook_progress).where(webhook_progress.c.target == call.target).values(says=says)
            )

    def try_again(self, target: str, *, at: datetime) -> int:
        """Let calls to a target that were given up be made again, as if for the first time; gives how many."""
        return self._connection.execute(
            update(webhook_calls)
            .where(webhook_calls.c.target == target, webhook_calls.c.state == CallState.GIVEN_UP.value)
            .values(state=CallState.WAITING.value, tries=0, made_at=at, next_at=at)
        ).rowcount

    def discard(self, target: str) -> int:
        """Forget the calls to a target that were given up; gives how many."""
        return self._connection.execute(
            delete(webhook_calls).where(
                webhook_calls.c.target == target, webhook_calls.c.state == CallState.GIVEN_UP.value
            )
        ).rowcount

    def _of(self, call: Call, statement: Any) -> bool:
        """Change a call as long as nobody else has: by check-and-set on its state and the number of its tries."""
        found = statement.where(
            webhook_calls.c.target == call.target,
            webhook_calls.c.entry == call.entry,
            webhook_calls.c.state == call.state.value,
            webhook_calls.c.tries == call.tries,
        )
        return self._connection.execute(found).rowcount == 1


def _target(row: Row[Any]) -> Target:
    return Target(
        name=row.name,
        url=row.url,
        events=tuple(row.events),
        salt=row.salt,
        added_by=row.added_by,
        added_at=row.added_at,
    )


def _call(row: Row[Any]) -> Call:
    return Call(
        target=row.target,
        entry=row.entry,
        state=CallState(row.state),
        tries=row.tries,
        made_at=row.made_at,
        next_at=row.next_at,
        says=row.says,
    )

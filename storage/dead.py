"""The records that stages could not process."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, update

from amends.domain.dead import DeadLetter, DeadState
from amends.errors import NotFound, Refused
from storage.rows import chunks, comes_after, insert_new
from storage.tables import dead_letters

#: The order in which they died.
_ORDER = (
    dead_letters.c.died_at,
    dead_letters.c.topic,
    dead_letters.c.partition,
    dead_letters.c.position,
    dead_letters.c.id,
)


class SqlDeadLetterStore:
    """Dead letters within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, letters: Sequence[DeadLetter]) -> None:
        """Store dead letters; one that exists stays as it is."""
        insert_new(
            self._connection,
            dead_letters,
            [
                {
                    "id": one.id,
                    "stage": one.stage,
                    "topic": one.topic,
                    "partition": one.partition,
                    "position": one.offset,
                    "record_id": one.record_id,
                    "key": one.key,
                    "type": one.type,
                    "at": one.at,
                    "headers": dict(one.headers),
                    "body": one.body,
                    "reason": one.reason,
                    "says": one.says,
                    "channel": one.channel,
                    "raw_sha256": one.raw_sha256,
                    "tries": one.tries,
                    "died_at": one.died_at,
                    "state": one.state.value,
                    "settled_by": one.settled_by,
                    "settled_at": one.settled_at,
                    "settled_because": one.settled_because,
                }
                for one in letters
            ],
        )

    def find(self, prefix: str) -> DeadLetter:
        """Give the one dead letter whose id begins with `prefix`."""
        rows = self._connection.execute(
            select(dead_letters).where(dead_letters.c.id.startswith(prefix, autoescape=True)).limit(2)
        ).all()
        if len(rows) != 1 or not prefix:
            which = "more than one dead letter" if len(rows) > 1 else "no dead letter"
            raise NotFound(f"{which} has an id that begins with {prefix!r}; see `amends dead list`")
        return _dead_letter(rows[0])

    def listed(
        self,
        *,
        state: DeadState | None = DeadState.WAITING,
        stage: str = "",
        reason: str = "",
        after: str = "",
        limit: int,
    ) -> list[DeadLetter]:
        """Give at most `limit` dead letters, oldest first, those that come after the letter `after`."""
        where = _where(state, stage, reason)
        if after:
            later = comes_after(self._connection, _ORDER, after)
            if later is None:
                raise NotFound(f"there is no dead letter {after!r}; begin the list again")
            where.append(later)
        rows = self._connection.execute(select(dead_letters).where(*where).order_by(*_ORDER).limit(limit))
        return [_dead_letter(row) for row in rows]

    def count(
        self,
        *,
        state: DeadState | None = DeadState.WAITING,
        stage: str = "",
        reason: str = "",
        since: datetime | None = None,
    ) -> dict[tuple[str, str], int]:
        """Count them by stage and reason."""
        where = _where(state, stage, reason)
        if since is not None:
            where.append(dead_letters.c.died_at >= since)
        by = (dead_letters.c.stage, dead_letters.c.reason)
        rows = self._connection.execute(select(*by, func.count().label("n")).where(*where).group_by(*by).order_by(*by))
        return {(row.stage, row.reason): row.n for row in rows}

    def oldest(self) -> datetime | None:
        """Say since when the oldest of those that wait has waited."""
        waiting = dead_letters.c.state == DeadState.WAITING.value
        found: datetime | None = self._connection.scalar(select(func.min(dead_letters.c.died_at)).where(waiting))
        return found

    def given_up(self, topic: str, record_ids: Collection[str]) -> set[str]:
        """Say which of these records of a topic were ever given up."""
        return {
            found
            for chunk in chunks(record_ids)
            for found in self._connection.scalars(
                select(dead_letters.c.record_id).where(
                    dead_letters.c.topic == topic, dead_letters.c.record_id.in_(chunk)
                )
            )
        }

    def settle(self, letter_id: str, state: DeadState, *, by: str, at: datetime, because: str = "") -> None:
        """Say what became of a dead letter that waits."""
        settled = self._connection.execute(
            update(dead_letters)
            .where(dead_letters.c.id == letter_id, dead_letters.c.state == DeadState.WAITING.value)
            .values(state=state.value, settled_by=by, settled_at=at, settled_because=because)
        )
        if settled.rowcount != 1:
            raise Refused(f"dead letter {letter_id} was settled before")


def _where(state: DeadState | None, stage: str, reason: str) -> list[ColumnElement[bool]]:
    where = [dead_letters.c.state == state.value] if state is not None else []
    if stage:
        where.append(dead_letters.c.stage == stage)
    if reason:
        where.append(dead_letters.c.reason == reason)
    return where


def _dead_letter(row: Row[Any]) -> DeadLetter:
    return DeadLetter(
        id=row.id,
        stage=row.stage,
        topic=row.topic,
        partition=row.partition,
        offset=row.position,
        record_id=row.record_id,
        key=row.key,
        type=row.type,
        headers=row.headers,
        body=row.body,
        at=row.at,
        reason=row.reason,
        says=row.says,
        channel=row.channel,
        raw_sha256=row.raw_sha256,
        tries=row.tries,
        died_at=row.died_at,
        state=DeadState(row.state),
        settled_by=row.settled_by,
        settled_at=row.settled_at,
        settled_because=row.settled_because,
    )

"""Holds on public posting."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from amends.domain.hold import Hold
from storage.tables import holds


class SqlHoldStore:
    """Holds within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def standing(self) -> Hold | None:
        """Give the hold that nobody has released."""
        row = self._connection.execute(select(holds).where(holds.c.released_at.is_(None)).limit(1)).first()
        return hold_of(row) if row else None

    def place(self, hold: Hold) -> None:
        """Store a hold."""
        last = self._connection.scalar(select(func.max(holds.c.number))) or 0
        self._connection.execute(
            insert(holds).values(
                number=last + 1,
                placed_by=hold.placed_by,
                placed_at=hold.placed_at,
                because=hold.because,
                released_by=hold.released_by,
                released_at=hold.released_at,
                released_because=hold.released_because,
            )
        )

    def release(self, *, by: str, at: datetime, because: str) -> None:
        """Say that the hold that stands was released."""
        self._connection.execute(
            update(holds)
            .where(holds.c.released_at.is_(None))
            .values(released_by=by, released_at=at, released_because=because)
        )

    def latest(self, *, limit: int) -> list[Hold]:
        """Give the latest holds, the newest first."""
        return [
            hold_of(row) for row in self._connection.execute(select(holds).order_by(holds.c.number.desc()).limit(limit))
        ]


def hold_of(row: Row[Any]) -> Hold:
    """Read a hold from its row."""
    return Hold(
        placed_by=row.placed_by,
        placed_at=row.placed_at,
        because=row.because,
        released_by=row.released_by,
        released_at=row.released_at,
        released_because=row.released_because,
    )

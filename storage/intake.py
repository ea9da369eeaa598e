"""The ledger of intake, the connectors' checkpoints, and what is parked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from amends.domain.arrival import Arrival, Fate, Parked, ParkedState
from amends.domain.channel import Channel
from amends.errors import NotFound
from storage.columns import fitted
from storage.rows import begins_with, chunks, insert_new, insert_or_replace, one_of
from storage.tables import ITEM_BYTES, arrivals, leases, parked, sources, status_tokens


class SqlIntakeStore:
    """The ledger within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def fates(self, source: str, items: Collection[str]) -> dict[str, Arrival]:
        """Give the ledger rows of these items of a source."""
        asked_for = {fitted(item, ITEM_BYTES): item for item in items}
        return {
            item: replace(_arrival(row), source=source, item=item)
            for chunk in chunks(asked_for)
            for row in self._connection.execute(
                select(arrivals).where(arrivals.c.source == source, one_of(self._connection, arrivals.c.item, chunk))
            )
            for item in (asked_for[row.item],)
        }

    def published(self, message_ids: Collection[str]) -> set[str]:
        """Say which of these messages have been published before."""
        return {
            found
            for chunk in chunks(message_ids)
            for found in self._connection.scalars(
                select(arrivals.c.message_id).where(
                    one_of(self._connection, arrivals.c.message_id, chunk), arrivals.c.fate == Fate.INGESTED.value
                )
            )
        }

    def arrival_of(self, message_id: str) -> Arrival | None:
        """Give the ledger row of a message's first arrival."""
        row = self._connection.execute(
            select(arrivals)
            .where(arrivals.c.message_id == message_id)
            .order_by(arrivals.c.arrived_at, arrivals.c.source, arrivals.c.item)
            .limit(1)
        ).first()
        return None if row is None else _arrival(row)

    def record(self, rows: Iterable[Arrival]) -> None:
        """Write ledger rows."""
        insert_or_replace(
            self._connection,
            arrivals,
            [
                {
                    "source": row.source,
                    "item": row.item,
                    "channel": row.channel.value,
                    "fate": row.fate.value,
                    "message_id": row.message_id,
                    "reason": row.reason,
                    "raw_sha256": row.raw_sha256,
                    "arrived_at": row.arrived_at,
                }
                for row in rows
            ],
        )

    def checkpoint(self, source: str) -> str:
        """Give a connector's checkpoint."""
        return self._connection.scalar(select(sources.c.checkpoint).where(sources.c.source == source)) or ""

    def save_checkpoint(self, source: str, checkpoint: str) -> None:
        """Store a connector's checkpoint."""
        insert_new(self._connection, sources, [{"source": source, "how": "", "checkpoint": ""}])
        self._connection.execute(update(sources).where(sources.c.source == source).values(checkpoint=checkpoint))

    def sources(self) -> dict[str, str]:
        """Give every source with how to open it again."""
        rows = self._connection.execute(select(sources.c.source, sources.c.how).order_by(sources.c.source))
        return {row.source: row.how for row in rows}

    def remember_source(self, source: str, how: str) -> None:
        """Remember how to open a source."""
        insert_new(self._connection, sources, [{"source": source, "how": how, "checkpoint": ""}])
        self._connection.execute(update(sources).where(sources.c.source == source).values(how=how))

    def lease(self, source: str, holder: str, *, now: datetime, until: datetime) -> bool:
        """Let `holder` alone read a source."""
        row = self._connection.execute(select(leases).where(leases.c.source == source)).first()
        # One that lies further ahead than any can was taken before the clock was set back: nobody renews it.
        is_taken = row is not None and now < row.until <= now + 4 * (until - now)
        if row is not None and is_taken and row.holder != holder:
            return False
        insert_or_replace(self._connection, leases, [{"source": source, "holder": holder, "until": until}])
        return True

    def end_lease(self, source: str, holder: str) -> None:
        """Let others read a source."""
        self._connection.execute(delete(leases).where(leases.c.source == source, leases.c.holder == holder))

    def park(self, rows: Sequence[Parked]) -> None:
        """Set messages aside."""
        insert_new(
            self._connection,
            parked,
            [
                {
                    "id": row.id,
                    "stage": row.stage,
                    "source": row.source,
                    "item": row.item,
                    "channel": row.channel.value,
                    "reason": row.reason,
                    "says": row.says,
                    "raw_sha256": row.raw_sha256,
                    "message_id": row.message_id,
                    "state": row.state.value,
                    "parked_at": row.parked_at,
                }
                for row in rows
            ],
        )

    def parked(self, *, state: ParkedState | None = ParkedState.WAITING) -> list[Parked]:
        """List what is parked, oldest first."""
        statement = select(parked).order_by(parked.c.parked_at, parked.c.id)
        if state is not None:
            statement = statement.where(parked.c.state == state.value)
        return [parked_of(row) for row in self._connection.execute(statement)]

    def parked_messages(self, message_ids: Collection[str]) -> set[str]:
        """Say which of these messages are parked."""
        return {
            found
            for chunk in chunks(message_ids)
            for found in self._connection.scalars(
                select(parked.c.message_id).where(one_of(self._connection, parked.c.message_id, chunk))
            )
        }

    def find_parked(self, parked_id: str) -> Parked:
        """Give one parked message by the beginning of its id."""
        rows = self._connection.execute(select(parked).where(begins_with(parked.c.id, parked_id)).limit(2)).all()
        if len(rows) != 1:
            which = "more than one parked message" if len(rows) > 1 else "no parked message"
            raise NotFound(f"{which} has an id that begins with {parked_id!r}; see `amends parked list`")
        return parked_of(rows[0])

    def settle_parked(self, parked_id: str, state: ParkedState) -> None:
        """Say what became of a parked message."""
        self._connection.execute(update(parked).where(parked.c.id == parked_id).values(state=state.value))

    def promise_status(self, token: str, message_id: str, *, at: datetime) -> None:
        """Remember the secret by which a form's sender follows it."""
        insert_new(self._connection, status_tokens, [{"token": token, "message_id": message_id, "promised_at": at}])

    def status_promise(self, token: str) -> tuple[str, datetime] | None:
        """Give the message that a status token was given for, and when."""
        row = self._connection.execute(select(status_tokens).where(status_tokens.c.token == token)).first()
        return (row.message_id, row.promised_at) if row else None


def _arrival(row: Row[Any]) -> Arrival:
    return Arrival(
        source=row.source,
        item=row.item,
        channel=Channel(row.channel),
        fate=Fate(row.fate),
        message_id=row.message_id,
        reason=row.reason,
        raw_sha256=row.raw_sha256,
        arrived_at=row.arrived_at,
    )


def parked_of(row: Row[Any]) -> Parked:
    """Read a parked message from its row."""
    return Parked(
        id=row.id,
        stage=row.stage,
        source=row.source,
        item=row.item,
        channel=Channel(row.channel),
        reason=row.reason,
        says=row.says,
        raw_sha256=row.raw_sha256,
        message_id=row.message_id,
        state=ParkedState(row.state),
        parked_at=row.parked_at,
    )

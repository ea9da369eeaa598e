"""What became of replies on their way, and where nothing more is sent by itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from amends.domain.delivery import CameTo, Delivery, PutOff, Unreachable
from storage.rows import chunks, insert_or_replace, insert_rows, one_of
from storage.tables import deliveries, postponed, unreachable


class SqlDeliveryStore:
    """Deliveries within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def note(self, happened: Sequence[Delivery]) -> None:
        """Write to the end of the log, in this order."""
        if not happened:
            return
        last = self._connection.scalar(select(func.max(deliveries.c.number))) or 0
        insert_rows(
            self._connection,
            deliveries,
            [
                {
                    "number": number,
                    "reply_id": one.reply_id,
                    "case_id": one.case_id,
                    "at": one.at,
                    "came_to": one.came_to.value,
                    "form": one.form,
                    "sent_to": one.sent_to,
                    "name": one.name,
                    "text_sha256": one.text_sha256,
                    "approved_by": one.approved_by,
                    "says": one.says,
                    "again_at": one.again_at,
                }
                for number, one in enumerate(happened, start=last + 1)
            ],
        )

    def of_case(self, case_id: str) -> list[Delivery]:
        """Give a case's deliveries, in the order in which they happened."""
        rows = self._connection.execute(
            select(deliveries).where(deliveries.c.case_id == case_id).order_by(deliveries.c.number)
        )
        return [_delivery(row) for row in rows]

    def put_off(self, reply_ids: Collection[str]) -> dict[str, PutOff]:
        """Say how often these replies were put off; one that never was is left out."""
        found: dict[str, PutOff] = {}
        for chunk in chunks(set(reply_ids)):
            rows = self._connection.execute(
                select(deliveries.c.reply_id, func.count().label("times"), func.min(deliveries.c.at).label("since"))
                .where(
                    one_of(self._connection, deliveries.c.reply_id, chunk),
                    deliveries.c.came_to == CameTo.PUT_OFF.value,
                )
                .group_by(deliveries.c.reply_id)
            )
            found |= {row.reply_id: PutOff(times=row.times, since=row.since) for row in rows}
        return found

    def proofs(self, reply_ids: Collection[str]) -> dict[str, Delivery]:
        """Give what last showed that a reply had arrived or come back; one of which nothing did is left out."""
        proving = [CameTo.SHOWN.value, CameTo.CAME_BACK.value]
        return {
            row.reply_id: _delivery(row)
            for chunk in chunks(set(reply_ids))
            for row in self._connection.execute(
                select(deliveries)
                .where(one_of(self._connection, deliveries.c.reply_id, chunk), deliveries.c.came_to.in_(proving))
                .order_by(deliveries.c.number)
            )
        }

    def waits(self, reply_ids: Collection[str]) -> dict[str, int]:
        """Say how often these replies were put off or held."""
        waiting = [CameTo.PUT_OFF.value, CameTo.HELD.value]
        return {
            row.reply_id: row.times
            for chunk in chunks(set(reply_ids))
            for row in self._connection.execute(
                select(deliveries.c.reply_id, func.count().label("times"))
                .where(one_of(self._connection, deliveries.c.reply_id, chunk), deliveries.c.came_to.in_(waiting))
                .group_by(deliveries.c.reply_id)
            )
        }

    def postpone(self, until: Mapping[str, datetime], *, are_held: bool = False) -> None:
        """Remember when replies are to be handed to delivery again."""
        rows = [{"reply_id": reply, "again_at": at, "is_held": are_held} for reply, at in until.items()]
        insert_or_replace(self._connection, postponed, rows)

    def let_go(self, *, at: datetime) -> None:
        """Make those due that wait for the end of a hold."""
        self._connection.execute(update(postponed).where(postponed.c.is_held.is_(True)).values(again_at=at))

    def due(self, *, at: datetime, limit: int) -> list[str]:
        """Name at most `limit` replies that are to be handed to delivery again, those first that waited longest."""
        rows = self._connection.scalars(
            select(postponed.c.reply_id)
            .where(postponed.c.again_at <= at)
            .order_by(postponed.c.again_at, postponed.c.reply_id)
            .limit(limit)
        )
        return list(rows)

    def take_up(self, reply_ids: Collection[str], *, at: datetime) -> list[str]:
        """Forget that these replies were put off; gives those that were, and are due, in order."""
        taken: set[str] = set()
        for chunk in chunks(set(reply_ids)):
            waits = one_of(self._connection, postponed.c.reply_id, chunk) & (postponed.c.again_at <= at)
            taken |= set(self._connection.scalars(select(postponed.c.reply_id).where(waits)))
            self._connection.execute(delete(postponed).where(waits))
        return [reply for reply in dict.fromkeys(reply_ids) if reply in taken]

    def block(self, one: Unreachable) -> None:
        """Remember that mail to an address came back."""
        row = {"address": one.address, "since": one.since, "reply_id": one.reply_id, "says": one.says}
        insert_or_replace(self._connection, unreachable, [row])

    def unblock(self, address: str) -> bool:
        """Forget that mail to an address came back; false where nobody knew of it."""
        return self._connection.execute(delete(unreachable).where(unreachable.c.address == address)).rowcount > 0

    def unreachable(self, addresses: Collection[str] | None = None) -> dict[str, Unreachable]:
        """Give those of these addresses that mail came back from, or all of them, the oldest first."""
        statement = select(unreachable).order_by(unreachable.c.since, unreachable.c.address)
        asked = (
            [statement]
            if addresses is None
            else [
                statement.where(one_of(self._connection, unreachable.c.address, chunk))
                for chunk in chunks(set(addresses))
            ]
        )
        rows = [row for one in asked for row in self._connection.execute(one)]
        return {
            row.address: Unreachable(address=row.address, since=row.since, reply_id=row.reply_id, says=row.says)
            for row in rows
        }


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        reply_id=row.reply_id,
        case_id=row.case_id,
        at=row.at,
        came_to=CameTo(row.came_to),
        form=row.form,
        sent_to=row.sent_to,
        name=row.name,
        text_sha256=row.text_sha256,
        approved_by=row.approved_by,
        says=row.says,
        again_at=row.again_at,
    )

"""What operators read: how the stages get on, what comes in and goes out, what is parked."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from amends.domain.arrival import Fate, Parked, ParkedState
from amends.domain.channel import Channel
from amends.domain.delivery import CameTo
from amends.domain.reply import Reply, ReplyState
from amends.errors import NotFound
from amends.history import STAGE_DONE
from storage.intake import parked_of
from storage.replies import reply_of
from storage.tables import arrivals, deliveries, log_records, parked, replies

#: So many of the last batches, and of the last deliveries, are looked at.
_LOOKED_AT = 2_000
_TROUBLE = [CameTo.REFUSED.value, CameTo.UNKNOWN.value, CameTo.PUT_OFF.value, CameTo.CAME_BACK.value]


def last_done(connection: Connection, stages: Collection[str]) -> dict[str, datetime]:
    """Say when each of these stages last did a batch; one of which the last batches tell nothing is left out."""
    found: dict[str, datetime] = {}
    rows = connection.execute(
        select(log_records.c.at, log_records.c.body)
        .where(log_records.c.topic == "history", log_records.c.partition == 0, log_records.c.type == STAGE_DONE)
        .order_by(log_records.c.position.desc())
        .limit(_LOOKED_AT)
    )
    for row in rows:
        stage = json.loads(row.body)["stage"]
        if stage in stages:
            found.setdefault(stage, row.at)
        if len(found) == len(stages):
            break
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ComesIn:
    """What came by a channel: when last anything was taken in, and when last something was parked, with the reason."""

    channel: Channel
    last_ingested: datetime | None
    last_parked: datetime | None
    parked_for: str = ""


def comes_in(connection: Connection) -> list[ComesIn]:
    """Say of each channel when something last came by it."""
    return [_comes_in(connection, channel) for channel in Channel]


def _comes_in(connection: Connection, channel: Channel) -> ComesIn:
    last = (
        select(arrivals.c.arrived_at, arrivals.c.reason)
        .where(arrivals.c.channel == channel.value)
        .order_by(arrivals.c.arrived_at.desc())
        .limit(1)
    )
    ingested = connection.execute(last.where(arrivals.c.fate == Fate.INGESTED.value)).first()
    stopped = connection.execute(last.where(arrivals.c.fate == Fate.PARKED.value)).first()
    return ComesIn(
        channel=channel,
        last_ingested=ingested.arrived_at if ingested else None,
        last_parked=stopped.arrived_at if stopped else None,
        parked_for=stopped.reason if stopped else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GoesOut:
    """What went out in a form: when a reply last arrived, and what last went wrong, in the other side's words."""

    form: str
    last_sent: datetime | None
    last_trouble: datetime | None
    came_to: CameTo | None
    says: str = ""


def goes_out(connection: Connection) -> list[GoesOut]:
    """Say of each form that was used lately how it went."""
    rows = connection.execute(
        select(deliveries.c.form, deliveries.c.at, deliveries.c.came_to, deliveries.c.says)
        .order_by(deliveries.c.number.desc())
        .limit(_LOOKED_AT)
    ).all()
    sent: dict[str, datetime] = {}
    trouble: dict[str, Any] = {}
    for row in rows:
        if row.came_to == CameTo.SENT.value:
            sent.setdefault(row.form, row.at)
        elif row.came_to in _TROUBLE:
            trouble.setdefault(row.form, row)
    return [
        GoesOut(
            form=form,
            last_sent=sent.get(form),
            last_trouble=trouble[form].at if form in trouble else None,
            came_to=CameTo(trouble[form].came_to) if form in trouble else None,
            says=trouble[form].says if form in trouble else "",
        )
        for form in sorted({*sent, *trouble})
    ]


def undecided(connection: Connection, *, limit: int) -> list[Reply]:
    """Give the replies of which nobody knows whether they arrived, oldest first."""
    rows = connection.execute(
        select(replies)
        .where(replies.c.state == ReplyState.UNKNOWN.value)
        .order_by(replies.c.drafted_at, replies.c.id)
        .limit(limit)
    )
    return [reply_of(row) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedPage:
    """Some of what is parked, how many there are of each reason, and what the next ones come after."""

    rows: tuple[Parked, ...]
    by_reason: Mapping[str, int]
    after: str = ""


def parked_page(
    connection: Connection,
    *,
    limit: int,
    after: str = "",
    reason: str = "",
    state: ParkedState = ParkedState.WAITING,
) -> ParkedPage:
    """Give some of what is parked, as `parked_after` does, with the count of each reason.

    Raises:
        NotFound: nothing is parked under `after`.
    """
    counted = connection.execute(
        select(parked.c.reason, func.count())
        .where(parked.c.state == state.value)
        .group_by(parked.c.reason)
        .order_by(parked.c.reason)
    )
    rows = parked_after(connection, limit=limit + 1, after=after, reason=reason, state=state)
    return ParkedPage(
        rows=tuple(rows[:limit]),
        by_reason={name: count for name, count in counted},
        after=rows[limit - 1].id if len(rows) > limit else "",
    )


def parked_after(
    connection: Connection,
    *,
    limit: int,
    after: str = "",
    reason: str = "",
    state: ParkedState = ParkedState.WAITING,
) -> list[Parked]:
    """Give at most `limit` of what is parked, oldest first, that come after the parked message `after`.

    Raises:
        NotFound: nothing is parked under `after`.
    """
    found: list[ColumnElement[bool]] = [parked.c.state == state.value]
    if reason:
        found.append(parked.c.reason == reason)
    if after:
        at = connection.scalar(select(parked.c.parked_at).where(parked.c.id == after))
        if at is None:
            raise NotFound(f"nothing is parked under {after!r}; see `amends parked list`")
        found.append(or_(parked.c.parked_at > at, (parked.c.parked_at == at) & (parked.c.id > after)))
    rows = connection.execute(select(parked).where(*found).order_by(parked.c.parked_at, parked.c.id).limit(limit))
    return [parked_of(row) for row in rows]

"""Channels: how many came when, when connectors last looked, and the alerts about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, text, update

from amends.domain.arrival import Fate
from amends.domain.baseline import HOUR, LEARNT_FROM, learn
from amends.domain.channel import Channel
from amends.domain.channel_alert import AlertKind, ChannelAlert, ChannelState, Look
from amends.domain.clock import Calendar
from amends.errors import NotFound, Refused
from storage.rows import begins_with, insert_new, insert_or_replace
from storage.tables import arrivals, channel_alerts, looks

_CAME = arrivals.c.fate.in_([Fate.INGESTED.value, Fate.PARKED.value])


class SqlChannelStore:
    """Alerts and looks within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def looked(self, done: Sequence[Look]) -> None:
        """Remember when connectors looked."""
        rows = [
            {"source": one.source, "channel": one.channel.value if one.channel else "", "looked_at": one.at}
            for one in done
        ]
        insert_or_replace(self._connection, looks, rows)

    def states(self, *, now: datetime, calendar: Calendar) -> list[ChannelState]:
        """Say how each channel stands that ever brought anything."""
        return channel_states(self._connection, now=now, calendar=calendar)

    def raise_(self, alert: ChannelAlert) -> None:
        """Store an alert; one that exists stays as it is."""
        insert_new(self._connection, channel_alerts, [_row(alert)])

    def open_alerts(self) -> list[ChannelAlert]:
        """Give the alerts that have not ended, the oldest first."""
        return alerts(self._connection, only_open=True)

    def find(self, prefix: str) -> ChannelAlert:
        """Give the one alert whose id begins with `prefix`."""
        rows = self._connection.execute(
            select(channel_alerts).where(begins_with(channel_alerts.c.id, prefix)).limit(2)
        ).all()
        if len(rows) != 1:
            which = "more than one alert" if rows else "no alert"
            raise NotFound(f"{which} has an id that begins with {prefix!r}; see `amends channels`")
        return _read(rows[0])

    def end(self, alert_id: str, *, at: datetime) -> None:
        """Say that what it was raised for is over; one that has ended stays as it is."""
        self._connection.execute(
            update(channel_alerts)
            .where(channel_alerts.c.id == alert_id, channel_alerts.c.ended_at.is_(None))
            .values(ended_at=at)
        )

    def seen(self, alert_id: str, *, by: str, at: datetime) -> None:
        """Say who has seen it first."""
        seen = self._connection.execute(
            update(channel_alerts)
            .where(channel_alerts.c.id == alert_id, channel_alerts.c.seen_by == "")
            .values(seen_by=by, seen_at=at)
        )
        if seen.rowcount != 1:
            raise Refused(f"somebody has seen alert {alert_id} before")


def alerts(connection: Connection, *, only_open: bool = False, limit: int = 200) -> list[ChannelAlert]:
    """Give alerts: those that are open, the oldest first, or the newest of all."""
    if only_open:
        wanted = select(channel_alerts).where(channel_alerts.c.ended_at.is_(None))
        statement = wanted.order_by(channel_alerts.c.raised_at, channel_alerts.c.id)
    else:
        statement = select(channel_alerts).order_by(channel_alerts.c.raised_at.desc(), channel_alerts.c.id)
    return [_read(row) for row in connection.execute(statement.limit(limit))]


def channel_states(connection: Connection, *, now: datetime, calendar: Calendar) -> list[ChannelState]:
    """Say how each channel stands that ever brought anything, for people and for the watch."""
    counts = _counts(connection, since=now - LEARNT_FROM - HOUR, until=now)
    lately = _lately(connection, since=now - HOUR, until=now)
    looked = last_looks(connection)
    opened = alerts(connection, only_open=True)
    found = []
    for channel in Channel:
        # Each answered by one end of an index.
        came = select(arrivals.c.arrived_at).where(arrivals.c.channel == channel.value, _CAME).limit(1)
        first, last = (
            connection.scalar(came.order_by(end)) for end in (arrivals.c.arrived_at.asc(), arrivals.c.arrived_at.desc())
        )
        if first is None or last is None:
            continue
        by_hour = counts.get(channel.value, {})
        found.append(
            ChannelState(
                channel=channel,
                now=now,
                first=first,
                last=last,
                in_last_hour=lately.get(channel.value, 0),
                baseline=learn(by_hour, first=first, now=now, calendar=calendar),
                looks=[look for look in looked if look.channel in {channel, None}],
                open_alerts=[alert for alert in opened if alert.channel is channel],
            )
        )
    return found


def _counts(connection: Connection, *, since: datetime, until: datetime) -> Mapping[str, Mapping[datetime, int]]:
    hour = _hour_of(connection)
    rows = connection.execute(
        select(arrivals.c.channel, hour.label("hour"), func.count())
        .where(arrivals.c.channel.in_([one.value for one in Channel]), _within(since, until), _CAME)
        .group_by(arrivals.c.channel, hour)
    )
    found: dict[str, dict[datetime, int]] = defaultdict(dict)
    for channel, written, count in rows:
        found[channel][datetime.strptime(written, "%Y-%m-%d %H").replace(tzinfo=UTC)] = count
    return found


def _lately(connection: Connection, *, since: datetime, until: datetime) -> Mapping[str, int]:
    rows = connection.execute(
        select(arrivals.c.channel, func.count())
        .where(arrivals.c.channel.in_([one.value for one in Channel]), _within(since, until), _CAME)
        .group_by(arrivals.c.channel)
    )
    return {channel: count for channel, count in rows}


def _within(since: datetime, until: datetime) -> ColumnElement[bool]:
    return (arrivals.c.arrived_at > since) & (arrivals.c.arrived_at <= until)


def _hour_of(connection: Connection) -> ColumnElement[str]:
    if connection.dialect.name == "sqlite":
        # Kept as the text of its UTC reading.
        return func.strftime(text("'%Y-%m-%d %H'"), arrivals.c.arrived_at)
    return func.to_char(func.timezone(text("'UTC'"), arrivals.c.arrived_at), text("'YYYY-MM-DD HH24'"))


def last_looks(connection: Connection) -> list[Look]:
    """Say when connectors last looked at each source with success."""
    rows = connection.execute(select(looks).order_by(looks.c.source))
    return [
        Look(source=row.source, channel=Channel(row.channel) if row.channel else None, at=row.looked_at) for row in rows
    ]


def _row(alert: ChannelAlert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "channel": alert.channel.value,
        "kind": alert.kind.value,
        "says": alert.says,
        "raised_at": alert.raised_at,
        "ended_at": alert.ended_at,
        "seen_by": alert.seen_by,
        "seen_at": alert.seen_at,
    }


def _read(row: Row[Any]) -> ChannelAlert:
    return ChannelAlert(
        id=row.id,
        channel=Channel(row.channel),
        kind=AlertKind(row.kind),
        says=row.says,
        raised_at=row.raised_at,
        ended_at=row.ended_at,
        seen_by=row.seen_by,
        seen_at=row.seen_at,
    )

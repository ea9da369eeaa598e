"""How much of everything waits: counts for the figures of operation, cheap enough to be asked every few seconds.

Each statement reads a table of a few rows, or a range of an index that holds only what
waits: none of them grows with what is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, TextClause, func, select, text

from amends.domain.arrival import ParkedState
from amends.domain.channel import Channel
from amends.domain.channel_alert import AlertKind
from amends.domain.clock import ClockKind
from amends.domain.dead import DeadState
from amends.domain.reply import ReplyState
from amends.domain.task import TaskKind
from amends.domain.verdict import Severity
from amends.meter import Levels
from storage.log_table import LogTable
from storage.tables import IS_OPEN, cases, channel_alerts, clocks, dead_letters, parked, replies, tasks

#: Replies that a person or a service has yet to act on.
WAITING_REPLIES = (ReplyState.IN_REVIEW, ReplyState.APPROVED, ReplyState.QUEUED, ReplyState.SENDING)


def levels(connection: Connection, *, groups: Mapping[str, str], now: datetime) -> Levels:
    """Count what waits. `groups` says which topic each stage reads."""
    log = LogTable(connection, partitions={})
    unshipped, since = log.unshipped()
    return Levels(
        lag={(stage, topic): log.lag(stage, topic) for stage, topic in groups.items()},
        unshipped=unshipped,
        unshipped_since=since,
        dead_letters=_counted(
            connection,
            dead_letters.c.stage,
            dead_letters.c.state == DeadState.WAITING.value,
            known=groups,
        ),
        parked=_counted(
            connection,
            parked.c.reason,
            parked.c.state == ParkedState.WAITING.value,
        ),
        replies=_counted(
            connection,
            replies.c.state,
            replies.c.state.in_([state.value for state in WAITING_REPLIES]),
            known=[state.value for state in WAITING_REPLIES],
        ),
        tasks=_counted(connection, tasks.c.kind, tasks.c.done_at.is_(None), known=TaskKind),
        overdue=_counted(
            connection, clocks.c.kind, clocks.c.stopped_at.is_(None), clocks.c.due_at < now, known=ClockKind
        ),
        cases=_by_severity(connection),
        channel_alerts=_of_channels(connection),
    )


def _of_channels(connection: Connection) -> dict[tuple[str, str], int]:
    found = connection.execute(
        select(channel_alerts.c.channel, channel_alerts.c.kind, func.count())
        .where(channel_alerts.c.ended_at.is_(None))
        .group_by(channel_alerts.c.channel, channel_alerts.c.kind)
    )
    none = {(channel.value, kind.value): 0 for channel in Channel for kind in AlertKind}
    return {**none, **{(channel, kind): count for channel, kind, count in found}}


def _by_severity(connection: Connection) -> dict[str, int]:
    found = _counted(connection, cases.c.severity, text(IS_OPEN))
    named = {level.word: found.get(str(level.value), 0) for level in Severity}
    return {**named, "none": found.get("None", 0)}


def _counted(
    connection: Connection, column: Column[Any], *where: ColumnElement[bool] | TextClause, known: Iterable[str] = ()
) -> dict[str, int]:
    """Count rows by a column; what is `known` and has no row counts 0."""
    found = connection.execute(select(column, func.count()).where(*where).group_by(column))
    return {**dict.fromkeys(known, 0), **{str(value): count for value, count in found}}

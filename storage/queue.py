"""The queue as people read it: what to do next first, narrowed as they wish, a page at a time.

The database ranks by `queue_places` (`storage/places.py`). Places whose rank does not hold at
the moment of the question are counted as part of it, so the order is that of
`amends/domain/priority.py` at that very moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    func,
    literal,
    not_,
    select,
    tuple_,
    union_all,
)

from amends.domain.case import Case, CaseState
from amends.domain.channel import Channel
from amends.domain.clock import Clock
from amends.domain.due import Due, Horizon, horizon
from amends.domain.priority import Factor, factors, score
from amends.domain.verdict import FlagName, Kind, Severity
from storage.cases import case_of
from storage.clocks import clock_of
from storage.places import BIT_OF_FLAG, clock_points, ended, not_yet
from storage.rows import chunks, one_of
from storage.tables import cases, clocks, queue_places

_places = queue_places.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which cases to show; what is None narrows nothing. `severity` means that or worse, an `owner` of "" nobody."""

    kind: Kind | None = None
    severity: Severity | None = None
    channel: Channel | None = None
    owner: str | None = None
    needs_person: bool | None = None
    state: CaseState | None = None
    flag: FlagName | None = None
    due: Due | None = None


EVERYTHING = Wanted()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The place in the queue after which a page begins."""

    score: int
    opened_at: datetime
    case_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One case with its place in the queue and the reasons for it."""

    case: Case
    clocks: tuple[Clock, ...]
    factors: tuple[Factor, ...]

    @property
    def score(self) -> int:
        """The sum of the factors."""
        return score(self.factors)

    @property
    def next_due(self) -> datetime | None:
        """When the next of its clocks runs out."""
        return min((clock.due_at for clock in self.clocks if clock.stopped_at is None), default=None)

    @property
    def cursor(self) -> Cursor:
        """The place after this row."""
        return Cursor(score=self.score, opened_at=self.case.opened_at, case_id=self.case.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A page of the queue, and how many cases there are in all."""

    rows: tuple[QueueRow, ...]
    in_all: int


def queue(
    connection: Connection,
    *,
    now: datetime,
    limit: int,
    wanted: Wanted = EVERYTHING,
    after: Cursor | None = None,
    zone: tzinfo = UTC,
) -> Queue:
    """Give the cases that wait for people, what to do next first, `limit` of them, and count them all."""
    in_all = connection.scalar(
        select(func.count()).select_from(queue_places).where(*_narrowed(wanted, horizon(now, zone)))
    )
    return Queue(rows=page(connection, now=now, limit=limit, wanted=wanted, after=after, zone=zone), in_all=in_all or 0)


def page(
    connection: Connection,
    *,
    now: datetime,
    limit: int,
    wanted: Wanted = EVERYTHING,
    after: Cursor | None = None,
    zone: tzinfo = UTC,
) -> tuple[QueueRow, ...]:
    """Give `limit` cases of the queue, those after a place in it. `zone` says where a day ends."""
    narrowed = _narrowed(wanted, horizon(now, zone))
    ranked = union_all(_as_it_holds(now, narrowed, after, limit), _counted_now(now, narrowed, after, limit)).subquery()
    first = select(ranked.c.case_id).order_by(ranked.c.rank, ranked.c.opened_at, ranked.c.case_id).limit(limit)
    return rows_of(connection, list(connection.scalars(first)), now=now)


def rows_of(connection: Connection, case_ids: Sequence[str], *, now: datetime) -> tuple[QueueRow, ...]:
    """Give these cases, in this order, each with its running clocks and the reasons for its place."""
    found: dict[str, Case] = {}
    running: dict[str, list[Clock]] = defaultdict(list)
    for chunk in chunks(case_ids):
        for row in connection.execute(select(cases).where(one_of(connection, cases.c.id, chunk))):
            found[row.id] = case_of(row)
        of_these = one_of(connection, clocks.c.case_id, chunk) & clocks.c.stopped_at.is_(None)
        for row in connection.execute(select(clocks).where(of_these).order_by(clocks.c.due_at, clocks.c.kind)):
            running[row.case_id].append(clock_of(row))
    return tuple(
        QueueRow(
            case=found[case_id],
            clocks=tuple(running[case_id]),
            factors=factors(found[case_id], running[case_id], now=now),
        )
        for case_id in case_ids
    )


def _as_it_holds(
    now: datetime, narrowed: Sequence[ColumnElement[bool]], after: Cursor | None, limit: int
) -> Select[tuple[str, datetime, int]]:
    """Take the first places whose rank holds, straight from the index of ranks."""
    # As a value, not as a range: a database must not choose the index of when ranks end.
    holds = and_(not_(ended(now)), not_(not_yet(now))).is_(True)
    beyond = [] if after is None else [_comes_after(_places.rank, after)]
    return _limited(select(_places.case_id, _places.opened_at, _places.rank).where(holds, *narrowed, *beyond), limit)


def _counted_now(
    now: datetime, narrowed: Sequence[ColumnElement[bool]], after: Cursor | None, limit: int
) -> Select[tuple[str, datetime, int]]:
    """Count the places whose rank does not hold, and take the first of them."""
    pressing = (
        select(func.coalesce(func.sum(clock_points(now)), 0))
        .where(clocks.c.case_id == _places.case_id, clocks.c.stopped_at.is_(None))
        .scalar_subquery()
    )
    rank = (-_places.points - pressing).label("rank")
    # Two questions, each with an index of its own: asked as one, SQLite would read all places.
    counted = union_all(
        *(
            select(_places.case_id, _places.opened_at, rank).where(holds_no_more, *narrowed)
            for holds_no_more in (ended(now), not_yet(now))
        )
    ).subquery()
    beyond = [] if after is None else [_comes_after(counted.c.rank, after, counted.c.opened_at, counted.c.case_id)]
    return _limited(select(counted.c.case_id, counted.c.opened_at, counted.c.rank).where(*beyond), limit)


def _limited(statement: Select[tuple[str, datetime, int]], limit: int) -> Select[tuple[str, datetime, int]]:
    columns = statement.selected_columns
    first = statement.order_by(columns.rank, columns.opened_at, columns.case_id).limit(limit).subquery()
    return select(first.c.case_id, first.c.opened_at, first.c.rank)


def _comes_after(
    rank: ColumnElement[int],
    after: Cursor,
    opened_at: ColumnElement[datetime] = _places.opened_at,
    case_id: ColumnElement[str] = _places.case_id,
) -> ColumnElement[bool]:
    place = (
        literal(-after.score),
        literal(after.opened_at, _places.opened_at.type),
        literal(after.case_id, _places.case_id.type),
    )
    return tuple_(rank, opened_at, case_id) > tuple_(*place)


def _narrowed(wanted: Wanted, at: Horizon) -> list[ColumnElement[bool]]:
    return [*narrowed(wanted, queue_places), *narrowed_by_place(wanted, at)]


def narrowed(wanted: Wanted, of: Table) -> list[ColumnElement[bool]]:
    """Say which rows of `cases`, or of their places, are wanted, as far as both tables tell."""
    found: list[ColumnElement[bool]] = []
    if wanted.kind is not None:
        found.append(of.c.kind == wanted.kind.value)
    if wanted.severity is not None:
        found.append(of.c.severity >= wanted.severity)
    if wanted.channel is not None:
        found.append(of.c.channel == wanted.channel.value)
    if wanted.owner is not None:
        found.append(of.c.owner == wanted.owner)
    if wanted.needs_person is not None:
        found.append(of.c.needs_person.is_(wanted.needs_person))
    if wanted.state is not None:
        found.append(of.c.state == wanted.state.value)
    return found


def narrowed_by_place(wanted: Wanted, at: Horizon) -> list[ColumnElement[bool]]:
    """Say which places are wanted, by what only a place tells: flags and what is due next."""
    found: list[ColumnElement[bool]] = []
    if wanted.flag is not None:
        found.append(_places.flags.bitwise_and(BIT_OF_FLAG[wanted.flag]) != 0)
    if wanted.due is not None:
        since, until = at.span(wanted.due)
        found += [_places.next_due <= until, *([] if since is None else [_places.next_due >= since])]
    return found

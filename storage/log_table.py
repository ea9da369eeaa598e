"""The log as a table: see `amends/bus/port.py` for what it promises."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, tuple_, update

from amends.bus.port import NewRecord, Position, Record, Unshipped, partition_of
from amends.errors import Misconfigured, NotFound, PositionLost
from storage.rows import chunks, insert_new, insert_or_replace, insert_rows, one_of
from storage.tables import log_ends, log_positions, log_records, log_shipped, log_workers

_ENDS_AND_SHIPPED = log_ends.outerjoin(
    log_shipped, (log_shipped.c.topic == log_ends.c.topic) & (log_shipped.c.partition == log_ends.c.partition)
)
#: How far a partition of these was shipped.
_SHIPPED = func.coalesce(log_shipped.c.next_position, 0)


class LogTable:
    """The log's table within one transaction."""

    def __init__(self, connection: Connection, *, partitions: Mapping[str, int]) -> None:
        """Work on `connection`; `partitions` says how many partitions each topic has."""
        self._connection = connection
        self._partitions = partitions

    def publish(self, records: Sequence[NewRecord]) -> int:
        """Append records; one whose id the topic holds is left out."""
        placed = self.place(records)
        self.write(placed)
        return len(placed)

    def place(self, records: Sequence[NewRecord]) -> list[Record]:
        """Give out offsets to records; one whose id the topic holds is left out. They are to be written after it."""
        by_partition: dict[str, dict[int, list[NewRecord]]] = defaultdict(lambda: defaultdict(list))
        taken = self._taken(records)
        for record in records:
            if (record.topic, record.id) in taken:
                continue
            taken.add((record.topic, record.id))
            partition = partition_of(record.key, self.partitions_of(record.topic))
            by_partition[record.topic][partition].append(record)
        placed = []
        for topic, of_topic in sorted(by_partition.items()):
            firsts = self._reserve_in(topic, {partition: len(new) for partition, new in sorted(of_topic.items())})
            placed += [
                _placed(record, partition, first + number)
                for partition, first in firsts.items()
                for number, record in enumerate(of_topic[partition])
            ]
        return placed

    def write(self, placed: Sequence[Record]) -> None:
        """Write records at the offsets that were given out to them."""
        insert_rows(self._connection, log_records, [_row(one) for one in placed])

    def put(self, partition: int, offset: int, record: NewRecord) -> None:
        """Put a record at an offset that was reserved for it."""
        self.write([_placed(record, partition, offset)])

    def copy_in(self, records: Sequence[Record]) -> None:
        """Take over records of another log, each at the offset that it has there; those of a partition in order."""
        self.write(records)
        ends = {(one.topic, one.partition): one.next_offset for one in records}
        insert_or_replace(
            self._connection,
            log_ends,
            [{"topic": topic, "partition": number, "next_position": end} for (topic, number), end in ends.items()],
        )

    def holds(self, topic: str, record_id: str) -> bool:
        """Whether a topic holds a record of this id."""
        here = (log_records.c.topic == topic) & (log_records.c.id == record_id)
        return self._connection.scalar(select(log_records.c.position).where(here)) is not None

    def ends(self, topic: str) -> dict[int, int]:
        """Give the next offset of each partition that holds records."""
        rows = self._connection.execute(
            select(log_ends.c.partition, log_ends.c.next_position)
            .where(log_ends.c.topic == topic)
            .order_by(log_ends.c.partition)
        )
        return {row.partition: row.next_position for row in rows}

    def advance(self, position: Position, to: int, *, mark: int = 0) -> None:
        """Move a group on, if it still stands where `position` says."""
        here = (
            (log_positions.c.group_name == position.group)
            & (log_positions.c.topic == position.topic)
            & (log_positions.c.partition == position.partition)
        )
        if position.next_offset == 0:
            row = {"group_name": position.group, "topic": position.topic, "partition": position.partition}
            insert_new(self._connection, log_positions, [{**row, "next_position": 0, "mark": 0}])
        moved = self._connection.execute(
            update(log_positions)
            .where(here, log_positions.c.next_position == position.next_offset)
            .values(next_position=to, mark=mark)
        )
        if moved.rowcount != 1:
            raise PositionLost(
                f"{position.group} no longer stands at {position.next_offset} in "
                f"{position.topic}[{position.partition}]: another worker moved it on"
            )

    def position(self, group: str, topic: str, partition: int) -> Position:
        """Say where a group stands."""
        row = self._connection.execute(
            select(log_positions.c.next_position, log_positions.c.mark).where(
                log_positions.c.group_name == group,
                log_positions.c.topic == topic,
                log_positions.c.partition == partition,
            )
        ).first()
        next_offset, mark = (row.next_position, row.mark) if row else (0, 0)
        return Position(group=group, topic=topic, partition=partition, next_offset=next_offset, mark=mark)

    def read(self, position: Position, *, limit: int) -> list[Record]:
        """Give at most `limit` records from a position on."""
        rows = self._connection.execute(
            select(log_records)
            .where(
                log_records.c.topic == position.topic,
                log_records.c.partition == position.partition,
                log_records.c.position >= position.next_offset,
            )
            .order_by(log_records.c.position)
            .limit(limit)
        )
        return [_record(row) for row in rows.all()]

    def find(self, topic: str, record_id: str) -> Record:
        """Give a record by its id."""
        row = self._connection.execute(
            select(log_records).where(log_records.c.topic == topic, log_records.c.id == record_id)
        ).first()
        if row is None:
            raise NotFound(f"the log holds no record {record_id!r} on {topic}")
        return _record(row)

    def waiting(self, group: str, topic: str, ids: Collection[str]) -> set[str]:
        """Say which of these records a group has not moved past."""
        ahead = log_records.outerjoin(
            log_positions,
            (log_positions.c.topic == log_records.c.topic)
            & (log_positions.c.partition == log_records.c.partition)
            & (log_positions.c.group_name == group),
        )
        return {
            found
            for chunk in chunks(ids)
            for found in self._connection.scalars(
                select(log_records.c.id)
                .select_from(ahead)
                .where(
                    log_records.c.topic == topic,
                    one_of(self._connection, log_records.c.id, chunk),
                    log_records.c.position >= func.coalesce(log_positions.c.next_position, 0),
                )
            )
        }

    def lag(self, group: str, topic: str) -> int:
        """Count what a group has not moved past."""
        ends = self._connection.scalar(
            select(func.coalesce(func.sum(log_ends.c.next_position), 0)).where(log_ends.c.topic == topic)
        )
        done = self._connection.scalar(
            select(func.coalesce(func.sum(log_positions.c.next_position), 0)).where(
                log_positions.c.topic == topic, log_positions.c.group_name == group
            )
        )
        return int(ends or 0) - int(done or 0)

    def lock_unshipped(self) -> list[Unshipped]:
        """Lock the partitions that hold records which were not shipped, but for those that another relay has locked.

        The locks hold until the transaction ends, so that no two relays ship one
        partition at the same time.
        """
        behind = self._connection.execute(
            select(log_ends.c.topic, log_ends.c.partition, log_shipped.c.next_position.is_(None).label("is_new"))
            .select_from(_ENDS_AND_SHIPPED)
            .where(log_ends.c.next_position > _SHIPPED)
            .order_by(log_ends.c.topic, log_ends.c.partition)
        ).all()
        if not behind:
            return []
        insert_new(
            self._connection,
            log_shipped,
            [{"topic": row.topic, "partition": row.partition, "next_position": 0} for row in behind if row.is_new],
        )
        locked = self._connection.execute(
            select(log_shipped)
            .where(tuple_(log_shipped.c.topic, log_shipped.c.partition).in_([row[:2] for row in behind]))
            .order_by(log_shipped.c.topic, log_shipped.c.partition)
            .with_for_update(skip_locked=True)
        )
        return [Unshipped(topic=row.topic, partition=row.partition, next_offset=row.next_position) for row in locked]

    def mark_shipped(self, unshipped: Unshipped, to: int) -> None:
        """Note that a partition was shipped up to `to`."""
        self._connection.execute(
            update(log_shipped)
            .where(log_shipped.c.topic == unshipped.topic, log_shipped.c.partition == unshipped.partition)
            .values(next_position=to)
        )

    def note_shipped(self, topic: str, ends: Mapping[int, int]) -> None:
        """Note up to where the partitions of a topic are on the broker already."""
        rows = [{"topic": topic, "partition": number, "next_position": end} for number, end in ends.items()]
        insert_or_replace(self._connection, log_shipped, rows)

    def shipped(self, topic: str, partition: int) -> int:
        """Say up to which position a partition was shipped."""
        return (
            self._connection.scalar(
                select(log_shipped.c.next_position).where(
                    log_shipped.c.topic == topic, log_shipped.c.partition == partition
                )
            )
            or 0
        )

    def unshipped(self) -> tuple[int, datetime | None]:
        """Count what was not shipped, and say of when the oldest is that is next in its partition.

        Offsets have no gap, so two numbers a partition are enough to count, however much there is.
        """
        row = self._connection.execute(
            select(
                func.coalesce(func.sum(log_ends.c.next_position - _SHIPPED), 0).label("n"),
                func.min(log_records.c.at).label("oldest"),
            ).select_from(
                _ENDS_AND_SHIPPED.outerjoin(
                    log_records,
                    (log_records.c.topic == log_ends.c.topic)
                    & (log_records.c.partition == log_ends.c.partition)
                    & (log_records.c.position == _SHIPPED),
                )
            )
        ).one()
        return int(row.n), row.oldest

    def live_workers(self, group: str, topic: str, worker: str, *, now: datetime, ttl: timedelta) -> list[str]:
        """Say that `worker` lives, and list all that do, in an order that they all agree on."""
        insert_or_replace(
            self._connection,
            log_workers,
            [{"group_name": group, "topic": topic, "worker": worker, "alive_until": now + ttl}],
        )
        # A claim that lies further ahead than any can was made before the clock was set back: nobody renews it.
        alive = (log_workers.c.alive_until > now) & (log_workers.c.alive_until <= now + 4 * ttl)
        return list(
            self._connection.scalars(
                select(log_workers.c.worker)
                .where(log_workers.c.group_name == group, log_workers.c.topic == topic, alive)
                .order_by(log_workers.c.worker)
            )
        )

    def count_workers(self, group: str, topic: str, *, now: datetime) -> int:
        """Count the workers that live."""
        return (
            self._connection.scalar(
                select(func.count())
                .select_from(log_workers)
                .where(log_workers.c.group_name == group, log_workers.c.topic == topic, log_workers.c.alive_until > now)
            )
            or 0
        )

    def forget_worker(self, group: str, topic: str, worker: str) -> None:
        """Strike a worker that stops off the list."""
        self._connection.execute(
            delete(log_workers).where(
                log_workers.c.group_name == group, log_workers.c.topic == topic, log_workers.c.worker == worker
            )
        )

    def partitions_in_use(self, topic: str) -> int:
        """Say how many partitions hold records: more than are declared, if there were more of them once."""
        highest = self._connection.scalar(select(func.max(log_ends.c.partition)).where(log_ends.c.topic == topic))
        return 0 if highest is None else highest + 1

    def partitions_of(self, topic: str) -> int:
        """Say how many partitions a topic has.

        Raises:
            Misconfigured: nobody declared the topic.
        """
        try:
            return self._partitions[topic]
        except KeyError:
            raise Misconfigured(f"no topic is called {topic!r}; declare it with its number of partitions") from None

    def _behind(self) -> list[tuple[str, int, int, int]]:
        """List the partitions that hold records which were not shipped: from where, and up to where."""
        ahead = log_ends.outerjoin(
            log_shipped,
            (log_shipped.c.topic == log_ends.c.topic) & (log_shipped.c.partition == log_ends.c.partition),
        )
        begin = func.coalesce(log_shipped.c.next_position, 0)
        rows = self._connection.execute(
            select(log_ends.c.topic, log_ends.c.partition, begin.label("begin"), log_ends.c.next_position)
            .select_from(ahead)
            .where(log_ends.c.next_position > begin)
            .order_by(log_ends.c.topic, log_ends.c.partition)
        )
        return [(row.topic, row.partition, row.begin, row.next_position) for row in rows]

    def _taken(self, records: Sequence[NewRecord]) -> set[tuple[str, str]]:
        ids: dict[str, set[str]] = defaultdict(set)
        for record in records:
            ids[record.topic].add(record.id)
        return {
            (topic, held)
            for topic, wanted in ids.items()
            for chunk in chunks(wanted)
            for held in self._connection.scalars(
                select(log_records.c.id).where(
                    log_records.c.topic == topic, one_of(self._connection, log_records.c.id, chunk)
                )
            )
        }

    def _reserve_in(self, topic: str, counts: Mapping[int, int]) -> dict[int, int]:
        """Give out so many offsets of each partition; returns the first of them."""
        # As in `reserve`, the rows stay locked.
        ends = self._connection.execute(
            select(log_ends.c.partition, log_ends.c.next_position)
            .where(log_ends.c.topic == topic)
            .order_by(log_ends.c.partition)
            .with_for_update()
        )
        begin = {row.partition: row.next_position for row in ends}
        firsts = {partition: begin.get(partition, 0) for partition in counts}
        insert_or_replace(
            self._connection,
            log_ends,
            [
                {"topic": topic, "partition": partition, "next_position": first + counts[partition]}
                for partition, first in firsts.items()
            ],
        )
        return firsts

    def reserve(self, topic: str, partition: int, count: int) -> int:
        """Give out the next `count` offsets of a partition; returns the first of them."""
        # The row stays locked until the commit, so that offsets are committed in the order they are given out.
        move = (
            update(log_ends)
            .where(log_ends.c.topic == topic, log_ends.c.partition == partition)
            .values(next_position=log_ends.c.next_position + count)
            .returning(log_ends.c.next_position)
        )
        after: int | None = self._connection.scalar(move)
        if after is None:
            insert_new(self._connection, log_ends, [{"topic": topic, "partition": partition, "next_position": 0}])
            after = self._connection.execute(move).scalar_one()
        return after - count


def _placed(record: NewRecord, partition: int, offset: int) -> Record:
    return Record(
        topic=record.topic,
        partition=partition,
        offset=offset,
        id=record.id,
        key=record.key,
        type=record.type,
        at=record.at,
        headers=record.headers,
        body=record.body,
    )


def _row(record: Record) -> dict[str, Any]:
    return {
        "topic": record.topic,
        "partition": record.partition,
        "position": record.offset,
        "id": record.id,
        "key": record.key,
        "type": record.type,
        "at": record.at,
        "headers": dict(record.headers),
        "body": record.body,
    }


def _record(row: Row[Any]) -> Record:
    return Record(
        topic=row.topic,
        partition=row.partition,
        offset=row.position,
        id=row.id,
        key=row.key,
        type=row.type,
        at=row.at,
        headers=row.headers,
        body=row.body,
    )

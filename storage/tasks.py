"""What only people can do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from amends.domain.task import Task, TaskKind
from amends.errors import NotFound
from storage.rows import begins_with, comes_after, insert_new
from storage.tables import tasks

_ORDER = (tasks.c.raised_at, tasks.c.id)


class SqlTaskStore:
    """Tasks within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def raise_(self, raised: Sequence[Task]) -> None:
        """Store tasks."""
        insert_new(
            self._connection,
            tasks,
            [
                {
                    "id": task.id,
                    "case_id": task.case_id,
                    "kind": task.kind.value,
                    "reason": task.reason,
                    "reply_id": task.reply_id,
                    "raised_at": task.raised_at,
                    "done_at": task.done_at,
                    "done_by": task.done_by,
                }
                for task in raised
            ],
        )

    def open_tasks(self, *, after: str = "", limit: int | None = None) -> list[Task]:
        """Give what is not done, oldest first: at most `limit`, those that come after the task `after`."""
        wanted = select(tasks).where(tasks.c.done_at.is_(None)).order_by(*_ORDER).limit(limit)
        if after:
            later = comes_after(self._connection, _ORDER, after)
            if later is None:
                raise NotFound(f"there is no task {after!r}; begin the list again")
            wanted = wanted.where(later)
        return [task_of(row) for row in self._connection.execute(wanted)]

    def of_case(self, case_id: str) -> list[Task]:
        """Give a case's tasks, done or not."""
        rows = self._connection.execute(select(tasks).where(tasks.c.case_id == case_id).order_by(*_ORDER))
        return [task_of(row) for row in rows]

    def finish(self, task_id: str, *, by: str, at: datetime) -> Task:
        """Mark a task done."""
        rows = self._connection.execute(
            select(tasks).where(begins_with(tasks.c.id, task_id), tasks.c.done_at.is_(None)).limit(2)
        ).all()
        if len(rows) != 1:
            raise NotFound(f"no open task, or more than one, has an id that begins with {task_id!r}")
        self._connection.execute(update(tasks).where(tasks.c.id == rows[0].id).values(done_at=at, done_by=by))
        return task_of(rows[0])


def task_of(row: Row[Any]) -> Task:
    """Read a task from its row."""
    return Task(
        id=row.id,
        case_id=row.case_id,
        kind=TaskKind(row.kind),
        reason=row.reason,
        reply_id=row.reply_id,
        raised_at=row.raised_at,
        done_at=row.done_at,
        done_by=row.done_by,
    )

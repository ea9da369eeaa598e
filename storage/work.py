"""Who works on what at this moment, and people's views of the queue."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from amends.domain.work import Lease, SavedView
from storage.rows import chunks, insert_or_replace, one_of
from storage.tables import case_leases, saved_views


class SqlWorkStore:
    """Leases and views within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hold(self, case_id: str, holder: str, *, now: datetime, until: datetime) -> bool:
        """Let `holder` work on a case, or go on."""
        insert: Any = sqlite.insert if self._connection.dialect.name == "sqlite" else postgresql.insert
        asked = insert(case_leases).values(case_id=case_id, holder=holder, since=now, until=until)
        asked = asked.returning(case_leases.c.holder)
        is_over = case_leases.c.until <= now
        # One that lies further ahead than any can was taken before the clock was set back: nobody renews it.
        is_wrong = case_leases.c.until > now + 4 * (until - now)
        renewed = self._connection.execute(
            asked.on_conflict_do_update(
                index_elements=[case_leases.c.case_id],
                set_={"until": until},
                where=(case_leases.c.holder == holder) & ~is_over & ~is_wrong,
            )
        )
        if renewed.first() is not None:
            return True
        taken = self._connection.execute(
            asked.on_conflict_do_update(
                index_elements=[case_leases.c.case_id],
                set_={"holder": holder, "since": now, "until": until},
                where=or_(is_over, is_wrong),
            )
        )
        return taken.first() is not None

    def let_go(self, case_id: str, holder: str) -> None:
        """Say that `holder` works on a case no more."""
        self._connection.execute(
            delete(case_leases).where(case_leases.c.case_id == case_id, case_leases.c.holder == holder)
        )

    def leases(self, case_ids: Collection[str], *, now: datetime) -> dict[str, Lease]:
        """Say who works on these cases now."""
        return {
            row.case_id: Lease(case_id=row.case_id, holder=row.holder, since=row.since, until=row.until)
            for chunk in chunks(case_ids)
            for row in self._connection.execute(
                select(case_leases).where(
                    one_of(self._connection, case_leases.c.case_id, chunk), case_leases.c.until > now
                )
            )
        }

    def views(self, owner: str) -> list[SavedView]:
        """Give the views that somebody keeps."""
        rows = self._connection.execute(
            select(saved_views).where(saved_views.c.owner == owner).order_by(saved_views.c.name)
        )
        return [SavedView(owner=row.owner, name=row.name, query=row.query, made_at=row.made_at) for row in rows]

    def keep_view(self, view: SavedView) -> None:
        """Keep a view."""
        row = {"owner": view.owner, "name": view.name, "query": view.query, "made_at": view.made_at}
        insert_or_replace(self._connection, saved_views, [row])

    def drop_view(self, owner: str, name: str) -> None:
        """Forget a view."""
        self._connection.execute(delete(saved_views).where(saved_views.c.owner == owner, saved_views.c.name == name))

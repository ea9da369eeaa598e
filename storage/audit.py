"""The audit trail: appended to, never changed. See `amends/domain/audit.py` for the chain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from amends.domain.audit import AuditEntry, Happening, chain
from storage.numbers import Numbers
from storage.rows import insert_rows
from storage.tables import audit_entries


class SqlAuditTrail:
    """The audit trail within one transaction, whose write lock keeps the chain single."""

    def __init__(self, connection: Connection, numbers: Numbers) -> None:
        self._connection = connection
        self._numbers = numbers

    def append(self, happenings: Sequence[Happening]) -> None:
        """Write entries to the end of the chain."""
        if not happenings:
            return
        number, last_hash = self.head()
        linked = chain(happenings, last_number=number, last_hash=last_hash)
        insert_rows(
            self._connection,
            audit_entries,
            [
                {
                    "number": entry.number,
                    "subject": happening.subject,
                    "happening": entry.happening_json,
                    "previous_hash": entry.previous_hash,
                    "hash": entry.hash,
                }
                for entry, happening in zip(linked, happenings, strict=True)
            ],
        )
        self._numbers.entry_written(linked[-1].number, linked[-1].hash)

    def head(self) -> tuple[int, str]:
        """Give the last entry's number and hash."""
        return self._numbers.last_entry()

    def entries(self, *, after: int = 0, limit: int = 10_000) -> list[AuditEntry]:
        """Give entries in order."""
        return self._rows(select(audit_entries).where(audit_entries.c.number > after).limit(limit))

    def about(self, subject: str) -> list[AuditEntry]:
        """Give the entries about one thing, oldest first."""
        return self._rows(select(audit_entries).where(audit_entries.c.subject == subject))

    def every(self) -> Iterator[AuditEntry]:
        """Give all entries in order, some thousands in memory at a time."""
        after = 0
        while page := self.entries(after=after):
            yield from page
            after = page[-1].number

    def _rows(self, statement: Select[tuple[Any, ...]]) -> list[AuditEntry]:
        rows = self._connection.execute(statement.order_by(audit_entries.c.number))
        return [
            AuditEntry(number=row.number, happening_json=row.happening, previous_hash=row.previous_hash, hash=row.hash)
            for row in rows
        ]

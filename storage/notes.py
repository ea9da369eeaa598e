"""Internal notes on cases. They are kept apart from all that is sent."""

from __future__ import annotations

from sqlalchemy import Connection, func, insert, select

from amends.domain.note import Note
from storage.tables import notes


class SqlNoteStore:
    """Notes within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, note: Note) -> None:
        """Store a note."""
        self._connection.execute(
            insert(notes).values(
                case_id=note.case_id, number=note.number, written_by=note.by, written_at=note.at, text=note.text
            )
        )

    def of_case(self, case_id: str) -> list[Note]:
        """Give a case's notes, oldest first."""
        rows = self._connection.execute(select(notes).where(notes.c.case_id == case_id).order_by(notes.c.number))
        return [
            Note(case_id=row.case_id, number=row.number, text=row.text, by=row.written_by, at=row.written_at)
            for row in rows
        ]

    def count(self, case_id: str) -> int:
        """Say how many notes a case has."""
        return self._connection.scalar(select(func.count()).where(notes.c.case_id == case_id)) or 0

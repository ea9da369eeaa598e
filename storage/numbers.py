"""What is numbered through, within one transaction: where each row gets the number after the last.

The one writer may ask for all of it at once before it writes. Asked for where it is needed, each answer waits for
everything that was sent ahead (`storage/ahead.py`).
"""

from __future__ import annotations

from sqlalchemy import Connection, ScalarSelect, func, select

from amends.domain.audit import GENESIS
from storage.tables import audit_entries, search_words, thread_names


class Numbers:
    """The last number of each, as far as it is known."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._entry: tuple[int, str] | None = None
        self._name: int | None = None
        self._words: int | None = None
        self._may_be_undone = False

    def ask(self) -> None:
        """Ask for all of it. Nobody but this transaction may write until it ends."""
        number, hash_, self._name, self._words = self._connection.execute(
            select(_number(), _hash(), _last_name(), _last_words())
        ).one()
        self._entry = (number or 0, hash_ or GENESIS)

    def last_entry(self) -> tuple[int, str]:
        """Give number and hash of the audit trail's last entry."""
        if self._entry is not None:
            return self._entry
        number, hash_ = self._connection.execute(select(_number(), _hash())).one()
        return number or 0, hash_ or GENESIS

    def entry_written(self, number: int, hash_: str) -> None:
        """Note which entry is the last now."""
        self._entry = None if self._may_be_undone else (number, hash_)

    def last_name(self) -> int:
        """Give the number of the last name. It is known once, for who asks goes on from it."""
        last, self._name = self._name, None
        return (self._connection.scalar(select(_last_name())) or 0) if last is None else last

    def last_words(self) -> int:
        """Give the number of the words of the last message; known once as well."""
        last, self._words = self._words, None
        return (self._connection.scalar(select(_last_words())) or 0) if last is None else last

    def ask_each_time(self) -> None:
        """Know nothing from now on: what is written may be undone before the transaction ends."""
        self._entry = self._name = self._words = None
        self._may_be_undone = True


def _number() -> ScalarSelect[int | None]:
    return select(func.max(audit_entries.c.number)).scalar_subquery()


def _hash() -> ScalarSelect[str]:
    return select(audit_entries.c.hash).order_by(audit_entries.c.number.desc()).limit(1).scalar_subquery()


def _last_name() -> ScalarSelect[int]:
    return select(func.coalesce(func.max(thread_names.c.number), 0)).scalar_subquery()


def _last_words() -> ScalarSelect[int]:
    return select(func.coalesce(func.max(search_words.c.number), 0)).scalar_subquery()

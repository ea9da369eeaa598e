"""Column types of our own."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import DateTime, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from amends.domain.ids import derived_id


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC. SQLite has no zones, so it keeps the UTC reading and gives the zone back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn any aware time into UTC.

        Raises:
            ValueError: it is naive.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a stored time needs a zone: {value!r}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the time back with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def fitted(text: str, most_bytes: int) -> str:
    """Give a name that is no longer than `most_bytes` in UTF-8: the text itself, or its beginning and a digest of it.

    The same text gives the same name each time, and a name that fits stays as it is. A NUL
    becomes U+FFFD.
    """
    clean = text.replace("\0", "\ufffd")
    encoded = clean.encode("utf-8", "replace")
    if len(encoded) <= most_bytes:
        return clean
    tail = f"…{derived_id('name', clean)}"
    return encoded[: most_bytes - len(tail.encode())].decode("utf-8", "ignore") + tail


class Words(TypeDecorator[str]):
    """Text of some length at most, as far as we know: what comes from outside is cut where it is read, not here.

    PostgreSQL would refuse a longer one, and it cannot hold a NUL: there the column has
    no length, and a NUL is replaced by U+FFFD, which is as long.
    """

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Give the type that the database has."""
        length = self.impl_instance.length if isinstance(self.impl_instance, String) else None
        has_no_length = length is None or dialect.name == "postgresql"
        # Not the dialect's own descriptor: that of PostgreSQL calls every text a VARCHAR.
        return Text() if has_no_length else String(length)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Take out what PostgreSQL cannot hold."""
        if value is not None and dialect.name == "postgresql" and "\0" in value:
            return value.replace("\0", "\ufffd")
        return value


class Name(Words):
    """A text from outside that is part of a key, and fits into it however long it is (see `fitted`).

    PostgreSQL takes some 2,700 bytes into an entry of an index and refuses the row of a
    longer one. The same cut is made on SQLite, and in every question that is asked of the
    column, so a name that was cut is found by the whole of it.
    """

    cache_ok = True

    def __init__(self, length: int, *, most_bytes: int) -> None:
        super().__init__(length)
        self.most_bytes = most_bytes

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Make it fit."""
        return None if value is None else fitted(value, self.most_bytes)

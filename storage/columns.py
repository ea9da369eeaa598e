"""Column types of our own."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import DateTime, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


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

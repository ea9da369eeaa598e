"""What came since somebody looked at the queue: messages are numbered as they are filed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from storage.places import ended, not_yet
from storage.tables import messages, queue_places, search_words


def last_filed(connection: Connection) -> int:
    """Give the number of the message that was filed last; 0 before the first."""
    return connection.scalar(select(func.max(search_words.c.number))) or 0


def filed_since(connection: Connection, number: int, *, limit: int = 1_000) -> list[tuple[int, bool]]:
    """Give the messages that were filed after a number, in order, and whether each opened a case."""
    rows = connection.execute(
        select(search_words.c.number, messages.c.number.label("place"))
        .join(messages, messages.c.id == search_words.c.message_id)
        .where(search_words.c.number > number)
        .order_by(search_words.c.number)
        .limit(limit)
    )
    return [(row.number, row.place <= 1) for row in rows]


def has_uncounted(connection: Connection, now: datetime) -> bool:
    """Whether the rank of a place in the queue does not hold at a moment."""
    uncounted = select(queue_places.c.case_id)
    asked = (connection.scalar(uncounted.where(which).limit(1)) for which in (ended(now), not_yet(now)))
    return any(found is not None for found in asked)

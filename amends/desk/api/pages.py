"""Lists in parts: each part has a cursor to the next, which nobody but us can make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import Query

from amends.desk.api.problems import Declined, Fault, problem
from amends.desk.tokens import sealed, unsealed


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


_I = TypeVar("_I", bound=_HasId)
_PURPOSE = "cursor"

#: How many of a list come at once.
Limit = Annotated[int, Query(ge=1, le=200, description="How many to give at most.")]
#: Where a list goes on.
Cursor = Annotated[str, Query(max_length=600, description="`next` of the part before; empty for the first part.")]


def cursor_of(secret: bytes, of: str, place: dict[str, Any]) -> str:
    """Write a place in a list."""
    return sealed(secret, _PURPOSE, {"of": of, **place})


def read_cursor(secret: bytes, of: str, said: str) -> dict[str, Any] | None:
    """Read a place in a list; None for its beginning.

    Raises:
        Declined: it is no cursor of this list.
    """
    if not said:
        return None
    found = unsealed(secret, _PURPOSE, said)
    if found is None or found["of"] != of:
        fault = Fault(where="query/cursor", says="it is no cursor of this list")
        remedy = "Take `next` of the part before as it is, or leave the cursor out to begin anew."
        raise Declined(
            problem(422, "That is no cursor", "query/cursor: it is no cursor of this list", remedy, faults=[fault])
        )
    return found


def part_by(
    read: Callable[[str, int], Sequence[_I]], *, secret: bytes, of: str, limit: int, cursor: str
) -> tuple[Sequence[_I], str | None]:
    """Give a part of a list that the database cuts: `read(after, limit)` gives what comes after the one of that id."""
    found = read_cursor(secret, of, cursor)
    rows = read(found["id"] if found is not None else "", limit + 1)
    part = rows[:limit]
    return part, cursor_of(secret, of, {"id": part[-1].id}) if len(rows) > limit else None

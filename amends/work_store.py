"""What keeps who works on what, and people's views of the queue, within a unit of work.

None of it is derived from the log, and a rebuild does not make it anew.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from amends.domain.work import Lease, SavedView


class WorkStore(Protocol):
    """Leases on cases, and saved views."""

    def hold(self, case_id: str, holder: str, *, now: datetime, until: datetime) -> bool:
        """Let `holder` work on a case until a moment, or go on; False, and nothing is changed, while another does.

        It is one statement, so of two who ask at once one gets it.
        """

    def let_go(self, case_id: str, holder: str) -> None:
        """Say that `holder` works on a case no more; nothing happens where another does."""

    def leases(self, case_ids: Collection[str], *, now: datetime) -> dict[str, Lease]:
        """Say who works on these cases now; one on which nobody does is left out."""

    def views(self, owner: str) -> list[SavedView]:
        """Give the views that somebody keeps, by name."""

    def keep_view(self, view: SavedView) -> None:
        """Keep a view; one of that name is replaced."""

    def drop_view(self, owner: str, name: str) -> None:
        """Forget a view; nothing happens where there is none."""


class PlaceStore(Protocol):
    """Where cases stand in the queue: see `storage/places.py`."""

    def count(self, *, now: datetime, limit: int = 500) -> int:
        """Count how at most `limit` cases rank whose rank does not hold at `now`, and say how many they were."""

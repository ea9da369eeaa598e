"""The posts read from a network in this month, counted in the ledger: all services of an installation share it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from amends.ports import Now
from amends.unit_of_work import OpenUnit, UnitOfWork
from ingest.intake import Entry, enter


class LedgerReads:
    """Counts the posts that an account read, by calendar month in UTC."""

    def __init__(
        self,
        account: str,
        *,
        network: str = "x",
        budget: int,
        open_unit: OpenUnit,
        reading: Callable[[], AbstractContextManager[UnitOfWork]],
        now: Now,
    ) -> None:
        self._name_of_all = f"{network}-reads:{account}"
        self._budget = budget
        self._open_unit = open_unit
        self._reading = reading
        self._now = now

    def spent(self) -> int:
        """Say how many posts were read in this month."""
        with self._reading() as unit:
            return self._spent(unit)

    def left(self) -> int:
        """Say how many posts may still be read in this month; 0 at least."""
        return max(0, self._budget - self.spent())

    def spend(self, posts: int) -> None:
        """Count posts that were read.

        Raises:
            Unavailable: the database is down.
        """
        if posts:
            with self._open_unit() as unit:
                entry = Entry(source=self._name, checkpoint=str(self._spent(unit) + posts))
                enter(unit, entry, at=self._now())
                unit.commit()

    @property
    def _name(self) -> str:
        return f"{self._name_of_all}:{self._now():%Y-%m}"

    def _spent(self, unit: UnitOfWork) -> int:
        return int(unit.intake.checkpoint(self._name) or 0)

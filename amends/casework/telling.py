"""Writes into the audit trail what a person did to a case."""

from __future__ import annotations

from datetime import datetime

from amends.domain.audit import Happening
from amends.unit_of_work import UnitOfWork


def tell(
    unit: UnitOfWork, action: str, case_id: str, *, by: str, at: datetime, **facts: str | int | bool | None
) -> None:
    """Say that `by` did something to a case. A fact may end in an underscore where its name is a word of Python's."""
    unit.audit.append(
        [
            Happening(
                at=at,
                actor=f"user:{by}",
                action=action,
                subject=f"case:{case_id}",
                facts={name.rstrip("_"): value for name, value in facts.items()},
            )
        ]
    )

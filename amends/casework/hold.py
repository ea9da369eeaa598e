"""What stops public posting at once, and lets it go on: a hold.

While one stands, delivery posts nothing that strangers can read: it looks at the very
moment of sending. What was approved stays in the queue. An approval that runs out
meanwhile takes its reply back to review, as always.
"""

from __future__ import annotations

from datetime import datetime

from amends.domain.audit import Happening
from amends.domain.hold import Hold
from amends.errors import Refused
from amends.history import command
from amends.unit_of_work import UnitOfWork

#: What the audit trail calls it.
SUBJECT = "posting:public"


@command("review.hold")
def hold(unit: UnitOfWork, reason: str, *, by: str, at: datetime) -> Hold:
    """Let nothing be posted in public until it is released.

    Raises:
        Refused: no reason is given, or it is held already.
    """
    if not reason.strip():
        raise Refused("say why: whoever sees the hold has to know what it waits for")
    if (standing := unit.holds.standing()) is not None:
        raise Refused(f"{standing.says}; to let it go on: `amends review release`")
    placed = Hold(placed_by=by, placed_at=at, because=reason)
    unit.holds.place(placed)
    _tell(unit, "posting.held", by=by, at=at, reason=reason)
    return placed


@command("review.release")
def release(unit: UnitOfWork, reason: str, *, by: str, at: datetime) -> Hold:
    """Let public posting go on. What waited for it is handed to delivery again.

    Raises:
        Refused: no reason is given, or nothing is held.
    """
    if not reason.strip():
        raise Refused("say why: the reason is kept beside the hold")
    if (standing := unit.holds.standing()) is None:
        raise Refused("public posting is not held: there is nothing to release")
    unit.holds.release(by=by, at=at, because=reason)
    unit.deliveries.let_go(at=at)
    _tell(unit, "posting.released", by=by, at=at, reason=reason, held_by=standing.placed_by)
    return standing


def _tell(unit: UnitOfWork, action: str, *, by: str, at: datetime, **facts: str) -> None:
    unit.audit.append([Happening(at=at, actor=f"user:{by}", action=action, subject=SUBJECT, facts=facts)])

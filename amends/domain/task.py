"""Something that only a person can do, raised by the pipeline and never dropped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from amends.domain.ids import derived_id
from amends.domain.message import require_zone


class TaskKind(StrEnum):
    """What there is to do."""

    #: An acknowledgement was held back (a cap, a loop, no address): acknowledge by another route.
    ACKNOWLEDGE_ANOTHER_WAY = "acknowledge_another_way"
    #: Nobody knows whether a reply went out: look, then say.
    SETTLE_DELIVERY = "settle_delivery"
    #: A reply came back or was refused: reach the customer by another route.
    REACH_ANOTHER_WAY = "reach_another_way"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do on one case. `reason` is the sentence that a person reads."""

    id: str
    case_id: str
    kind: TaskKind
    reason: str
    raised_at: datetime
    reply_id: str = ""
    done_at: datetime | None = None
    done_by: str = ""

    def __post_init__(self) -> None:
        require_zone("raised_at", self.raised_at)
        require_zone("done_at", self.done_at)
        if not self.reason:
            raise ValueError("a task gives its reason")
        if (self.done_at is None) == bool(self.done_by):
            raise ValueError("a task is done by a person at a time, or not done")


def task_id(case_id: str, kind: TaskKind, about: str) -> str:
    """Derive a task's id, so that raising it again makes no second one."""
    return derived_id("task", case_id, kind, about)[:12]

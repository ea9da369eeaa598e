"""A database with one case and a reply to it, and the people who work on them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from amends.casework.review import approve
from amends.domain.case import Case
from amends.domain.check import Check
from amends.domain.message import Message
from amends.domain.reply import Reply, ReplyState
from amends.domain.verdict import Kind
from amends.policies.load import load_pack
from amends.unit_of_work import UnitOfWork
from storage.unit_of_work import Database, SqlUnitOfWork
from tests.storage.stock import add_case, add_message
from tests.support.builders import a_case, a_message, a_reply

PACK = load_pack("service-standard")
MESSAGE = a_message()
HOLDS = timedelta(days=2)


def nothing_to_say(_unit: UnitOfWork, _reply: Reply) -> tuple[Check, ...]:
    """Find nothing wrong with a draft."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Office:
    """Makes what a test needs, and looks at what became of it."""

    database: Database

    def case(self, case: Case | None = None, *, message: Message = MESSAGE) -> Case:
        with self.database.unit() as unit:
            added = add_case(unit, case or a_case())
            add_message(unit, message, case_id=added.id)
            unit.commit()
        return added

    def enquiry(self) -> Case:
        return self.case(a_case(Kind.ENQUIRY))

    def customer_writes(self, case: Case, text: str, *, minutes: int = 5) -> Message:
        message = a_message(text, at=MESSAGE.received_at + timedelta(minutes=minutes))
        with self.database.unit() as unit:
            add_message(unit, message, case_id=case.id)
            unit.commit()
        return message

    def reply(
        self,
        *,
        state: ReplyState = ReplyState.IN_REVIEW,
        checks: tuple[Check, ...] = (),
        authors: tuple[str, ...] = ("amends", "hana"),
    ) -> Reply:
        """Add a reply to the case; hana wrote words of it, tom did not."""
        approved_by = "tom" if state in {ReplyState.QUEUED, ReplyState.SENDING, ReplyState.SENT} else ""
        reply = a_reply(state=state, authors=authors, approved_by=approved_by, message=MESSAGE)
        with self.database.unit() as unit:
            unit.replies.add([(reply, checks, "")])
            unit.commit()
        return reply

    def stored(self, reply: Reply) -> Reply:
        with self.database.reading() as unit:
            return unit.replies.get(reply.id)

    def told(self) -> list[dict[str, Any]]:
        """Give what the audit trail says, oldest first."""
        with self.database.reading() as unit:
            return [json.loads(entry.happening_json) for entry in unit.audit.every()]

    def queued(self) -> list[str]:
        """Name the replies on the outbox."""
        with self.database.reading() as unit:
            return [
                record.id
                for partition in range(4)
                for record in unit.log.read(unit.log.position("test", "outbox", partition), limit=100)
            ]


def approve_by_tom(unit: SqlUnitOfWork, reply: Reply) -> Reply:
    """Let tom, who wrote none of it, approve a reply."""
    return approve(unit, reply.id[:10], by="tom", at=MESSAGE.received_at, holds=HOLDS)

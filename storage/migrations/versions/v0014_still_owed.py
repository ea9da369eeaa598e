"""Answered cases of which a clock still runs get a place in the queue: a rights request is owed all the same."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "v0014"
down_revision = "v0013"
branch_labels = None
depends_on = None

_FLAGS = [
    "safety", "safeguarding", "self_harm", "vulnerable", "discrimination", "staff_misconduct", "fraud",
    "data_breach", "rights_request", "legal_threat", "regulator", "media", "financial_loss",
    "essential_supply", "repeat_contact", "broken_promise", "many_affected", "abusive_language",
]  # fmt: skip
_BITS = " ".join(f"WHEN '{name}' THEN {1 << number}" for number, name in enumerate(_FLAGS))
#: How a case ranks is counted later; until then no rank holds.
_PLACES = f"""
    INSERT INTO queue_places (case_id, opened_at, kind, severity, channel, owner, needs_person, state, flags, next_due,
        points, rank, holds_from, holds_until)
    SELECT c.id, c.opened_at, c.kind, c.severity, c.channel, c.owner, c.needs_person, c.state,
        (SELECT coalesce(sum(DISTINCT CASE f.name {_BITS} ELSE 0 END), 0)
            FROM messages m JOIN flags f ON f.message_id = m.id WHERE m.case_id = c.id),
        (SELECT min(due_at) FROM clocks k WHERE k.case_id = c.id AND k.stopped_at IS NULL),
        CASE c.severity WHEN 4 THEN 3000 WHEN 3 THEN 400 WHEN 2 THEN 150 WHEN 1 THEN 50 ELSE 0 END
            + CASE WHEN c.needs_person THEN 120 ELSE 0 END + CASE c.kind WHEN 'complaint' THEN 60 ELSE 0 END
            + CASE WHEN c.unanswered < 2 THEN 0 WHEN c.unanswered > 6 THEN 5 ELSE c.unanswered - 1 END * 20,
        0, :never, :never
    FROM cases c WHERE c.state = 'answered'
        AND EXISTS (SELECT 1 FROM clocks k WHERE k.case_id = c.id AND k.stopped_at IS NULL)
"""  # noqa: S608


def upgrade() -> None:
    """Take the database one step on."""
    never = sa.bindparam("never", datetime(1970, 1, 1, tzinfo=UTC), sa.DateTime(timezone=True))
    op.execute(sa.text(_PLACES).bindparams(never))


def downgrade() -> None:
    """Take it one step back."""
    op.execute("DELETE FROM queue_places WHERE state = 'answered'")

"""Indexes for what is asked when there are a million messages: each holds the few rows that the question is about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0004"
down_revision = "v0003"
branch_labels = None
depends_on = None


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, postgresql_where=sa.text(where), sqlite_where=sa.text(where))


def upgrade() -> None:
    """Take the database one step on."""
    is_open = "state IN ('received', 'acknowledged', 'in_hand')"
    op.drop_index("ix_cases_state_severity", "cases")
    _partial("ix_cases_open", "cases", ["state", "opened_at"], is_open)
    runs = "stopped_at IS NULL"
    op.drop_index("ix_clocks_stopped_at_due_at", "clocks")
    _partial("ix_clocks_running", "clocks", ["case_id", "due_at"], runs)
    op.create_index(
        "ix_replies_automatic_lately",
        "replies",
        ["drafted_at"],
        postgresql_where=sa.text("is_automatic IS true"),
        sqlite_where=sa.text("is_automatic IS 1"),
    )
    op.create_index("ix_thread_names_number", "thread_names", ["number"])
    op.create_index("ix_tasks_case_id", "tasks", ["case_id"])
    op.create_index("ix_parked_message_id", "parked", ["message_id"])


def downgrade() -> None:
    """Take it one step back."""
    op.drop_index("ix_parked_message_id", "parked")
    op.drop_index("ix_tasks_case_id", "tasks")
    op.drop_index("ix_thread_names_number", "thread_names")
    op.drop_index("ix_replies_automatic_lately", "replies")
    op.drop_index("ix_clocks_running", "clocks")
    op.create_index("ix_clocks_stopped_at_due_at", "clocks", ["stopped_at", "due_at"])
    op.drop_index("ix_cases_open", "cases")
    op.create_index("ix_cases_state_severity", "cases", ["state", "severity"])

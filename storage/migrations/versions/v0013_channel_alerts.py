"""Alerts about channels that are silent or loud, when connectors last looked, and an index of when what came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0013"
down_revision = "v0012"
branch_labels = None
depends_on = None


def _words(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.Text(), "postgresql")


def upgrade() -> None:
    """Take the database one step on."""
    op.create_table(
        "channel_alerts",
        sa.Column("id", _words(32), nullable=False),
        sa.Column("channel", _words(20), nullable=False),
        sa.Column("kind", _words(20), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_by", _words(80), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_alerts")),
    )
    op.create_index(op.f("ix_channel_alerts_ended_at_raised_at"), "channel_alerts", ["ended_at", "raised_at"])
    op.create_table(
        "looks",
        sa.Column("source", _words(400), nullable=False),
        sa.Column("channel", _words(20), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_looks")),
    )
    op.create_index(op.f("ix_arrivals_channel_arrived_at_fate"), "arrivals", ["channel", "arrived_at", "fate"])


def downgrade() -> None:
    """Take it one step back."""
    op.drop_index(op.f("ix_arrivals_channel_arrived_at_fate"), "arrivals")
    op.drop_table("looks")
    op.drop_table("channel_alerts")

"""Holds on public posting, which replies wait because of one, and an index for what last came by a channel."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0010"
down_revision = "v0009"
branch_labels = None
depends_on = None


def _words(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.Text(), "postgresql")


def upgrade() -> None:
    """Take the database one step on."""
    op.create_table(
        "holds",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("placed_by", _words(80), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("released_by", _words(80), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_because", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_holds")),
    )
    op.add_column("postponed", sa.Column("is_held", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_arrivals_lately", "arrivals", ["channel", "fate", "arrived_at"])


def downgrade() -> None:
    """Take it one step back."""
    op.drop_index("ix_arrivals_lately", "arrivals")
    op.drop_column("postponed", "is_held")
    op.drop_table("holds")

"""Leases on sources: of several who could read a mailbox, one does."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0005"
down_revision = "v0004"
branch_labels = None
depends_on = None


def _words(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.Text(), "postgresql")


def upgrade() -> None:
    """Take the database one step on."""
    op.create_table(
        "leases",
        sa.Column("source", _words(400), nullable=False),
        sa.Column("holder", _words(80), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_leases")),
    )


def downgrade() -> None:
    """Take it one step back."""
    op.drop_table("leases")

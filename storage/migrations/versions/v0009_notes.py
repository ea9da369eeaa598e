"""Internal notes on cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0009"
down_revision = "v0008"
branch_labels = None
depends_on = None


def _words(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.Text(), "postgresql")


def upgrade() -> None:
    """Take the database one step on."""
    op.create_table(
        "notes",
        sa.Column("case_id", _words(20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("written_by", _words(80), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_notes_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_notes")),
    )


def downgrade() -> None:
    """Take it one step back."""
    op.drop_table("notes")

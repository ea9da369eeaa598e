"""What became of replies on their way, those that are tried again later, and addresses that mail came back from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0006"
down_revision = "v0005"
branch_labels = None
depends_on = None


def _words(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.Text(), "postgresql")


def upgrade() -> None:
    """Take the database one step on."""
    op.create_table(
        "deliveries",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("reply_id", _words(32), nullable=False),
        sa.Column("case_id", _words(20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("came_to", _words(20), nullable=False),
        sa.Column("form", _words(20), nullable=False),
        sa.Column("sent_to", _words(400), nullable=False),
        sa.Column("name", _words(300), nullable=False),
        sa.Column("text_sha256", _words(64), nullable=False),
        sa.Column("approved_by", _words(80), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("again_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_deliveries_case_id_cases")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_deliveries")),
    )
    op.create_index(op.f("ix_deliveries_case_id"), "deliveries", ["case_id"])
    op.create_index(op.f("ix_deliveries_reply_id"), "deliveries", ["reply_id"])
    op.create_table(
        "postponed",
        sa.Column("reply_id", _words(32), nullable=False),
        sa.Column("again_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("reply_id", name=op.f("pk_postponed")),
    )
    op.create_index(op.f("ix_postponed_again_at"), "postponed", ["again_at"])
    op.create_table(
        "unreachable",
        sa.Column("address", _words(400), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reply_id", _words(32), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_unreachable")),
    )


def downgrade() -> None:
    """Take it one step back."""
    op.drop_table("unreachable")
    op.drop_table("postponed")
    op.drop_table("deliveries")

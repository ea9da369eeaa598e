"""Programs that are let in by tokens, and programs that are told of what happens to cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0011"
down_revision = "v0010"
branch_labels = None
depends_on = None


def _words(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.Text(), "postgresql")


def upgrade() -> None:
    """Take the database one step on."""
    op.create_table(
        "api_tokens",
        sa.Column("id", _words(32), nullable=False),
        sa.Column("name", _words(40), nullable=False),
        sa.Column("role", _words(20), nullable=False),
        sa.Column("sha256", _words(64), nullable=False),
        sa.Column("made_by", _words(80), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", _words(80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("sha256", name=op.f("uq_api_tokens_sha256")),
    )
    op.create_table(
        "api_answers",
        sa.Column("token_id", _words(32), nullable=False),
        sa.Column("key", _words(64), nullable=False),
        sa.Column("asked_sha256", _words(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_id", "key", name=op.f("pk_api_answers")),
    )
    op.create_index(op.f("ix_api_answers_at"), "api_answers", ["at"])
    op.create_table(
        "webhook_targets",
        sa.Column("name", _words(40), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("salt", _words(64), nullable=False),
        sa.Column("added_by", _words(80), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_webhook_targets")),
    )
    op.create_table(
        "webhook_progress",
        sa.Column("target", _words(40), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("delivered", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("says", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("target", name=op.f("pk_webhook_progress")),
    )
    op.create_table(
        "webhook_calls",
        sa.Column("target", _words(40), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("state", _words(20), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("target", "entry", name=op.f("pk_webhook_calls")),
    )


def downgrade() -> None:
    """Take it one step back."""
    op.drop_table("webhook_calls")
    op.drop_table("webhook_progress")
    op.drop_table("webhook_targets")
    op.drop_table("api_answers")
    op.drop_table("api_tokens")

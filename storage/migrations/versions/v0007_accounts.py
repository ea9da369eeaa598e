"""Who may use the desk, who is signed in, and one-time links by which a password is set."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0007"
down_revision = "v0006"
branch_labels = None
depends_on = None


def _words(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.Text(), "postgresql")


def upgrade() -> None:
    """Take the database one step on."""
    op.create_table(
        "accounts",
        sa.Column("name", _words(80), nullable=False),
        sa.Column("shown_as", _words(120), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("has_short_password", sa.Boolean(), nullable=False),
        sa.Column("password_set_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_secret", sa.Text(), nullable=False),
        sa.Column("totp_step", sa.BigInteger(), nullable=False),
        sa.Column("issuer", _words(400), nullable=False),
        sa.Column("subject", _words(400), nullable=False),
        sa.Column("is_disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", _words(80), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_accounts")),
    )
    op.create_index(op.f("ix_accounts_issuer_subject"), "accounts", ["issuer", "subject"])
    op.create_table(
        "account_links",
        sa.Column("token_sha256", _words(64), nullable=False),
        sa.Column("account", _words(80), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.name"], name=op.f("fk_account_links_account_accounts")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_account_links")),
    )
    op.create_index(op.f("ix_account_links_account"), "account_links", ["account"])
    op.create_table(
        "desk_sessions",
        sa.Column("token_sha256", _words(64), nullable=False),
        sa.Column("account", _words(80), nullable=False),
        sa.Column("how", _words(20), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.name"], name=op.f("fk_desk_sessions_account_accounts")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_desk_sessions")),
    )
    op.create_index(op.f("ix_desk_sessions_account"), "desk_sessions", ["account"])
    op.create_index(op.f("ix_desk_sessions_seen_at"), "desk_sessions", ["seen_at"])


def downgrade() -> None:
    """Take it one step back."""
    op.drop_table("desk_sessions")
    op.drop_table("account_links")
    op.drop_table("accounts")

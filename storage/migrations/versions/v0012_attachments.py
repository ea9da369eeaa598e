"""The files that came with messages, as rows of their own, those of the messages that are there as well."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "v0012"
down_revision = "v0011"
branch_labels = None
depends_on = None

_UNSCANNED = sa.text("scan = '' AND refused = ''")
_ROWS_AT_A_TIME = 500


def _words(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.Text(), "postgresql")


def upgrade() -> None:
    """Take the database one step on."""
    made = op.create_table(
        "attachments",
        sa.Column("message_id", _words(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", _words(64), nullable=False),
        sa.Column("sniffed_type", _words(120), nullable=False),
        sa.Column("refused", _words(40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("scan", _words(20), nullable=False),
        sa.Column("scan_says", sa.Text(), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_attachments_message_id_messages")),
        sa.PrimaryKeyConstraint("message_id", "number", name=op.f("pk_attachments")),
    )
    op.create_index(
        "ix_attachments_unscanned", "attachments", ["sha256"], postgresql_where=_UNSCANNED, sqlite_where=_UNSCANNED
    )
    op.create_index(op.f("ix_attachments_sha256"), "attachments", ["sha256"])
    _fill(made)


def downgrade() -> None:
    """Take it one step back."""
    op.drop_table("attachments")


def _fill(made: sa.Table) -> None:
    messages = sa.table("messages", sa.column("id", sa.String()), sa.column("body", sa.LargeBinary()))
    connection = op.get_bind()
    after = ""
    while True:
        found = connection.execute(
            sa.select(messages).where(messages.c.id > after).order_by(messages.c.id).limit(_ROWS_AT_A_TIME)
        ).all()
        if not found:
            return
        after = found[-1].id
        rows = [row for one in found for row in _rows(one.id, bytes(one.body))]
        if rows:
            connection.execute(sa.insert(made), rows)


def _rows(message_id: str, body: bytes) -> list[dict[str, Any]]:
    if b'"attachments":[{' not in body:
        return []
    return [
        {
            "message_id": message_id,
            "number": number,
            **{name: one[name] for name in ("filename", "content_type", "size_bytes", "sha256")},
            **dict.fromkeys(("sniffed_type", "refused", "note", "scan", "scan_says"), ""),
            "scanned_at": None,
        }
        for number, one in enumerate(json.loads(body)["attachments"])
    ]

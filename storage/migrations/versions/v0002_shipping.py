"""How far the relay has come, and where a broker keeps what a group reads next."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0002"
down_revision = "v0001"
branch_labels = None
depends_on = None


def _words(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.Text(), "postgresql")


def upgrade() -> None:
    """Take the database one step on."""
    op.create_table(
        "log_shipped",
        sa.Column("topic", _words(40), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", name=op.f("pk_log_shipped")),
    )
    with op.batch_alter_table("log_positions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mark", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    """Take it one step back."""
    with op.batch_alter_table("log_positions", schema=None) as batch_op:
        batch_op.drop_column("mark")
    op.drop_table("log_shipped")

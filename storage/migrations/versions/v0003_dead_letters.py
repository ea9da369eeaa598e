"""Dead letters in a table of their own: what stages failed on moves there from what is parked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0003"
down_revision = "v0002"
branch_labels = None
depends_on = None


def _words(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.Text(), "postgresql")


def upgrade() -> None:
    """Take the database one step on."""
    op.create_table(
        "dead_letters",
        sa.Column("id", _words(32), nullable=False),
        sa.Column("stage", _words(20), nullable=False),
        sa.Column("topic", _words(40), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("record_id", _words(64), nullable=False),
        sa.Column("key", _words(64), nullable=False),
        sa.Column("type", _words(80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("reason", _words(60), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("channel", _words(20), nullable=False),
        sa.Column("raw_sha256", _words(64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("died_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", _words(20), nullable=False),
        sa.Column("settled_by", _words(80), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_because", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letters")),
    )
    with op.batch_alter_table("dead_letters", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_dead_letters_state_died_at"), ["state", "died_at"], unique=False)
        batch_op.create_index(op.f("ix_dead_letters_topic_record_id"), ["topic", "record_id"], unique=False)
    # What a stage failed on was parked with the source `log:<topic>`; the log has the record itself.
    op.execute(
        """
        INSERT INTO dead_letters
            (id, stage, topic, "partition", position, record_id, key, type, at, headers, body, reason, says, channel,
             raw_sha256, tries, died_at, state, settled_by, settled_at, settled_because)
        SELECT p.id, p.stage, r.topic, r."partition", r.position, r.id, r.key, r.type, r.at, r.headers, r.body,
               p.reason, p.says, p.channel, p.raw_sha256, 1, p.parked_at, p.state, '', NULL, ''
        FROM parked AS p JOIN log_records AS r ON p.source = 'log:' || r.topic AND p.message_id = r.id
        """
    )
    op.execute("DELETE FROM parked WHERE id IN (SELECT id FROM dead_letters)")


def downgrade() -> None:
    """Take it one step back."""
    op.execute(
        """
        INSERT INTO parked
            (id, stage, source, item, channel, reason, says, raw_sha256, message_id, state, parked_at)
        SELECT id, stage, 'log:' || topic, topic || '/' || "partition" || '/' || position,
               CASE WHEN channel IN ('email', 'x', 'web_form') THEN channel ELSE 'email' END,
               reason, says, raw_sha256, record_id, state, died_at
        FROM dead_letters
        """
    )
    op.drop_table("dead_letters")

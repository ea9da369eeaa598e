"""First tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0001"
down_revision = None
branch_labels = None
depends_on = None


def _words(length: int) -> sa.types.TypeEngine[str]:
    # PostgreSQL, which came later, would refuse a longer one where SQLite takes it.
    return sa.String(length).with_variant(sa.Text(), "postgresql")


def upgrade() -> None:
    """Take the database one step on."""
    op.create_table(
        "arrivals",
        sa.Column("source", _words(400), nullable=False),
        sa.Column("item", _words(600), nullable=False),
        sa.Column("channel", _words(20), nullable=False),
        sa.Column("fate", _words(20), nullable=False),
        sa.Column("message_id", _words(32), nullable=False),
        sa.Column("reason", _words(60), nullable=False),
        sa.Column("raw_sha256", _words(64), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", "item", name=op.f("pk_arrivals")),
    )
    with op.batch_alter_table("arrivals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_arrivals_message_id"), ["message_id"], unique=False)

    op.create_table(
        "audit_entries",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("subject", _words(80), nullable=False),
        sa.Column("happening", sa.Text(), nullable=False),
        sa.Column("previous_hash", _words(64), nullable=False),
        sa.Column("hash", _words(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entries_subject"), ["subject"], unique=False)

    op.create_table(
        "contacts",
        sa.Column("id", _words(32), nullable=False),
        sa.Column("name", _words(200), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    op.create_table(
        "log_ends",
        sa.Column("topic", _words(40), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", name=op.f("pk_log_ends")),
    )
    op.create_table(
        "log_positions",
        sa.Column("group_name", _words(40), nullable=False),
        sa.Column("topic", _words(40), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("group_name", "topic", "partition", name=op.f("pk_log_positions")),
    )
    op.create_table(
        "log_records",
        sa.Column("topic", _words(40), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("id", _words(64), nullable=False),
        sa.Column("key", _words(64), nullable=False),
        sa.Column("type", _words(80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", "position", name=op.f("pk_log_records")),
        sa.UniqueConstraint("topic", "id", name=op.f("uq_log_records_topic_id")),
    )
    op.create_table(
        "log_workers",
        sa.Column("group_name", _words(40), nullable=False),
        sa.Column("topic", _words(40), nullable=False),
        sa.Column("worker", _words(80), nullable=False),
        sa.Column("alive_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("group_name", "topic", "worker", name=op.f("pk_log_workers")),
    )
    op.create_table(
        "parked",
        sa.Column("id", _words(32), nullable=False),
        sa.Column("stage", _words(20), nullable=False),
        sa.Column("source", _words(400), nullable=False),
        sa.Column("item", _words(600), nullable=False),
        sa.Column("channel", _words(20), nullable=False),
        sa.Column("reason", _words(60), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("raw_sha256", _words(64), nullable=False),
        sa.Column("message_id", _words(64), nullable=False),
        sa.Column("state", _words(20), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked")),
    )
    with op.batch_alter_table("parked", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_parked_state_parked_at"), ["state", "parked_at"], unique=False)

    op.create_table(
        "sources",
        sa.Column("source", _words(400), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("checkpoint", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_sources")),
    )
    op.create_table(
        "status_tokens",
        sa.Column("token", _words(64), nullable=False),
        sa.Column("message_id", _words(32), nullable=False),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_status_tokens")),
    )
    op.create_table(
        "cases",
        sa.Column("id", _words(20), nullable=False),
        sa.Column("contact_id", _words(32), nullable=False),
        sa.Column("channel", _words(20), nullable=False),
        sa.Column("kind", _words(20), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.Column("needs_person", sa.Boolean(), nullable=False),
        sa.Column("state", _words(20), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("complaint_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner", _words(80), nullable=False),
        sa.Column("kind_set_by", _words(80), nullable=False),
        sa.Column("severity_set_by", _words(80), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("unanswered", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_cases_contact_id_contacts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cases_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_state_severity"), ["state", "severity"], unique=False)

    op.create_table(
        "identities",
        sa.Column("kind", _words(20), nullable=False),
        sa.Column("value", _words(400), nullable=False),
        sa.Column("contact_id", _words(32), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_identities_contact_id_contacts")),
        sa.PrimaryKeyConstraint("kind", "value", name=op.f("pk_identities")),
    )
    with op.batch_alter_table("identities", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identities_contact_id"), ["contact_id"], unique=False)

    op.create_table(
        "clocks",
        sa.Column("case_id", _words(20), nullable=False),
        sa.Column("kind", _words(20), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rule_id", _words(80), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("anchor", _words(120), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_clocks_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", "kind", "started_at", name=op.f("pk_clocks")),
    )
    with op.batch_alter_table("clocks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_clocks_stopped_at_due_at"), ["stopped_at", "due_at"], unique=False)

    op.create_table(
        "links",
        sa.Column("case_id", _words(20), nullable=False),
        sa.Column("other_case_id", _words(20), nullable=False),
        sa.Column("kind", _words(30), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("suggested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", _words(20), nullable=False),
        sa.Column("settled_by", _words(80), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_links_case_id_cases")),
        sa.ForeignKeyConstraint(["other_case_id"], ["cases.id"], name=op.f("fk_links_other_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", "other_case_id", name=op.f("pk_links")),
    )
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_links_other_case_id"), ["other_case_id"], unique=False)

    op.create_table(
        "matter_marks",
        sa.Column("mark", _words(80), nullable=False),
        sa.Column("case_id", _words(20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_matter_marks_case_id_cases")),
        sa.PrimaryKeyConstraint("mark", "case_id", name=op.f("pk_matter_marks")),
    )
    op.create_table(
        "messages",
        sa.Column("id", _words(32), nullable=False),
        sa.Column("case_id", _words(20), nullable=True),
        sa.Column("channel", _words(20), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", _words(20), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.Column("needs_person", sa.Boolean(), nullable=False),
        sa.Column("model", _words(80), nullable=False),
        sa.Column("joined_via", _words(40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_messages_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_messages_case_id_received_at"), ["case_id", "received_at"], unique=False)

    op.create_table(
        "outcomes",
        sa.Column("case_id", _words(20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("upheld", _words(20), nullable=False),
        sa.Column("resolved", _words(20), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("lessons", sa.Text(), nullable=False),
        sa.Column("recorded_by", _words(80), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_outcomes_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_outcomes")),
    )
    op.create_table(
        "replies",
        sa.Column("id", _words(32), nullable=False),
        sa.Column("case_id", _words(20), nullable=False),
        sa.Column("message_id", _words(32), nullable=False),
        sa.Column("purpose", _words(20), nullable=False),
        sa.Column("form", _words(20), nullable=False),
        sa.Column("channel", _words(20), nullable=False),
        sa.Column("addressee_kind", _words(20), nullable=False),
        sa.Column("addressee_value", _words(400), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("template", _words(80), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("state", _words(20), nullable=False),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", _words(80), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_sha256", _words(64), nullable=False),
        sa.Column("approval_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("channel_name", _words(300), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("checks", sa.JSON(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_replies_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replies")),
    )
    with op.batch_alter_table("replies", schema=None) as batch_op:
        batch_op.create_index("ix_replies_automatic", ["is_automatic", "addressee_value", "drafted_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_replies_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_replies_state_drafted_at"), ["state", "drafted_at"], unique=False)

    op.create_table(
        "tasks",
        sa.Column("id", _words(32), nullable=False),
        sa.Column("case_id", _words(20), nullable=False),
        sa.Column("kind", _words(40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reply_id", _words(32), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", _words(80), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_tasks_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tasks_done_at_raised_at"), ["done_at", "raised_at"], unique=False)

    op.create_table(
        "thread_names",
        sa.Column("name", _words(300), nullable=False),
        sa.Column("via", _words(40), nullable=False),
        sa.Column("case_id", _words(20), nullable=False),
        sa.Column("reply_id", _words(32), nullable=False),
        sa.Column("identity_kind", _words(20), nullable=False),
        sa.Column("identity_value", _words(400), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_thread_names_case_id_cases")),
        sa.PrimaryKeyConstraint(
            "name", "via", "case_id", "identity_kind", "identity_value", name=op.f("pk_thread_names")
        ),
    )
    with op.batch_alter_table("thread_names", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_thread_names_case_id"), ["case_id"], unique=False)

    op.create_table(
        "flags",
        sa.Column("message_id", _words(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", _words(30), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("rule", _words(80), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_flags_message_id_messages")),
        sa.PrimaryKeyConstraint("message_id", "number", name=op.f("pk_flags")),
    )
    with op.batch_alter_table("flags", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_flags_name"), ["name"], unique=False)


def downgrade() -> None:
    """Take the database one step back."""
    with op.batch_alter_table("flags", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_flags_name"))

    op.drop_table("flags")
    with op.batch_alter_table("thread_names", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_thread_names_case_id"))

    op.drop_table("thread_names")
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tasks_done_at_raised_at"))

    op.drop_table("tasks")
    with op.batch_alter_table("replies", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_replies_state_drafted_at"))
        batch_op.drop_index(batch_op.f("ix_replies_case_id"))
        batch_op.drop_index("ix_replies_automatic")

    op.drop_table("replies")
    op.drop_table("outcomes")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_messages_case_id_received_at"))

    op.drop_table("messages")
    op.drop_table("matter_marks")
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_links_other_case_id"))

    op.drop_table("links")
    with op.batch_alter_table("clocks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_clocks_stopped_at_due_at"))

    op.drop_table("clocks")
    with op.batch_alter_table("identities", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identities_contact_id"))

    op.drop_table("identities")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cases_state_severity"))
        batch_op.drop_index(batch_op.f("ix_cases_contact_id"))

    op.drop_table("cases")
    op.drop_table("status_tokens")
    op.drop_table("sources")
    with op.batch_alter_table("parked", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_parked_state_parked_at"))

    op.drop_table("parked")
    op.drop_table("log_workers")
    op.drop_table("log_records")
    op.drop_table("log_positions")
    op.drop_table("log_ends")
    op.drop_table("contacts")
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entries_subject"))

    op.drop_table("audit_entries")
    with op.batch_alter_table("arrivals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_arrivals_message_id"))

    op.drop_table("arrivals")

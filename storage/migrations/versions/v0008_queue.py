"""Where open cases stand in the queue, who works on which, saved views, and the words by which messages are found."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from amends.domain.search_words import words_of

revision = "v0008"
down_revision = "v0007"
branch_labels = None
depends_on = None

_AT_A_TIME = 500
_FLAGS = [
    "safety", "safeguarding", "self_harm", "vulnerable", "discrimination", "staff_misconduct", "fraud",
    "data_breach", "rights_request", "legal_threat", "regulator", "media", "financial_loss",
    "essential_supply", "repeat_contact", "broken_promise", "many_affected", "abusive_language",
]  # fmt: skip
_BITS = " ".join(f"WHEN '{name}' THEN {1 << number}" for number, name in enumerate(_FLAGS))
#: How a case ranks is counted later; until then no rank holds.
_PLACES = f"""
    INSERT INTO queue_places (case_id, opened_at, kind, severity, channel, owner, needs_person, state, flags, next_due,
        points, rank, holds_from, holds_until)
    SELECT c.id, c.opened_at, c.kind, c.severity, c.channel, c.owner, c.needs_person, c.state,
        (SELECT coalesce(sum(DISTINCT CASE f.name {_BITS} ELSE 0 END), 0)
            FROM messages m JOIN flags f ON f.message_id = m.id WHERE m.case_id = c.id),
        (SELECT min(due_at) FROM clocks k WHERE k.case_id = c.id AND k.stopped_at IS NULL),
        CASE c.severity WHEN 4 THEN 3000 WHEN 3 THEN 400 WHEN 2 THEN 150 WHEN 1 THEN 50 ELSE 0 END
            + CASE WHEN c.needs_person THEN 120 ELSE 0 END + CASE c.kind WHEN 'complaint' THEN 60 ELSE 0 END
            + CASE WHEN c.unanswered < 2 THEN 0 WHEN c.unanswered > 6 THEN 5 ELSE c.unanswered - 1 END * 20,
        0, :never, :never
    FROM cases c WHERE c.state IN ('received', 'acknowledged', 'in_hand')
"""  # noqa: S608


def _words(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.Text(), "postgresql")


def upgrade() -> None:
    """Take the database one step on."""
    op.create_table(
        "queue_places",
        sa.Column("case_id", _words(20), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", _words(20), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.Column("channel", _words(20), nullable=False),
        sa.Column("owner", _words(80), nullable=False),
        sa.Column("needs_person", sa.Boolean(), nullable=False),
        sa.Column("state", _words(20), nullable=False),
        sa.Column("flags", sa.BigInteger(), nullable=False),
        sa.Column("next_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("holds_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holds_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_queue_places_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_queue_places")),
    )
    op.create_index(op.f("ix_queue_places_holds_until"), "queue_places", ["holds_until"])
    op.create_index(op.f("ix_queue_places_holds_from"), "queue_places", ["holds_from"])
    op.create_index("ix_queue_places_owner", "queue_places", ["owner", "rank", "opened_at", "case_id"])
    op.create_index(
        "ix_queue_places_rank",
        "queue_places",
        [
            "rank",
            "opened_at",
            "case_id",
            "holds_from",
            "holds_until",
            "kind",
            "severity",
            "channel",
            "owner",
            "needs_person",
            "state",
            "flags",
            "next_due",
        ],
    )
    never = sa.bindparam("never", datetime(1970, 1, 1, tzinfo=UTC), sa.DateTime(timezone=True))
    op.execute(sa.text(_PLACES).bindparams(never))
    op.create_table(
        "case_leases",
        sa.Column("case_id", _words(20), nullable=False),
        sa.Column("holder", _words(80), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_leases_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_leases")),
    )
    op.create_table(
        "saved_views",
        sa.Column("owner", _words(80), nullable=False),
        sa.Column("name", _words(60), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner", "name", name=op.f("pk_saved_views")),
    )
    op.create_table(
        "search_words",
        sa.Column("message_id", _words(32), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_search_words_message_id_messages")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_search_words")),
        sa.UniqueConstraint("number", name=op.f("uq_search_words_number")),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if is_sqlite:
        # No text is kept in it, and no place of a word: words are found, and the message gives its text.
        op.execute(
            "CREATE VIRTUAL TABLE search_index USING fts5"
            "(words, content='', columnsize=0, detail=none, tokenize=\"ascii tokenchars '@_.-+'\")"
        )
    _find_what_is_there(is_sqlite=is_sqlite)
    if not is_sqlite:
        op.execute(
            "CREATE INDEX ix_search_words_vector ON search_words "
            "USING gin (array_to_tsvector(string_to_array(words, ' ')))"
        )


def _find_what_is_there(*, is_sqlite: bool) -> None:
    connection = op.get_bind()
    messages = sa.table(
        "messages",
        sa.column("id", sa.Text),
        sa.column("case_id", sa.Text),
        sa.column("received_at", sa.DateTime),
        sa.column("body", sa.LargeBinary),
    )
    found = sa.table("search_words", sa.column("message_id"), sa.column("number"), sa.column("words"))
    ids = connection.scalars(
        sa.select(messages.c.id).where(messages.c.case_id.is_not(None)).order_by(messages.c.received_at, messages.c.id)
    ).all()
    for start in range(0, len(ids), _AT_A_TIME):
        some = ids[start : start + _AT_A_TIME]
        bodies = dict(
            connection.execute(sa.select(messages.c.id, messages.c.body).where(messages.c.id.in_(some))).all()
        )
        rows = [
            {"message_id": id_, "number": number, "words": _words_in(bodies[id_])}
            for number, id_ in enumerate(some, start=start + 1)
        ]
        connection.execute(sa.insert(found), rows)
        if is_sqlite:
            connection.execute(sa.text("INSERT INTO search_index (rowid, words) VALUES (:number, :words)"), rows)


def _words_in(body: bytes) -> str:
    """Give the words of a message as it stood on the log; none where it is not one."""
    try:
        message: dict[str, Any] = json.loads(body)
        author = message["author"]
        return words_of(
            author_name=message["author_name"],
            author=author["value"],
            address=author["value"] if author["kind"] in {"email", "typed_email"} else "",
            facts=message.get("facts", {}),
            subject=message["subject"],
            text=message["text"],
            files=[attachment["filename"] for attachment in message.get("attachments", ())],
        )
    except (ValueError, KeyError, TypeError):
        return ""


def downgrade() -> None:
    """Take it one step back."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_index")
    op.drop_table("search_words")
    op.drop_table("saved_views")
    op.drop_table("case_leases")
    op.drop_table("queue_places")

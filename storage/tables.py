"""Every table. The migrations in `storage/migrations` build them; a test finds no difference between the two."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    false,
    text,
)

from storage.columns import Name, UtcTime, Words

#: How long in UTF-8 names from outside may be in a key. Those of one key stay below 2,600 bytes together.
SOURCE_BYTES, ITEM_BYTES = 850, 1_700
NAME_BYTES, IDENTITY_BYTES = 700, 1_650

#: Whether a case waits for people. A database uses an index of such cases for a question in these very words only.
IS_OPEN = "state IN ('received', 'acknowledged', 'in_hand')"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# The log between the stages

log_records = Table(
    "log_records",
    metadata,
    Column("topic", Words(40), nullable=False),
    Column("partition", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("id", Words(64), nullable=False),
    Column("key", Words(64), nullable=False),
    Column("type", Words(80), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("topic", "partition", "position"),
    # One id, one record: what a crash publishes again is dropped here.
    UniqueConstraint("topic", "id"),
)

log_ends = Table(
    "log_ends",
    metadata,
    Column("topic", Words(40), nullable=False),
    Column("partition", Integer, nullable=False),
    Column("next_position", BigInteger, nullable=False),
    PrimaryKeyConstraint("topic", "partition"),
)

log_positions = Table(
    "log_positions",
    metadata,
    Column("group_name", Words(40), nullable=False),
    Column("topic", Words(40), nullable=False),
    Column("partition", Integer, nullable=False),
    Column("next_position", BigInteger, nullable=False),
    # Where a broker keeps what comes next, in its own count.
    Column("mark", BigInteger, nullable=False, server_default="0"),
    PrimaryKeyConstraint("group_name", "topic", "partition"),
)

log_shipped = Table(
    "log_shipped",
    metadata,
    # How far the relay has brought each partition to the broker.
    Column("topic", Words(40), nullable=False),
    Column("partition", Integer, nullable=False),
    Column("next_position", BigInteger, nullable=False),
    PrimaryKeyConstraint("topic", "partition"),
)

log_workers = Table(
    "log_workers",
    metadata,
    Column("group_name", Words(40), nullable=False),
    Column("topic", Words(40), nullable=False),
    Column("worker", Words(80), nullable=False),
    Column("alive_until", UtcTime, nullable=False),
    PrimaryKeyConstraint("group_name", "topic", "worker"),
)

# Intake

sources = Table(
    "sources",
    metadata,
    Column("source", Name(400, most_bytes=SOURCE_BYTES), primary_key=True),
    Column("how", Words(), nullable=False),
    Column("checkpoint", Words(), nullable=False),
)

leases = Table(
    "leases",
    metadata,
    # Who alone may read a source, and until when.
    Column("source", Name(400, most_bytes=SOURCE_BYTES), primary_key=True),
    Column("holder", Words(80), nullable=False),
    Column("until", UtcTime, nullable=False),
)

arrivals = Table(
    "arrivals",
    metadata,
    Column("source", Name(400, most_bytes=SOURCE_BYTES), nullable=False),
    Column("item", Name(600, most_bytes=ITEM_BYTES), nullable=False),
    Column("channel", Words(20), nullable=False),
    Column("fate", Words(20), nullable=False),
    Column("message_id", Words(32), nullable=False),
    Column("reason", Words(60), nullable=False),
    Column("raw_sha256", Words(64), nullable=False),
    Column("arrived_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("source", "item"),
    Index(None, "message_id"),
    # When something last came by a channel, and what became of it.
    Index("ix_arrivals_lately", "channel", "fate", "arrived_at"),
    # How many came when, by channel: counted from here alone.
    Index(None, "channel", "arrived_at", "fate"),
)

looks = Table(
    "looks",
    metadata,
    # When a connector last looked at a source; no channel where it brings any.
    Column("source", Name(400, most_bytes=SOURCE_BYTES), primary_key=True),
    Column("channel", Words(20), nullable=False),
    Column("looked_at", UtcTime, nullable=False),
)

channel_alerts = Table(
    "channel_alerts",
    metadata,
    Column("id", Words(32), primary_key=True),
    Column("channel", Words(20), nullable=False),
    Column("kind", Words(20), nullable=False),
    Column("says", Words(), nullable=False),
    Column("raised_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime, nullable=True),
    Column("seen_by", Words(80), nullable=False),
    Column("seen_at", UtcTime, nullable=True),
    Index(None, "ended_at", "raised_at"),
)

parked = Table(
    "parked",
    metadata,
    Column("id", Words(32), primary_key=True),
    Column("stage", Words(20), nullable=False),
    Column("source", Words(400), nullable=False),
    Column("item", Words(600), nullable=False),
    Column("channel", Words(20), nullable=False),
    Column("reason", Words(60), nullable=False),
    Column("says", Words(), nullable=False),
    Column("raw_sha256", Words(64), nullable=False),
    Column("message_id", Words(64), nullable=False),
    Column("state", Words(20), nullable=False),
    Column("parked_at", UtcTime, nullable=False),
    Index(None, "state", "parked_at"),
    Index(None, "message_id"),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", Words(32), primary_key=True),
    Column("stage", Words(20), nullable=False),
    # The record as it stood on the log.
    Column("topic", Words(40), nullable=False),
    Column("partition", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("record_id", Words(64), nullable=False),
    Column("key", Words(64), nullable=False),
    Column("type", Words(80), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
    # Why, and what became of it.
    Column("reason", Words(60), nullable=False),
    Column("says", Words(), nullable=False),
    Column("channel", Words(20), nullable=False),
    Column("raw_sha256", Words(64), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("died_at", UtcTime, nullable=False),
    Column("state", Words(20), nullable=False),
    Column("settled_by", Words(80), nullable=False),
    Column("settled_at", UtcTime, nullable=True),
    Column("settled_because", Words(), nullable=False),
    Index(None, "state", "died_at"),
    Index(None, "topic", "record_id"),
)

status_tokens = Table(
    "status_tokens",
    metadata,
    Column("token", Words(64), primary_key=True),
    Column("message_id", Words(32), nullable=False),
    Column("promised_at", UtcTime, nullable=False),
)

# Messages and people

contacts = Table(
    "contacts",
    metadata,
    Column("id", Words(32), primary_key=True),
    Column("name", Words(200), nullable=False),
    Column("first_seen_at", UtcTime, nullable=False),
)

identities = Table(
    "identities",
    metadata,
    Column("kind", Words(20), nullable=False),
    Column("value", Name(400, most_bytes=IDENTITY_BYTES), nullable=False),
    Column("contact_id", ForeignKey("contacts.id"), nullable=False),
    PrimaryKeyConstraint("kind", "value"),
    Index(None, "contact_id"),
)

cases = Table(
    "cases",
    metadata,
    Column("id", Words(20), primary_key=True),
    Column("contact_id", ForeignKey("contacts.id"), nullable=False),
    Column("channel", Words(20), nullable=False),
    Column("kind", Words(20), nullable=False),
    Column("severity", Integer, nullable=True),
    Column("needs_person", Boolean, nullable=False),
    Column("state", Words(20), nullable=False),
    Column("subject", Words(), nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("last_message_at", UtcTime, nullable=False),
    Column("complaint_since", UtcTime, nullable=True),
    Column("owner", Words(80), nullable=False),
    Column("kind_set_by", Words(80), nullable=False),
    Column("severity_set_by", Words(80), nullable=False),
    Column("messages", Integer, nullable=False),
    Column("unanswered", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "contact_id"),
    # Most cases are closed: the queue reads the others alone, and from here all that it goes by.
    Index(
        "ix_cases_open",
        "state",
        "opened_at",
        "id",
        "severity",
        "needs_person",
        "kind",
        "unanswered",
        "owner",
        postgresql_where=text(IS_OPEN),
        sqlite_where=text(IS_OPEN),
    ),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Words(32), primary_key=True),
    # No case: the message was parked.
    Column("case_id", ForeignKey("cases.id"), nullable=True),
    Column("channel", Words(20), nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("kind", Words(20), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("severity", Integer, nullable=True),
    Column("needs_person", Boolean, nullable=False),
    Column("model", Words(80), nullable=False),
    Column("joined_via", Words(40), nullable=False),
    # The how-manieth of its case when it was filed; 0 where it is in none.
    Column("number", Integer, nullable=False),
    # The message as it stood on the log.
    Column("body", LargeBinary, nullable=False),
    Index(None, "case_id", "received_at"),
)

attachments = Table(
    "attachments",
    metadata,
    Column("message_id", ForeignKey("messages.id"), nullable=False),
    Column("number", Integer, nullable=False),
    # What its sender claims.
    Column("filename", Words(), nullable=False),
    Column("content_type", Words(), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", Words(64), nullable=False),
    # What its bytes show, and why it is not kept by itself.
    Column("sniffed_type", Words(120), nullable=False),
    Column("refused", Words(40), nullable=False),
    Column("note", Words(), nullable=False),
    # What a scanner said; empty while none has looked.
    Column("scan", Words(20), nullable=False),
    Column("scan_says", Words(), nullable=False),
    Column("scanned_at", UtcTime, nullable=True),
    PrimaryKeyConstraint("message_id", "number"),
    Index(
        "ix_attachments_unscanned",
        "sha256",
        postgresql_where=text("scan = '' AND refused = ''"),
        sqlite_where=text("scan = '' AND refused = ''"),
    ),
    Index(None, "sha256"),
)

flags = Table(
    "flags",
    metadata,
    Column("message_id", ForeignKey("messages.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("name", Words(30), nullable=False),
    Column("quote", Words(), nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("rule", Words(80), nullable=False),
    Column("severity", Integer, nullable=True),
    PrimaryKeyConstraint("message_id", "number"),
    Index(None, "name"),
)

thread_names = Table(
    "thread_names",
    metadata,
    # What others call a message or reply of a case: a Message-ID, a post's id, a conversation, a reply token.
    Column("name", Name(300, most_bytes=NAME_BYTES), nullable=False),
    Column("via", Words(40), nullable=False),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("reply_id", Words(32), nullable=False),
    Column("identity_kind", Words(20), nullable=False),
    Column("identity_value", Name(400, most_bytes=IDENTITY_BYTES), nullable=False),
    Column("number", Integer, nullable=False),
    PrimaryKeyConstraint("name", "via", "case_id", "identity_kind", "identity_value"),
    Index(None, "case_id"),
    # The last one is asked for before each new one.
    Index(None, "number"),
)

# The queue, and what is searched

# Where each case that waits for people stands in the queue: see `storage/places.py`.
queue_places = Table(
    "queue_places",
    metadata,
    Column("case_id", ForeignKey("cases.id"), primary_key=True),
    Column("opened_at", UtcTime, nullable=False),
    Column("kind", Words(20), nullable=False),
    Column("severity", Integer, nullable=True),
    Column("channel", Words(20), nullable=False),
    Column("owner", Words(80), nullable=False),
    Column("needs_person", Boolean, nullable=False),
    Column("state", Words(20), nullable=False),
    # A bit for each flag that its messages have.
    Column("flags", BigInteger, nullable=False),
    # When the next of its clocks runs out.
    Column("next_due", UtcTime, nullable=True),
    # Points that do not change with time.
    Column("points", Integer, nullable=False),
    # All its points below nought, so that what comes first is least; and from when until when they hold.
    Column("rank", Integer, nullable=False),
    Column("holds_from", UtcTime, nullable=False),
    Column("holds_until", UtcTime, nullable=False),
    Index(None, "holds_until"),
    Index(None, "holds_from"),
    Index("ix_queue_places_owner", "owner", "rank", "opened_at", "case_id"),
    # All that the queue may be narrowed by: a filter reads no row that it leaves out.
    Index(
        "ix_queue_places_rank",
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
    ),
)

search_words = Table(
    "search_words",
    metadata,
    Column("message_id", ForeignKey("messages.id"), primary_key=True),
    # The how-manieth message that was filed; what searches words gives this number back.
    Column("number", BigInteger().with_variant(Integer, "sqlite"), nullable=False),
    Column("words", Words(), nullable=False),
    UniqueConstraint("number"),
)

# Who works on a case, and until when unless they say so again.
case_leases = Table(
    "case_leases",
    metadata,
    Column("case_id", ForeignKey("cases.id"), primary_key=True),
    Column("holder", Words(80), nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
)

saved_views = Table(
    "saved_views",
    metadata,
    Column("owner", Words(80), nullable=False),
    Column("name", Words(60), nullable=False),
    Column("query", Words(), nullable=False),
    Column("made_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("owner", "name"),
)

# Casework

clocks = Table(
    "clocks",
    metadata,
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("kind", Words(20), nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("rule_id", Words(80), nullable=False),
    Column("source", Words(), nullable=False),
    Column("anchor", Words(120), nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("steps", JSON, nullable=False),
    Column("stopped_at", UtcTime, nullable=True),
    PrimaryKeyConstraint("case_id", "kind", "started_at"),
    Index(
        "ix_clocks_running",
        "case_id",
        "due_at",
        postgresql_where=text("stopped_at IS NULL"),
        sqlite_where=text("stopped_at IS NULL"),
    ),
)

replies = Table(
    "replies",
    metadata,
    Column("id", Words(32), primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("message_id", Words(32), nullable=False),
    Column("purpose", Words(20), nullable=False),
    Column("form", Words(20), nullable=False),
    Column("channel", Words(20), nullable=False),
    Column("addressee_kind", Words(20), nullable=False),
    Column("addressee_value", Words(400), nullable=False),
    Column("subject", Words(), nullable=False),
    Column("text", Words(), nullable=False),
    Column("parts", JSON, nullable=False),
    Column("template", Words(80), nullable=False),
    Column("authors", JSON, nullable=False),
    Column("state", Words(20), nullable=False),
    Column("is_automatic", Boolean, nullable=False),
    Column("drafted_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("approved_by", Words(80), nullable=False),
    Column("approved_at", UtcTime, nullable=True),
    Column("approved_sha256", Words(64), nullable=False),
    Column("approval_expires_at", UtcTime, nullable=True),
    Column("channel_name", Words(300), nullable=False),
    Column("outcome", Words(), nullable=False),
    Column("checks", JSON, nullable=False),
    Column("advice", Words(), nullable=False),
    Index(None, "state", "drafted_at"),
    Index(None, "case_id"),
    Index("ix_replies_automatic", "is_automatic", "addressee_value", "drafted_at"),
    # How many went by themselves in the last hour, to whomever.
    Index(
        "ix_replies_automatic_lately",
        "drafted_at",
        postgresql_where=text("is_automatic IS true"),
        sqlite_where=text("is_automatic IS 1"),
    ),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("reply_id", Words(32), nullable=False),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("came_to", Words(20), nullable=False),
    Column("form", Words(20), nullable=False),
    Column("sent_to", Words(400), nullable=False),
    Column("name", Words(300), nullable=False),
    Column("text_sha256", Words(64), nullable=False),
    Column("approved_by", Words(80), nullable=False),
    Column("says", Words(), nullable=False),
    Column("again_at", UtcTime, nullable=True),
    Index(None, "case_id"),
    Index(None, "reply_id"),
)

# Replies that the other side takes later, perhaps, or that wait for the end of a hold. A row goes when the reply is
# handed to delivery again.
postponed = Table(
    "postponed",
    metadata,
    Column("reply_id", Words(32), primary_key=True),
    Column("again_at", UtcTime, nullable=False),
    Column("is_held", Boolean, nullable=False, server_default=false()),
    Index(None, "again_at"),
)

# Holds on public posting. One without a release stands.
holds = Table(
    "holds",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("placed_by", Words(80), nullable=False),
    Column("placed_at", UtcTime, nullable=False),
    Column("because", Words(), nullable=False),
    Column("released_by", Words(80), nullable=False),
    Column("released_at", UtcTime, nullable=True),
    Column("released_because", Words(), nullable=False),
)

# Addresses that mail came back from.
unreachable = Table(
    "unreachable",
    metadata,
    Column("address", Name(400, most_bytes=IDENTITY_BYTES), primary_key=True),
    Column("since", UtcTime, nullable=False),
    Column("reply_id", Words(32), nullable=False),
    Column("says", Words(), nullable=False),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("upheld", Words(20), nullable=False),
    Column("resolved", Words(20), nullable=False),
    Column("summary", Words(), nullable=False),
    Column("remedy", Words(), nullable=False),
    Column("cause", Words(), nullable=False),
    Column("lessons", Words(), nullable=False),
    Column("recorded_by", Words(80), nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("case_id", "number"),
)

links = Table(
    "links",
    metadata,
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("other_case_id", ForeignKey("cases.id"), nullable=False),
    Column("kind", Words(30), nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("suggested_at", UtcTime, nullable=False),
    Column("state", Words(20), nullable=False),
    Column("settled_by", Words(80), nullable=False),
    PrimaryKeyConstraint("case_id", "other_case_id"),
    Index(None, "other_case_id"),
)

matter_marks = Table(
    "matter_marks",
    metadata,
    Column("mark", Words(80), nullable=False),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("at", UtcTime, nullable=False),
    PrimaryKeyConstraint("mark", "case_id"),
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", Words(32), primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("kind", Words(40), nullable=False),
    Column("reason", Words(), nullable=False),
    Column("reply_id", Words(32), nullable=False),
    Column("raised_at", UtcTime, nullable=False),
    Column("done_at", UtcTime, nullable=True),
    Column("done_by", Words(80), nullable=False),
    Index(None, "done_at", "raised_at"),
    Index(None, "case_id"),
)

# What colleagues write for colleagues. Nothing that drafts or sends reads it.
notes = Table(
    "notes",
    metadata,
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("written_by", Words(80), nullable=False),
    Column("written_at", UtcTime, nullable=False),
    Column("text", Words(), nullable=False),
    PrimaryKeyConstraint("case_id", "number"),
)

# Proof

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("subject", Words(80), nullable=False),
    Column("happening", Words(), nullable=False),
    Column("previous_hash", Words(64), nullable=False),
    Column("hash", Words(64), nullable=False),
    Index(None, "subject"),
)

# The desk

accounts = Table(
    "accounts",
    metadata,
    Column("name", Words(80), primary_key=True),
    Column("shown_as", Words(120), nullable=False),
    Column("roles", JSON, nullable=False),
    # Empty: nobody can sign in by it.
    Column("password_hash", Words(), nullable=False),
    Column("has_short_password", Boolean, nullable=False),
    Column("password_set_at", UtcTime, nullable=True),
    # Sealed with the installation's secret; empty: there is no second factor.
    Column("totp_secret", Words(), nullable=False),
    # The last code that was used, by its number of half minutes: none serves twice.
    Column("totp_step", BigInteger, nullable=False),
    # Who vouches for the person elsewhere: issuer and subject. Empty: nobody.
    Column("issuer", Words(400), nullable=False),
    Column("subject", Words(400), nullable=False),
    Column("is_disabled", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("created_by", Words(80), nullable=False),
    Index(None, "issuer", "subject"),
)

account_links = Table(
    "account_links",
    metadata,
    Column("token_sha256", Words(64), primary_key=True),
    Column("account", ForeignKey("accounts.name"), nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Index(None, "account"),
)

desk_sessions = Table(
    "desk_sessions",
    metadata,
    Column("token_sha256", Words(64), primary_key=True),
    Column("account", ForeignKey("accounts.name"), nullable=False),
    Column("how", Words(20), nullable=False),
    Column("began_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Index(None, "account"),
    Index(None, "seen_at"),
)

# Programs that are let in, and programs that are told

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Words(32), primary_key=True),
    Column("name", Words(40), nullable=False),
    Column("role", Words(20), nullable=False),
    Column("sha256", Words(64), nullable=False),
    Column("made_by", Words(80), nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime, nullable=True),
    Column("revoked_by", Words(80), nullable=False),
    UniqueConstraint("sha256"),
)

api_answers = Table(
    "api_answers",
    metadata,
    # What a change was answered with: who sends it again with the same key gets the same answer.
    Column("token_id", Words(32), nullable=False),
    Column("key", Words(64), nullable=False),
    Column("asked_sha256", Words(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", UtcTime, nullable=False),
    PrimaryKeyConstraint("token_id", "key"),
    Index(None, "at"),
)

webhook_targets = Table(
    "webhook_targets",
    metadata,
    Column("name", Words(40), primary_key=True),
    Column("url", Words(), nullable=False),
    Column("events", JSON, nullable=False),
    Column("salt", Words(64), nullable=False),
    Column("added_by", Words(80), nullable=False),
    Column("added_at", UtcTime, nullable=False),
)

webhook_progress = Table(
    "webhook_progress",
    metadata,
    # Up to which entry of the audit trail a target's calls were made out, and how the last ones went.
    Column("target", Words(40), primary_key=True),
    Column("entry", BigInteger, nullable=False),
    Column("delivered", BigInteger, nullable=False),
    Column("delivered_at", UtcTime, nullable=True),
    Column("says", Words(), nullable=False),
)

webhook_calls = Table(
    "webhook_calls",
    metadata,
    # Calls that are still to be made, and those that were given up.
    Column("target", Words(40), nullable=False),
    Column("entry", BigInteger, nullable=False),
    Column("state", Words(20), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("next_at", UtcTime, nullable=False),
    Column("says", Words(), nullable=False),
    PrimaryKeyConstraint("target", "entry"),
)

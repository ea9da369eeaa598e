"""What Alembic runs: it is handed an open connection by `storage.migrate`."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from storage.columns import UtcTime
from storage.tables import metadata


def render_frozen(kind: str, thing: Any, _context: Any) -> str | Literal[False]:
    """Write our own column types as what they are in the database: a migration must not change when they do."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(thing, UtcTime) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite changes a table by making it anew.
    render_as_batch=True,
    compare_type=True,
    render_item=render_frozen,
)
with context.begin_transaction():
    context.run_migrations()

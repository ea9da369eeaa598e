"""Whether what is stored fits its columns: SQLite does not mind, other databases do."""

from __future__ import annotations

from sqlalchemy import Engine, String, Text, func, select

from storage.tables import metadata


def overfull_columns(engine: Engine) -> list[str]:
    """Name the columns that hold a longer text than they are declared for."""
    found = []
    with engine.connect() as connection:
        for table in metadata.tables.values():
            for column in table.columns:
                if isinstance(column.type, String) and not isinstance(column.type, Text) and column.type.length:
                    longest = connection.scalar(select(func.max(func.length(column)))) or 0
                    if longest > column.type.length:
                        found.append(f"{table.name}.{column.name} holds {longest} of {column.type.length}")
    return found

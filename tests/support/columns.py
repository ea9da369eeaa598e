"""Whether what is stored fits its columns: none of the databases minds, and a person who looks would."""

from __future__ import annotations

from sqlalchemy import Engine, String, func, select

from storage.columns import Words
from storage.tables import metadata


def overfull_columns(engine: Engine) -> list[str]:
    """Name the columns that hold a longer text than they are declared for."""
    found = []
    with engine.connect() as connection:
        for table in metadata.tables.values():
            for column in table.columns:
                # What is declared, whatever kind of text the database at hand makes of it.
                declared = column.type.impl_instance if isinstance(column.type, Words) else column.type
                if isinstance(declared, String) and declared.length:
                    longest = connection.scalar(select(func.max(func.length(column)))) or 0
                    if longest > declared.length:
                        found.append(f"{table.name}.{column.name} holds {longest} of {declared.length}")
    return found

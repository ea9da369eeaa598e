"""The table of roles in `docs/security.md`: `python -m tests.architecture.roles_table --write`."""

from __future__ import annotations

import sys

from amends.desk.access import GIVES, ROUTES
from amends.desk.pages.accounts import MEANINGS
from tests.architecture.generated import DOCS, check_or_write, table_of

DOCUMENT = DOCS / "security.md"
NAME = "roles"


def roles_table() -> str:
    """Write the table: a row for each role, with its permissions and how many routes they open."""
    return table_of(
        ("role", "what for", "permissions", "routes that need them"),
        lambda: [
            (
                role.value,
                meaning,
                ", ".join(f"`{permission}`" for permission in sorted(GIVES[role])),
                str(sum(needed in GIVES[role] for needed in ROUTES.values())),
            )
            for role, meaning in MEANINGS.items()
        ],
    )


if __name__ == "__main__":
    sys.exit(check_or_write(DOCUMENT, NAME, roles_table()))

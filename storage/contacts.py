"""Who writes to us, and by which addresses and handles we know them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from amends.domain.contact import Identity
from storage.rows import insert_new
from storage.tables import contacts, identities

_NAME_AT_MOST = 200


class SqlContactStore:
    """Contacts within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ensure(self, people: Mapping[Identity, str], *, at: datetime) -> None:
        """Make sure that a contact stands behind each identity."""
        insert_new(
            self._connection,
            contacts,
            [
                {"id": identity.contact_id, "name": name[:_NAME_AT_MOST], "first_seen_at": at}
                for identity, name in people.items()
            ],
        )
        insert_new(
            self._connection,
            identities,
            [
                {"kind": identity.kind.value, "value": identity.value, "contact_id": identity.contact_id}
                for identity in people
            ],
        )

"""One-time links: whoever opens one chooses a password, once."""

from __future__ import annotations

from datetime import datetime, timedelta

from amends.casework.accounts import offer_link
from amends.desk.tokens import digest, new_token
from amends.unit_of_work import UnitOfWork

#: So long is a link good.
GOOD_FOR = timedelta(hours=24)


def new_link(unit: UnitOfWork, name: str, *, desk_url: str, by: str, at: datetime) -> str:
    """Make the address that sets the password of an account, and spend an older one.

    Raises:
        NotFound, Refused: there is no such account, or it is disabled.
    """
    token = new_token()
    offer_link(unit, name, token_sha256=digest(token), expires_at=at + GOOD_FOR, by=by, at=at)
    return f"{desk_url.rstrip('/')}/password/{token}"

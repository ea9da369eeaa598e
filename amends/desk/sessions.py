"""Who is signed in, and until when.

1. A session's token is random and known to the browser alone; the database has its digest.
2. It ends after a while without a request, after a longest time whatever happens, when its
   owner signs out, when the password or the account changes.
3. Roles are read anew at each request: what was taken away is gone at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from amends.desk.access import Permission, may
from amends.desk.parts import Desk
from amends.desk.tokens import change_token, digest, new_token
from amends.domain.account import Account, Role, Session
from amends.unit_of_work import UnitOfWork

#: A request is noted at most so often: each note is a write.
_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who asks. `csrf` goes with each change; `session` is the digest of their token."""

    name: str
    shown_as: str
    roles: frozenset[Role]
    csrf: str = field(repr=False)
    session: str = field(repr=False)
    how: str

    def may(self, permission: Permission | str) -> bool:
        """Whether they may do that."""
        return may(self.roles, Permission(permission))


def begin(unit: UnitOfWork, account: Account, *, how: str, at: datetime) -> str:
    """Begin a session within a unit of work and give its token."""
    token = new_token()
    unit.accounts.begin_session(
        Session(token_sha256=digest(token), account=account.name, how=how, began_at=at, seen_at=at)
    )
    return token


def person_of(desk: Desk, token: str) -> Person | None:
    """Give whose session it is; None where there is none, or it is over."""
    if not token:
        return None
    sha256, now = digest(token), desk.now()
    with desk.reading() as unit:
        found = unit.accounts.session(sha256)
    if found is None:
        return None
    session, account = found
    is_over = now - session.seen_at > desk.entry.idle or now - session.began_at > desk.entry.longest
    if account.is_disabled or is_over:
        return None
    if now - session.seen_at >= _NOTED_EVERY:
        with desk.aside() as unit:
            unit.accounts.touch(sha256, now)
            unit.commit()
    return Person(
        name=account.name,
        shown_as=account.shown_as,
        roles=account.roles,
        csrf=change_token(desk.secret, token),
        session=sha256,
        how=session.how,
    )


def sweep(unit: UnitOfWork, desk: Desk, *, at: datetime) -> None:
    """Forget the sessions that are over."""
    unit.accounts.forget_sessions(began_before=at - desk.entry.longest, seen_before=at - desk.entry.idle)

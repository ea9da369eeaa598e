"""Whether somebody is who they say: name, password, and a code where the account asks for one.

What is answered, and how long it takes, is the same whether the name, the password or the
code was wrong: the same is read, computed and written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from fastapi import Request

from amends.casework.accounts import tell
from amends.desk.parts import Desk
from amends.desk.passwords import LONGEST
from amends.desk.second_factor import step_of, unseal
from amends.desk.throttle import Try
from amends.desk.tokens import new_token, sealed, unsealed
from amends.domain.account import Account
from amends.unit_of_work import UnitOfWork

#: The cookie of a browser that somebody has signed in with; it is kept for so many seconds.
KNOWN, KNOWN_S = "known", 180 * 86_400
_PURPOSE = "known browser"


@dataclass(frozen=True, slots=True, kw_only=True)
class TooSoon:
    """There were too many wrong tries: the next one may be made after so many seconds."""

    wait_s: int


def recognise(request: Request, parts: Desk, *, name: str, password: str, code: str) -> Account | TooSoon | None:
    """Give the account that these open; None when they open none.

    A code that was right is spent. A wrong try is in the audit trail.
    """
    now = parts.now()
    taken = parts.throttle.take(name, _address(request), now, browser=_known_browser(request, parts, name))
    if not isinstance(taken, Try):
        return TooSoon(wait_s=int(taken) + 1)
    with parts.reading() as unit:
        account = unit.accounts.find(name)
    kept = account.password_hash if account is not None and not account.is_disabled else ""
    is_right = parts.passwords.is_right(kept, password[: LONGEST + 1])
    with parts.unit() as unit:
        found = _opened(unit, parts, name, code) if is_right else None
        if found is None:
            subject = f"account:{name if account is not None else '?'}"
            tell(unit, "account.sign_in_refused", subject, by="amends:desk", at=now)
        unit.commit()
    if found is not None:
        parts.throttle.right(taken)
    return found


def known_browser(parts: Desk, name: str) -> str:
    """Make the cookie by which a browser is known to be somebody's."""
    return sealed(parts.secret, _PURPOSE, {"name": name, "browser": new_token()})


def _opened(unit: UnitOfWork, parts: Desk, name: str, code: str) -> Account | None:
    """Look at the second factor of who knew the password, and spend the code."""
    account = unit.accounts.find(name)
    if account is None or account.is_disabled:
        return None
    if not account.totp_secret:
        return account
    secret = unseal(parts.secret, account.totp_secret, bound_to=account.name)
    step = step_of(secret, code, parts.now(), after=account.totp_step)
    if step is None:
        return None
    spent = replace(account, totp_step=step)
    unit.accounts.save(spent)
    return spent


def _known_browser(request: Request, parts: Desk, name: str) -> str:
    said = unsealed(parts.secret, _PURPOSE, request.cookies.get(parts.entry.cookie(KNOWN), ""))
    return str(said["browser"]) if said is not None and said["name"] == name else ""


def _address(request: Request) -> str:
    return request.client.host if request.client else ""

"""Choosing a password by a one-time link."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from amends.casework import accounts
from amends.desk.guard import Fields
from amends.desk.page import done, page
from amends.desk.parts import desk
from amends.desk.passwords import fault_of, is_short
from amends.desk.tokens import digest
from amends.domain.account import Account
from amends.errors import NotFound

router = APIRouter()

_GONE = "This link was used, has run out, or was replaced by a newer one. Ask for another"
#: The address is a secret: it is told to no other page.
_TELLS_NOBODY = {"Referrer-Policy": "no-referrer"}


@router.get("/password/{token}", name="link.show")
def show(request: Request, token: str) -> Response:
    """Show the form, if the link is still good. To look at it does not spend it."""
    return _form(request, _owner(request, token))


@router.post("/password/{token}", name="link.use")
def use(request: Request, token: str, fields: Fields) -> Response:
    """Set the password and spend the link."""
    parts = desk(request)
    account = _owner(request, token)
    password = str(fields.get("new_password", ""))
    fault = fault_of(password, name=account.name, has_second_factor=bool(account.totp_secret))
    again = "" if password == fields.get("new_password_again") else "The two are not the same. Type it once more."
    if fault or again:
        return _form(request, account, fault=fault, again=again, status=422)
    hashed = parts.passwords.hash(password)
    now = parts.now()
    with parts.unit() as unit:
        if unit.accounts.link(digest(token), now) is None:
            raise NotFound(_GONE)
        accounts.set_password(unit, account.name, hashed, is_short=is_short(password), by=account.name, at=now)
        unit.commit()
    return done(request, "/sign-in", "Your password is set. Sign in with it.")


def _owner(request: Request, token: str) -> Account:
    parts = desk(request)
    with parts.reading() as unit:
        account = unit.accounts.link(digest(token), parts.now())
    if account is None or account.is_disabled:
        raise NotFound(_GONE)
    return account


def _form(request: Request, account: Account, *, fault: str = "", again: str = "", status: int = 200) -> Response:
    return page(request, "link.html", status=status, headers=_TELLS_NOBODY, account=account, fault=fault, again=again)

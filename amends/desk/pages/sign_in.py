"""Signing in and out."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from amends.casework.accounts import tell
from amends.desk import sessions
from amends.desk.guard import SESSION, Fields, SignedIn, who
from amends.desk.page import done, drop_cookie, page, set_cookie
from amends.desk.parts import Desk, desk
from amends.desk.passwords import LONGEST
from amends.domain.account import MOST_NAME_CHARS, Account, account_name

router = APIRouter()


@router.get("/sign-in", name="sign_in.show")
def show(request: Request) -> Response:
    """Show the form."""
    following = _own_path(request.query_params.get("next", ""))
    if who(request) is not None:
        return RedirectResponse(following, 303)
    return _form(request, name="", following=following)


@router.post("/sign-in", name="sign_in.enter")
def enter(request: Request, fields: Fields) -> Response:
    """Let somebody in who knows the password."""
    parts = desk(request)
    name = account_name(str(fields.get("name", "")))[:MOST_NAME_CHARS]
    password = str(fields.get("password", ""))
    following = _own_path(str(fields.get("next", "")))
    account = _recognised(parts, name, password)
    if account is None:
        says = "That name and password do not go together. Check both; a reset is made by whoever looks after accounts."
        return _form(request, name=name, following=following, fault=says, status=403)
    return let_in(request, account, following, how="password")


def let_in(request: Request, account: Account, following: str, *, how: str) -> Response:
    """Begin a session for an account and lead on."""
    parts = desk(request)
    now = parts.now()
    with parts.unit() as unit:
        sessions.sweep(unit, parts, at=now)
        token = sessions.begin(unit, account, how=how, at=now)
        tell(unit, "account.signed_in", f"account:{account.name}", by=account.name, at=now, facts={"how": how})
        unit.commit()
    answer = RedirectResponse(following, 303)
    set_cookie(answer, parts, SESSION, token)
    return answer


@router.post("/sign-out", name="sign_in.leave")
def leave(request: Request, person: SignedIn) -> Response:
    """End this session."""
    parts = desk(request)
    now = parts.now()
    with parts.unit() as unit:
        unit.accounts.end_session(person.session)
        tell(unit, "account.signed_out", f"account:{person.name}", by=person.name, at=now)
        unit.commit()
    answer = done(request, "/sign-in", "You are signed out.")
    drop_cookie(answer, parts, SESSION)
    return answer


def _recognised(parts: Desk, name: str, password: str) -> Account | None:
    """Give the account that a name and a password open. As long is computed for a name that is not there."""
    with parts.reading() as unit:
        account = unit.accounts.find(name)
    kept = account.password_hash if account is not None and not account.is_disabled else ""
    is_right = parts.passwords.is_right(kept, password[: LONGEST + 1])
    return account if is_right else None


def _form(request: Request, *, name: str, following: str, fault: str = "", status: int = 200) -> Response:
    return page(request, "sign_in.html", status=status, name=name, following=following, fault=fault)


def _own_path(said: str) -> str:
    """Give a path of this desk; anything else leads home, for a link must not lead people elsewhere."""
    parted = urlsplit(said)
    is_path = said.startswith("/") and not said.startswith(("//", "/\\")) and not parted.scheme and not parted.netloc
    return said if is_path and said.isprintable() else "/"

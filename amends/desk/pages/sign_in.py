"""Signing in and out."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from amends.casework.accounts import tell
from amends.desk import sessions
from amends.desk.guard import SESSION, Fields, SignedIn, who
from amends.desk.own_address import own_address
from amends.desk.page import done, drop_cookie, page, set_cookie
from amends.desk.parts import desk
from amends.desk.recognise import KNOWN, KNOWN_S, TooSoon, known_browser, recognise
from amends.domain.account import MOST_NAME_CHARS, Account, account_name

router = APIRouter()

_WRONG = (
    "Name, password and code do not go together. Check all three. A new password is given by whoever looks after "
    "accounts here."
)


@router.get("/sign-in", name="sign_in.show")
def show(request: Request) -> Response:
    """Show the form."""
    following = own_path(request.query_params.get("next", ""))
    if who(request) is not None:
        return RedirectResponse(following, 303)
    return _form(request, name="", following=following)


@router.post("/sign-in", name="sign_in.enter")
def enter(request: Request, fields: Fields) -> Response:
    """Let somebody in who knows the password, and has the code where one is asked for."""
    name = account_name(str(fields.get("name", "")))[:MOST_NAME_CHARS]
    following = own_path(str(fields.get("next", "")))
    found = recognise(
        request,
        desk(request),
        name=name,
        password=str(fields.get("password", "")),
        code=str(fields.get("code", "")),
    )
    if isinstance(found, TooSoon):
        says = f"There were too many wrong tries. Wait {_span(found.wait_s)}, then try again."
        headers = {"Retry-After": str(found.wait_s)}
        return _form(request, name=name, following=following, fault=says, status=429, headers=headers)
    if found is None:
        return _form(request, name=name, following=following, fault=_WRONG, status=403)
    return let_in(request, found, following, how="password")


def let_in(request: Request, account: Account, following: str, *, how: str) -> Response:
    """Begin a session for an account and lead on."""
    parts = desk(request)
    now = parts.now()
    with parts.unit() as unit:
        sessions.sweep(unit, parts, at=now)
        if (before := who(request)) is not None:
            unit.accounts.end_session(before.session)
        token = sessions.begin(unit, account, how=how, at=now)
        tell(unit, "account.signed_in", f"account:{account.name}", by=account.name, at=now, facts={"how": how})
        unit.commit()
    answer = RedirectResponse(following, 303)
    set_cookie(answer, parts, SESSION, token)
    set_cookie(answer, parts, KNOWN, known_browser(parts, account.name), seconds=KNOWN_S)
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


def own_path(said: str) -> str:
    """Give a path of this desk; anything else leads home, for a link must not lead people elsewhere."""
    found = own_address(said)
    return "/" if found is None else found.geturl()


def _form(
    request: Request,
    *,
    name: str,
    following: str,
    fault: str = "",
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    return page(
        request,
        "sign_in.html",
        status=status,
        headers=headers,
        name=name,
        following=following,
        fault=fault,
        has_openid=desk(request).openid is not None,
    )


def _span(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    return f"{-(-seconds // 60)} minutes"

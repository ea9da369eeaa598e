"""One's own account: password, second factor, sessions.

Whoever changes how they get in shows once more that they can.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from amends.casework import accounts
from amends.desk.guard import Fields, SignedIn
from amends.desk.page import done, page
from amends.desk.parts import Desk, desk
from amends.desk.passwords import fault_of, is_short
from amends.desk.recognise import TooSoon, recognise
from amends.desk.second_factor import new_secret, picture, seal, step_of, unseal
from amends.desk.sessions import Person
from amends.domain.account import Account
from amends.errors import Refused

router = APIRouter()

_WRONG = "That is not your password now, or the code is not right."


@router.get("/account", name="account.show")
def show(request: Request, person: SignedIn) -> Response:
    """Show what can be changed."""
    return _page(request, person)


@router.post("/account/password", name="account.change_password")
def change_password(request: Request, person: SignedIn, fields: Fields) -> Response:
    """Choose another password; all other sessions end."""
    parts = desk(request)
    password = str(fields.get("new_password", ""))
    account = _own(parts, person)
    faults = {
        "new_password": fault_of(password, name=person.name, has_second_factor=bool(account.totp_secret)),
        "new_password_again": ""
        if password == fields.get("new_password_again")
        else "The two are not the same. Type it once more.",
    }
    if not any(faults.values()):
        faults["password"] = _doubt(request, parts, person, fields)
    if any(faults.values()):
        return _page(request, person, faults=faults, status=422)
    hashed = parts.passwords.hash(password)
    with parts.unit() as unit:
        accounts.set_password(
            unit,
            person.name,
            hashed,
            is_short=is_short(password),
            by=person.name,
            at=parts.now(),
            but=person.session,
        )
        unit.commit()
    return done(request, "/account", "Your password is changed. Everywhere else you are signed out.")


@router.get("/account/second-factor", name="account.set_up")
def set_up(request: Request, person: SignedIn) -> Response:
    """Show a new secret for an app. It counts once a code of it was typed in."""
    parts = desk(request)
    if _own(parts, person).totp_secret:
        raise Refused("you have a second factor already; remove it first")
    return _secret_page(request, parts, person, new_secret())


@router.post("/account/second-factor", name="account.add_second_factor")
def add_second_factor(request: Request, person: SignedIn, fields: Fields) -> Response:
    """Begin to ask for a code, once one was shown to be right."""
    parts = desk(request)
    secret = unseal(parts.secret, str(fields.get("key", "")), bound_to=person.session)
    if not secret:
        raise Refused("this page was opened in another session; begin again at your account")
    step = step_of(secret, str(fields.get("new_code", "")), parts.now())
    if step is None:
        fault = "That is not the code of now. Wait for the next one; if it stays wrong, check your phone's clock."
        return _secret_page(request, parts, person, secret, faults={"new_code": fault}, status=422)
    if fault := _doubt(request, parts, person, fields):
        return _secret_page(request, parts, person, secret, faults={"password": fault}, status=422)
    with parts.unit() as unit:
        kept = seal(parts.secret, secret, bound_to=person.name)
        accounts.set_second_factor(unit, person.name, kept, step=step, by=person.name, at=parts.now())
        unit.commit()
    return done(request, "/account", "From now on you are asked for a code when you sign in.")


@router.post("/account/second-factor/remove", name="account.drop_second_factor")
def drop_second_factor(request: Request, person: SignedIn, fields: Fields) -> Response:
    """Ask for no code any more."""
    parts = desk(request)
    if fault := _doubt(request, parts, person, fields):
        raise Refused(fault)
    with parts.unit() as unit:
        accounts.drop_second_factor(unit, person.name, by=person.name, at=parts.now())
        unit.commit()
    return done(request, "/account", "You are asked for no code any more.")


@router.post("/account/sign-out-elsewhere", name="account.sign_out_elsewhere")
def sign_out_elsewhere(request: Request, person: SignedIn) -> Response:
    """End all sessions but this one."""
    parts = desk(request)
    with parts.unit() as unit:
        ended = accounts.sign_out(unit, person.name, by=person.name, at=parts.now(), but=person.session)
        unit.commit()
    says = f"{ended} other session{' is' if ended == 1 else 's are'} ended." if ended else "There was no other session."
    return done(request, "/account", says)


def _doubt(request: Request, parts: Desk, person: Person, fields: Fields) -> str:
    """Say why somebody is not believed to be the owner; empty when they are."""
    found = recognise(
        request,
        parts,
        name=person.name,
        password=str(fields.get("password", "")),
        code=str(fields.get("code", "")),
    )
    if isinstance(found, TooSoon):
        return f"There were too many wrong tries. Wait {found.wait_s} seconds, then try again."
    return "" if found is not None else _WRONG


def _own(parts: Desk, person: Person) -> Account:
    with parts.reading() as unit:
        return accounts.find(unit, person.name)


def _page(request: Request, person: Person, *, faults: dict[str, str] | None = None, status: int = 200) -> Response:
    account = _own(desk(request), person)
    return page(request, "account.html", status=status, account=account, faults=faults or {})


def _secret_page(
    request: Request,
    parts: Desk,
    person: Person,
    secret: str,
    *,
    faults: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    return page(
        request,
        "second_factor.html",
        status=status,
        picture=picture(secret, name=person.name, organisation=parts.organisation),
        written=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        # Encrypted for this session: the page that was shown and the code that proves it belong together.
        key=seal(parts.secret, secret, bound_to=person.session),
        faults=faults or {},
    )

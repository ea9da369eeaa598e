"""Who may use the desk: made, changed and closed by an admin."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from amends.casework import accounts
from amends.desk.guard import Fields, SignedIn
from amends.desk.links import GOOD_FOR, new_link
from amends.desk.page import done, page
from amends.desk.parts import desk
from amends.domain.account import Role
from amends.errors import Refused

router = APIRouter()

#: What each role is for, in the order of the page.
MEANINGS = {
    Role.HANDLER: "takes cases and answers them",
    Role.REVIEWER: "approves or rejects replies, and can hold public ones",
    Role.MANAGER: "sees how things stand, and can hold public replies",
    Role.OPERATOR: "keeps the service running: channels, parked messages, deliveries",
    Role.AUDITOR: "reads everything and changes nothing",
    Role.ADMIN: "looks after accounts",
}
_OPTIONS = [(role.value, role.value.capitalize(), meaning) for role, meaning in MEANINGS.items()]


@router.get("/accounts", name="accounts.every")
def every(request: Request) -> Response:
    """List all accounts, with a form to make another."""
    return _list(request)


@router.post("/accounts", name="accounts.create")
def create(request: Request, person: SignedIn, fields: Fields) -> Response:
    """Make an account and show its one-time link."""
    parts = desk(request)
    now = parts.now()
    try:
        roles = _roles(fields)
        with parts.unit() as unit:
            account = accounts.create(
                unit,
                str(fields.get("name", "")),
                shown_as=str(fields.get("shown_as", "")),
                roles=roles,
                by=person.name,
                at=now,
            )
            link = new_link(unit, account.name, desk_url=parts.entry.url, by=person.name, at=now)
            unit.commit()
    except Refused as why:
        return _list(request, fields=fields, fault=str(why))
    return _show(request, account.name, link=link)


@router.get("/accounts/{name}", name="accounts.show")
def show(request: Request, name: str) -> Response:
    """Show one account."""
    return _show(request, name)


@router.post("/accounts/{name}/roles", name="accounts.set_roles")
def set_roles(request: Request, name: str, person: SignedIn, fields: Fields) -> Response:
    """Say what somebody may do from now on."""
    parts = desk(request)
    with parts.unit() as unit:
        account = accounts.set_roles(unit, name, _roles(fields), by=person.name, at=parts.now())
        unit.commit()
    return done(request, f"/accounts/{account.name}", f"{account.name} is now {', '.join(sorted(account.roles))}.")


@router.post("/accounts/{name}/disable", name="accounts.disable")
def disable(request: Request, name: str, person: SignedIn) -> Response:
    """Let nobody in by an account any more, and make its open cases nobody's."""
    parts = desk(request)
    with parts.unit() as unit:
        account, freed = accounts.disable(unit, name, by=person.name, at=parts.now())
        unit.commit()
    parts.standing.forget()
    says = f"{account.name} is signed out and can no longer sign in."
    if freed:
        says += f" {freed} open case{' is' if freed == 1 else 's are'} nobody's now, for others to claim."
    return done(request, f"/accounts/{account.name}", says)


@router.post("/accounts/{name}/enable", name="accounts.enable")
def enable(request: Request, name: str, person: SignedIn) -> Response:
    """Let somebody in again."""
    parts = desk(request)
    with parts.unit() as unit:
        account = accounts.enable(unit, name, by=person.name, at=parts.now())
        unit.commit()
    return done(request, f"/accounts/{account.name}", f"{account.name} can sign in again.")


@router.post("/accounts/{name}/link", name="accounts.make_link")
def make_link(request: Request, name: str, person: SignedIn) -> Response:
    """Make a link that sets the password once. It is shown once."""
    parts = desk(request)
    with parts.unit() as unit:
        link = new_link(unit, name, desk_url=parts.entry.url, by=person.name, at=parts.now())
        unit.commit()
    return _show(request, name, link=link)


@router.post("/accounts/{name}/second-factor", name="accounts.drop_second_factor")
def drop_second_factor(request: Request, name: str, person: SignedIn) -> Response:
    """Take the second factor from somebody who has lost it."""
    parts = desk(request)
    with parts.unit() as unit:
        account = accounts.drop_second_factor(unit, name, by=person.name, at=parts.now())
        unit.commit()
    more = " Its short password is gone too: give them a link." if account.has_short_password else ""
    return done(request, f"/accounts/{account.name}", f"{account.name} is asked for no code any more.{more}")


@router.post("/accounts/{name}/sign-out", name="accounts.sign_out")
def sign_out(request: Request, name: str, person: SignedIn) -> Response:
    """End all sessions of an account."""
    parts = desk(request)
    with parts.unit() as unit:
        ended = accounts.sign_out(unit, name, by=person.name, at=parts.now())
        unit.commit()
    return done(request, f"/accounts/{name}", f"{ended} session{'' if ended == 1 else 's'} ended.")


def _roles(fields: Fields) -> set[Role]:
    said = {str(value) for value in fields.getlist("role")}
    if strange := said - {role.value for role in Role}:
        raise Refused(f"{min(strange)!r} is no role; choose from those on the page")
    return {Role(value) for value in said}


def _list(request: Request, *, fields: Fields | None = None, fault: str = "") -> Response:
    with desk(request).reading() as unit:
        found = unit.accounts.every()
    typed = {"name": "", "shown_as": "", "roles": ()}
    if fields is not None:
        typed = {
            "name": str(fields.get("name", "")),
            "shown_as": str(fields.get("shown_as", "")),
            "roles": tuple(map(str, fields.getlist("role"))),
        }
    status = 422 if fault else 200
    return page(request, "accounts.html", status=status, accounts=found, options=_OPTIONS, typed=typed, fault=fault)


def _show(request: Request, name: str, *, link: str = "") -> Response:
    with desk(request).reading() as unit:
        account = accounts.find(unit, name)
    return page(
        request,
        "account_of.html",
        account=account,
        options=_OPTIONS,
        link=link,
        link_hours=int(GOOD_FOR.total_seconds() // 3600),
    )

"""Stands before every route: who asks, whether they may, and whether a change comes from our own page."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from amends.desk.access import BY_ITSELF, ROUTES, Permission
from amends.desk.parts import desk
from amends.desk.sessions import Person, person_of
from amends.desk.tokens import is_change_token

#: The cookies of a session, and of a visitor who is not signed in.
SESSION, VISIT = "session", "visit"
CSRF_FIELD, CSRF_HEADER = "csrf", "x-csrf-token"
_READS = {"GET", "HEAD", "OPTIONS"}
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_MOST_FIELDS, _MOST_FILES = 300, 10


class SignInFirst(Exception):
    """Nobody is signed in, and the route needs somebody."""


async def guard(request: Request) -> None:
    """Let a request through to its route, or refuse it.

    Raises:
        SignInFirst: nobody is signed in.
        HTTPException: 403, the permission or the token of the change is missing.
    """
    parts = desk(request)
    token = request.cookies.get(parts.entry.cookie(SESSION), "")
    route = request.scope["route"].name
    person = await run_in_threadpool(person_of, parts, token, is_active=route not in BY_ITSELF)
    request.state.person = person
    request.state.typed = await _typed(request)
    needed = ROUTES.get(route)
    if needed is not Permission.NONE and person is None:
        raise SignInFirst
    if needed is None or (person is not None and not person.may(needed)):
        raise HTTPException(403)
    if request.method not in _READS:
        cookie = token if person is not None else request.cookies.get(parts.entry.cookie(VISIT), "")
        said = request.headers.get(CSRF_HEADER) or request.state.typed.get(CSRF_FIELD, "")
        is_strange = request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}
        if is_strange or not isinstance(said, str) or not is_change_token(parts.secret, cookie, said):
            request.state.is_token_missing = True
            raise HTTPException(403)


def recall(request: Request) -> None:
    """Find out who asks where there is no route, and so no guard: the page that says so is theirs all the same."""
    parts = desk(request)
    request.state.person = person_of(parts, request.cookies.get(parts.entry.cookie(SESSION), ""), is_active=False)


async def _typed(request: Request) -> FormData:
    if request.method in _READS or not request.headers.get("content-type", "").lower().startswith(_FORMS):
        return FormData()
    return await request.form(max_fields=_MOST_FIELDS, max_files=_MOST_FILES)


def signed_in(request: Request) -> Person:
    """Give who asks, on a route that nobody reaches unless they are signed in."""
    person = who(request)
    if person is None:
        raise SignInFirst
    return person


def who(request: Request) -> Person | None:
    """Give who asks, if they are signed in and the guard has looked."""
    found: Person | None = getattr(request.state, "person", None)
    return found


def typed_fields(request: Request) -> FormData:
    """Give what was typed into a form."""
    found: FormData = getattr(request.state, "typed", FormData())
    return found


def sign_in_path(request: Request) -> str:
    """Give the address of the sign-in, which leads back here afterwards."""
    return sign_in_to(request.url.path + (f"?{request.url.query}" if request.url.query else ""))


def sign_in_to(path: str) -> str:
    """Give the address of the sign-in, which leads to `path` afterwards."""
    return "/sign-in" if path in {"/", "/sign-in"} else f"/sign-in?next={quote(path, safe='')}"


#: Who is signed in: `def show(request: Request, person: SignedIn)`.
SignedIn = Annotated[Person, Depends(signed_in)]
#: What was typed: `fields.get("reason", "")`, `fields.getlist("role")`.
Fields = Annotated[FormData, Depends(typed_fields)]

"""What went wrong, as a page that says the fact and what to do; what was typed is never lost.

Under `/api/` the same is said as `application/problem+json`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from amends.desk.guard import CSRF_FIELD, SignInFirst, recall, sign_in_path, sign_in_to, typed_fields, who
from amends.desk.own_address import own_address
from amends.desk.page import page
from amends.errors import NotFound, Refused, Unavailable, Unprocessable

#: Never shown again.
_SECRET_FIELDS = {CSRF_FIELD, "password", "new_password", "new_password_again", "code", "key"}
#: What a page sends along by itself. Nobody typed it, and it would only bury what somebody did type.
SENT_ALONG = {
    *("back", "case", "heard", "instead_of", "message", "next", "other", "query", "reference", "reply", "seen", "task"),
    *("count", "fate", "stage"),
    *("blocked", "hours", "public", "purpose"),
}
_READS = {"GET", "HEAD"}
_WITHOUT_ROUTE = {404, 405}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A status, what is the matter, and what to do about it."""

    status: int
    title: str
    says: str
    headers: dict[str, str] = field(default_factory=dict)
    is_signed_out: bool = False


_OF_STATUS = {
    400: ("That request could not be read", "Go back, load the page again and try once more."),
    403: (
        "You may not do that",
        "Your roles do not allow it. If they should, ask whoever looks after accounts here.",
    ),
    404: ("There is nothing at this address", "Check the address, or begin again from the start page."),
    405: ("That cannot be done here", "Go back and use the buttons of the page."),
    408: ("That took too long to arrive", "Check your connection and send it again."),
    413: ("That is too much for one request", "Shorten what you typed and send it again."),
    422: ("Something in the form is not right", "Go back and check what you entered."),
    429: ("Too many tries", "Wait a little and try again."),
    500: ("Something broke on our side", "It has been noted. Try again; if it stays, tell whoever runs Amends."),
    503: ("The desk cannot reach its data just now", "Nothing was changed. Try again in a minute."),
}
_TOKEN_MISSING = Refusal(
    status=403,
    title="This page is out of date",
    says="It was opened before you last signed in or out, or the change did not come from the desk itself. Nothing was "
    "changed. Load the page again and repeat what you did.",
)


def refuse(request: Request, refusal: Refusal) -> Response:
    """Answer with a refusal; what was typed into a form is shown, to be copied."""
    if request.url.path.startswith("/api/"):
        body = {"type": "about:blank", "title": refusal.title, "status": refusal.status, "detail": refusal.says}
        return JSONResponse(body, refusal.status, headers=refusal.headers, media_type="application/problem+json")
    typed = [
        (name, value)
        for name, value in typed_fields(request).multi_items()
        if isinstance(value, str) and value.strip() and name not in _SECRET_FIELDS | SENT_ALONG
    ]
    return page(
        request,
        "refusal.html",
        status=refusal.status,
        headers=refusal.headers,
        refusal=refusal,
        typed=typed,
        back=sign_in_to(_way_back(request)) if refusal.is_signed_out else _way_back(request),
    )


def of_status(status: int, *, says: str = "", headers: dict[str, str] | None = None) -> Refusal:
    """Give the refusal that belongs to a status."""
    title, remedy = _OF_STATUS.get(status, _OF_STATUS[400 if status < 500 else 500])
    return Refusal(status=status, title=title, says=says or remedy, headers=headers or {})


def add_refusals(app: FastAPI) -> None:
    """Answer every error of `amends.errors`, and those of the framework, with a refusal."""

    def answering(make: Callable[[Exception], Refusal]) -> Callable[[Request, Exception], Awaitable[Response]]:
        async def answer(request: Request, why: Exception) -> Response:
            return await run_in_threadpool(refuse, request, make(why))

        return answer

    async def http(request: Request, why: Exception) -> Response:
        if not isinstance(why, HTTPException):
            raise why
        if why.status_code == 403 and getattr(request.state, "is_token_missing", False):
            return await run_in_threadpool(refuse, request, _TOKEN_MISSING)
        if why.status_code in _WITHOUT_ROUTE:
            with suppress(Unavailable):
                await run_in_threadpool(recall, request)
        found = of_status(why.status_code, headers=dict(why.headers or {}))
        return await run_in_threadpool(refuse, request, found)

    async def broken(request: Request, _: Exception) -> Response:
        found = of_status(500, headers=dict(getattr(request.state, "headers", {})))
        return await run_in_threadpool(refuse, request, found)

    async def sign_in(request: Request, _: Exception) -> Response:
        is_for_people = not request.url.path.startswith("/api/")
        if is_for_people and request.method in _READS:
            return RedirectResponse(sign_in_path(request), 303)
        says = "Sign in again. What you typed is below: copy it before you go on."
        status = 403 if is_for_people else 401
        found = Refusal(status=status, title="You are signed out", says=says, is_signed_out=True)
        return await run_in_threadpool(refuse, request, found)

    app.add_exception_handler(SignInFirst, sign_in)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, answering(lambda _: of_status(422)))
    app.add_exception_handler(
        Refused, answering(lambda why: Refusal(status=409, title="That was not done", says=_sentence(why)))
    )
    app.add_exception_handler(
        NotFound, answering(lambda why: Refusal(status=404, title="It is not there", says=_sentence(why)))
    )
    app.add_exception_handler(
        Unprocessable, answering(lambda why: Refusal(status=422, title="That cannot be used", says=_sentence(why)))
    )
    app.add_exception_handler(Unavailable, answering(lambda _: of_status(503, headers={"Retry-After": "30"})))
    app.add_exception_handler(Exception, broken)


def _sentence(why: Exception) -> str:
    """Write the words of an error as sentences for a page, where nobody can type a command."""
    says = re.sub(r"; see `amends [^`]*`$", "", str(why))
    return f"{says[:1].upper()}{says[1:]}{'' if says.endswith(('.', '!', '?')) else '.'}"


def _way_back(request: Request) -> str:
    """Give the page that the request came from, if it is one of ours."""
    said = own_address(request.headers.get("referer", ""), host=request.url.netloc)
    if said is not None and said.path != request.url.path:
        return said.path + (f"?{said.query}" if said.query else "")
    return "/" if who(request) is not None else "/sign-in"

"""Puts the desk together: pages, the guard before them, headers and caps around them."""

from __future__ import annotations

import re
import secrets

from fastapi import APIRouter, Depends, FastAPI
from starlette.routing import Mount
from starlette.types import ASGIApp, Scope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from amends.desk.api.app import PREFIX, make_api
from amends.desk.guard import guard
from amends.desk.page import STATIC
from amends.desk.pages import (
    account,
    accounts,
    case,
    case_original,
    case_reply,
    contact,
    dead,
    health,
    hold,
    home,
    link,
    openid,
    operations,
    overview,
    parked,
    queue,
    queue_events,
    review,
    review_history,
    sign_in,
    style,
    tasks,
)
from amends.desk.parts import Desk
from amends.desk.refusals import add_refusals
from amends.web.files import LongLived
from amends.web.http import AnswerHeaders, BodyCap

#: What a request may weigh: the longest reply, and room for the rest of its form.
MOST_BODY_BYTES = 2 * 1024 * 1024
_BODY_TIMEOUT_S = 30.0

#: Each part of the desk.
ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    sign_in.router,
    openid.router,
    link.router,
    account.router,
    accounts.router,
    home.router,
    queue.router,
    queue_events.router,
    # Its pages have names; a reply's page takes whatever is left.
    review_history.router,
    review.router,
    hold.router,
    operations.router,
    parked.router,
    dead.router,
    overview.router,
    style.router,
    case.router,
    case_reply.router,
    case_original.router,
    case_original.files,
    contact.router,
    tasks.router,
)


def make_desk(parts: Desk) -> FastAPI:
    """Make the desk's app.

    Endpoints are plain functions, which run in a pool of threads. Every route goes
    through `guard`: what it needs is in `access.ROUTES`, by its name.
    """
    app = FastAPI(
        title="Amends desk",
        dependencies=[Depends(guard)],
        # No generated documentation: its pages load scripts from other people's servers.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.desk = parts
    app.state.on_start, app.state.on_stop = [parts.news.start], [parts.news.stop]
    parts.passwords.prepare()
    for router in ROUTERS:
        app.include_router(router)
    app.router.routes.append(_Whole(PREFIX, app=make_api(parts), name="api"))
    app.mount("/static", LongLived(directory=STATIC), name="static")
    add_refusals(app)
    # The last one added stands outermost.
    app.add_middleware(BodyCap, max_bytes=MOST_BODY_BYTES, timeout_s=_BODY_TIMEOUT_S)
    app.add_middleware(AnswerHeaders, headers=lambda scope: _headers(scope, is_secure=parts.entry.is_secure))
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(parts.entry.trusted_proxies))
    return app


class _Whole(Mount):
    """Takes every address under its own, also one with a line's end in it, which is no address of a page."""

    def __init__(self, path: str, *, app: ASGIApp, name: str) -> None:
        super().__init__(path, app=app, name=name)
        self.path_regex = re.compile(self.path_regex.pattern, re.DOTALL)


def _headers(scope: Scope, *, is_secure: bool) -> dict[str, str]:
    """Give the headers of an answer, and to its page the nonce that its scripts need.

    A script runs only with the nonce of this very answer: not one that a message or an
    attachment brought, not one written into the page.
    """
    nonce = secrets.token_urlsafe(16)
    scope.setdefault("state", {})["nonce"] = nonce
    headers = {
        "Content-Security-Policy": (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    if is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    # A fault of ours is answered outside of the middleware, which could not add them there.
    scope["state"]["headers"] = headers
    return headers

"""Puts the form together: pages, JSON endpoints and their description, and two addresses for supervisors."""

from __future__ import annotations

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from amends.errors import Unavailable
from amends.ports import Intake, Now
from amends.web.files import LongLived
from amends.web.http import AnswerHeaders, BodyCap
from ingest.web_form.api import Api
from ingest.web_form.http import security_headers
from ingest.web_form.notices import notice
from ingest.web_form.pages import STATIC, Pages
from ingest.web_form.problem import problem_response
from ingest.web_form.reception import Reception
from ingest.web_form.settings import FormSettings

_READ = ["GET", "HEAD"]


def make_app(intake: Intake, *, settings: FormSettings, now: Now) -> FastAPI:
    """Make the web form's app.

    Endpoints are plain functions, which run in a pool of threads: `intake` may block
    and is called from several threads at once. Addresses are relative to
    `settings.public_base_url`; a proxy that serves the form under a path takes the
    path off before it passes a request on.
    """
    reception = Reception(intake, settings=settings, now=now)
    pages, api = Pages(reception), Api(reception)
    # No generated documentation: its pages load scripts from other people's servers.
    app = FastAPI(title=settings.title, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.form_settings = settings

    app.add_api_route("/", pages.form, methods=_READ)
    app.add_api_route("/", pages.send, methods=["POST"])
    app.add_api_route("/sent/{token}", pages.of_status.sent, methods=_READ)
    app.add_api_route("/status/{token}", pages.of_status.status, methods=_READ)
    app.add_api_route("/status/{token}", pages.of_status.say, methods=["POST"])
    app.add_api_route("/api/v1/submissions", api.send, methods=["POST"])
    app.add_api_route("/api/v1/webhooks/{name}", api.webhook, methods=["POST"])
    app.add_api_route("/api/v1/openapi.json", api.describe, methods=_READ)
    _add_health(app, reception)
    app.mount("/static", LongLived(directory=STATIC))
    _add_refusals(app, pages, settings)

    # The last one added stands outermost.
    app.add_middleware(
        BodyCap,
        max_bytes=settings.max_body_bytes,
        max_multipart_bytes=settings.max_multipart_bytes,
        timeout_s=settings.limits.body_timeout_s,
    )
    app.add_middleware(AnswerHeaders, headers=lambda _scope: security_headers(settings))
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies))
    return app


def _add_health(app: FastAPI, reception: Reception) -> None:
    def live() -> Response:
        """Say that the process runs."""
        return PlainTextResponse("live\n")

    def ready() -> Response:
        """Say whether forms can be taken in."""
        try:
            reception.check_ready()
        except Unavailable:
            wait_s = str(reception.settings.limits.retry_after_s)
            return PlainTextResponse("the store does not answer\n", 503, headers={"Retry-After": wait_s})
        return PlainTextResponse("ready\n")

    app.add_api_route("/livez", live, methods=_READ)
    app.add_api_route("/readyz", ready, methods=_READ)


def _add_refusals(app: FastAPI, pages: Pages, settings: FormSettings) -> None:
    def refusal(request: Request, status: int, headers: dict[str, str]) -> Response:
        found = notice(status, settings)
        if request.url.path.startswith("/api/"):
            return problem_response(found, headers=headers)
        return pages.notice(found, headers=headers)

    async def refused(request: Request, why: Exception) -> Response:
        if not isinstance(why, HTTPException):
            raise why
        return refusal(request, why.status_code, dict(why.headers or {}))

    async def broken(request: Request, _: Exception) -> Response:
        # Starlette answers this one outside of our middleware, then raises it on, and the server logs it.
        return refusal(request, 500, security_headers(settings))

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(Exception, broken)

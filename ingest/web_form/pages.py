"""What people see. Every page is made on the server and works without JavaScript."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from fastapi import HTTPException, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from amends.errors import Unavailable
from amends.web.http import Body
from ingest.web_form.notices import Notice, notice
from ingest.web_form.reception import Incomplete, Reception, TooMany
from ingest.web_form.settings import FormSettings
from ingest.web_form.typed import Typed, clean

HERE = Path(__file__).parent
STATIC = HERE / "static"
#: What the field that people do not see is called in the page: a name that machines like to fill in.
HONEYPOT = "homepage"
_MOST_FIELDS = 50
_PAGE_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")


class Pages:
    """The form, its receipt, its status page, and the notices.

    There is no CSRF token: the form is anonymous, no cookie or other standing of the
    visitor goes with a request, so a strange site that posts here can do nothing
    that it could not do from its own machine.
    """

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._settings = reception.settings
        self._templates = _environment(reception.settings)

    def form(self) -> Response:
        """Show the empty form."""
        # Not `no-store`: with it, browsers forget what was typed when somebody goes back.
        return self._form(Typed(), key=secrets.token_urlsafe(16), headers={"Cache-Control": "private, no-cache"})

    def send(self, request: Request, body: Body) -> Response:
        """Take the form in and lead on to its receipt; or show it again, with what was typed and what to do."""
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/x-www-form-urlencoded":
            raise HTTPException(415)
        boxes = _read_boxes(body)
        typed = clean(
            Typed(
                name=boxes.get("name", ""),
                email=boxes.get("email", ""),
                subject=boxes.get("subject", ""),
                text=boxes.get("text", ""),
                reference=boxes.get("reference", ""),
                honeypot=boxes.get(HONEYPOT, ""),
            )
        )
        key = boxes.get("form_id", "")
        if not _PAGE_KEY.fullmatch(key):
            key = secrets.token_urlsafe(16)
        try:
            receipt = self._reception.accept(
                typed,
                key=key,
                address=request.client.host if request.client else "",
                traceparent=request.headers.get("traceparent", ""),
            )
        except Incomplete as refusal:
            return self._form(typed, key=key, status=422, problems={p.field: p.says for p in refusal.problems})
        except TooMany as refusal:
            return self._form_again(typed, key=key, status=429, wait_s=refusal.retry_after_s)
        except Unavailable:
            return self._form_again(typed, key=key, status=503, wait_s=self._settings.limits.retry_after_s)
        # See other: reloading the receipt sends nothing again.
        return RedirectResponse(f"{self._settings.path}/sent/{receipt.status_token}", status_code=303)

    def sent(self, token: str) -> Response:
        """Show the receipt."""
        return self._progress("sent.html", token)

    def status(self, token: str) -> Response:
        """Show where a form stands."""
        return self._progress("status.html", token)

    def notice(self, found: Notice, *, headers: Mapping[str, str] | None = None) -> Response:
        """Show why a request cannot be served, and what to do."""
        return self._page("notice.html", status=found.status, headers=headers, notice=found)

    def _progress(self, template: str, token: str) -> Response:
        try:
            progress = self._reception.progress(token)
        except Unavailable:
            wait_s = self._settings.limits.retry_after_s
            words = f"We cannot look it up just now. What you sent is safe. Please try again in {wait_s} seconds."
            return self.notice(
                Notice(status=503, title="This page is not available just now", says=words),
                headers={"Retry-After": str(wait_s)},
            )
        if progress is None:
            return self.notice(notice(404, self._settings))
        return self._page(
            template,
            headers={"X-Robots-Tag": "noindex"},
            progress=progress,
            status_url=self._settings.status_url(token),
            token=token,
        )

    def _form_again(self, typed: Typed, *, key: str, status: int, wait_s: int) -> Response:
        """Show the form with what was typed, for it could not be kept."""
        found = notice(status, self._settings, wait_s=wait_s)
        return self._form(typed, key=key, status=status, notice=found, headers={"Retry-After": str(wait_s)})

    def _form(
        self,
        typed: Typed,
        *,
        key: str,
        status: int = 200,
        problems: Mapping[str, str] | None = None,
        notice: Notice | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        return self._page(
            "form.html",
            status=status,
            headers=headers,
            typed=typed,
            key=key,
            honeypot=HONEYPOT,
            problems=dict(problems or {}),
            notice=notice,
        )

    def _page(
        self, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **shown: object
    ) -> Response:
        html = self._templates.get_template(template).render(shown)
        return HTMLResponse(html, status_code=status, headers=dict(headers or {}))


def _read_boxes(body: bytes) -> dict[str, str]:
    """Read what a browser sends. A box that comes twice counts as it came last."""
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise HTTPException(400) from None


def _environment(settings: FormSettings) -> Environment:
    """Set the templates up: everything is escaped, and a name that is missing is an error."""
    zone = ZoneInfo(settings.time_zone)

    def moment(at: datetime) -> str:
        local = at.astimezone(zone)
        return f"{local.day} {local:%B %Y at %H:%M} {local.tzname()}"

    def day(at: datetime) -> str:
        local = at.astimezone(zone)
        return f"{local:%A} {local.day} {local:%B %Y}"

    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(moment=moment, day=day)
    # The style's digest is part of its address, so that a new one is fetched at once.
    style = hashlib.sha256((STATIC / "form.css").read_bytes()).hexdigest()[:12]
    environment.globals.update(settings=settings, base=settings.path, style=style)
    return environment

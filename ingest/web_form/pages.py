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
from amends.web.http import MULTIPART
from ingest.web_form.notices import Notice, notice
from ingest.web_form.reception import Incomplete, Reception, TooMany
from ingest.web_form.settings import FormSettings
from ingest.web_form.signs import page_key
from ingest.web_form.status import StatusPages
from ingest.web_form.typed import Typed, clean
from ingest.web_form.uploads import SentForm

HERE = Path(__file__).parent
STATIC = HERE / "static"
#: What the field that people do not see is called in the page: a name that machines like to fill in.
HONEYPOT = "homepage"
_MOST_FIELDS = 50
_PAGE_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")


class Pages:
    """The form and the notices; receipt and status page are in `status.py`.

    There is no CSRF token: the form is anonymous, no cookie or other standing of the
    visitor goes with a request, so a strange site that posts here can do nothing
    that it could not do from its own machine.
    """

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._settings = reception.settings
        self._templates = _environment(reception.settings)
        self.of_status = StatusPages(
            reception, show=self._page, refuse=lambda found, headers: self.notice(found, headers=headers)
        )

    def form(self) -> Response:
        """Show the empty form."""
        # Not `no-store`: with it, browsers forget what was typed when somebody goes back.
        return self._form(Typed(), key=self._new_key(), headers={"Cache-Control": "private, no-cache"})

    def send(self, request: Request, sent: SentForm) -> Response:
        """Take the form in and lead on to its receipt; or show it again, with what was typed and what to do."""
        if sent.media not in {MULTIPART, "application/x-www-form-urlencoded"}:
            raise HTTPException(415)
        boxes = sent.boxes if sent.media == MULTIPART else _read_boxes(sent.body)
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
            key = self._new_key()
        try:
            receipt = self._reception.accept(
                typed,
                key=key,
                address=request.client.host if request.client else "",
                files=sent.files,
                traceparent=request.headers.get("traceparent", ""),
            )
        except Incomplete as refusal:
            problems = {one.field: one.says for one in refusal.problems}
            return self._form(typed, key=key, status=422, problems=problems, files_lost=bool(sent.files))
        except TooMany as refusal:
            wait_s = refusal.retry_after_s
            return self._form_again(typed, key=key, status=429, wait_s=wait_s, files_lost=bool(sent.files))
        except Unavailable:
            wait_s = self._settings.limits.retry_after_s
            return self._form_again(typed, key=key, status=503, wait_s=wait_s, files_lost=bool(sent.files))
        # See other: reloading the receipt sends nothing again.
        return RedirectResponse(f"{self._settings.path}/sent/{receipt.status_token}", status_code=303)

    def notice(self, found: Notice, *, headers: Mapping[str, str] | None = None) -> Response:
        """Show why a request cannot be served, and what to do."""
        return self._page("notice.html", status=found.status, headers=headers, notice=found)

    def _new_key(self) -> str:
        return page_key(self._reception.now(), secrets.token_urlsafe(16))

    def _form_again(self, typed: Typed, *, key: str, status: int, wait_s: int, files_lost: bool) -> Response:
        """Show the form with what was typed, for it could not be kept."""
        found = notice(status, self._settings, wait_s=wait_s)
        headers = {"Retry-After": str(wait_s)}
        return self._form(typed, key=key, status=status, notice=found, headers=headers, files_lost=files_lost)

    def _form(
        self,
        typed: Typed,
        *,
        key: str,
        status: int = 200,
        problems: Mapping[str, str] | None = None,
        notice: Notice | None = None,
        headers: Mapping[str, str] | None = None,
        files_lost: bool = False,
    ) -> Response:
        """Show the form. A browser lets no page choose files: those that were lost have to be chosen again."""
        return self._page(
            "form.html",
            status=status,
            headers=headers,
            typed=typed,
            key=key,
            honeypot=HONEYPOT,
            problems=dict(problems or {}),
            notice=notice,
            files_lost=files_lost,
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
    environment.filters.update(moment=moment, day=day, mib=lambda size: f"{size // 1024 // 1024} MiB")
    # The style's digest is part of its address, so that a new one is fetched at once.
    style = hashlib.sha256((STATIC / "form.css").read_bytes()).hexdigest()[:12]
    environment.globals.update(settings=settings, base=settings.path, style=style)
    return environment

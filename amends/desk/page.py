"""Makes a page out of a template. Every value is escaped; a name that is not given is an error."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response

from amends.desk.channel_words import came, label
from amends.desk.dates import distance, exact, time_element
from amends.desk.guard import CSRF_FIELD, VISIT, who
from amends.desk.navigation import places_for
from amends.desk.parts import Desk, desk
from amends.desk.tokens import change_token, new_token, sealed, unsealed

HERE = Path(__file__).parent
STATIC = HERE / "static"
_NOTICE = "notice"
#: A notice waits so long for the page after the change, in seconds.
_NOTICE_S = 60


def page(
    request: Request, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
) -> Response:
    """Answer with the page that `template` makes of `values`.

    Beside them a template knows `person` (None where nobody is signed in), `here` (the
    path), `now`, `organisation`, `places`, `notice`; `csrf_field()`, `static(name)`,
    `script(name)`; and the filters `ago`, `exact`, `when` for times, and `channel`
    and `came` for the value of a channel.
    """
    parts = desk(request)
    person = who(request)
    cookie = parts.entry.cookie(VISIT)
    visit = request.cookies.get(cookie, "") or new_token()
    csrf = person.csrf if person is not None else change_token(parts.secret, visit)
    nonce = getattr(request.state, "nonce", "")
    said = unsealed(parts.secret, _NOTICE, request.cookies.get(parts.entry.cookie(_NOTICE), ""))
    context = {
        "person": person,
        "here": request.url.path,
        "now": parts.now(),
        "zone": parts.pack.calendar.zone,
        "organisation": parts.organisation,
        "places": places_for(person),
        "notice": said,
        "csrf": csrf,
        "csrf_field": lambda: Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, csrf),
        "static": _address,
        "script": lambda name: Markup('<script src="{}" nonce="{}" defer></script>').format(_address(name), nonce),
        **values,
    }
    body = _templates().get_template(template).render(context)
    answer = HTMLResponse(body, status_code=status, headers=dict(headers or {}))
    if person is None and cookie not in request.cookies:
        set_cookie(answer, parts, VISIT, visit)
    if said is not None:
        drop_cookie(answer, parts, _NOTICE)
    return answer


def done(request: Request, path: str, says: str, *, tone: str = "good", link: str = "", label: str = "") -> Response:
    """Lead on to `path` after a change; the page there says what was done, with a link if there is more to do.

    `tone` is `good`, `info` or `warn`.
    """
    parts = desk(request)
    answer = RedirectResponse(path, 303)
    value = {"says": says, "tone": tone, "link": link, "label": label}
    set_cookie(answer, parts, _NOTICE, sealed(parts.secret, _NOTICE, value), seconds=_NOTICE_S)
    return answer


def set_cookie(answer: Response, parts: Desk, name: str, value: str, *, seconds: int | None = None) -> None:
    """Give the browser a cookie that no script reads and no other site sends."""
    answer.set_cookie(
        parts.entry.cookie(name),
        value,
        max_age=seconds,
        path="/",
        secure=parts.entry.is_secure,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(answer: Response, parts: Desk, name: str) -> None:
    """Take a cookie back."""
    answer.delete_cookie(
        parts.entry.cookie(name), path="/", secure=parts.entry.is_secure, httponly=True, samesite="lax"
    )


@cache
def _templates() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"when": _when, "ago": _ago, "exact": _exact, "capitalize_first": _as_sentence}
    made.filters |= {"channel": label, "came": came}
    return made


def _as_sentence(says: str) -> str:
    return f"{says[:1].upper()}{says[1:]}"


@pass_context
def _when(context: Context, at: datetime) -> Markup:
    return time_element(at, context["now"], context["zone"])


@pass_context
def _ago(context: Context, at: datetime) -> str:
    return distance(at, context["now"])


@pass_context
def _exact(context: Context, at: datetime) -> str:
    return exact(at, context["zone"])


@cache
def _address(name: str) -> str:
    """Give the address of a file of ours, which changes when the file does."""
    version = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={version}"

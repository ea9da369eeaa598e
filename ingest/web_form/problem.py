"""Refusals for programs: `application/problem+json` (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse

from ingest.web_form.notices import Notice
from ingest.web_form.typed import Problem


def problem_response(
    notice: Notice, *, problems: tuple[Problem, ...] = (), headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Write a refusal. `errors` names each field, a stable code and the remedy."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": notice.title,
        "status": notice.status,
        "detail": notice.says,
    }
    if problems:
        body["errors"] = [{"field": found.field, "code": found.code, "says": found.says} for found in problems]
    return JSONResponse(
        body, status_code=notice.status, headers=dict(headers or {}), media_type="application/problem+json"
    )

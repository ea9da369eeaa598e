"""Two addresses for supervisors."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from amends.desk.parts import desk
from amends.errors import Unavailable

router = APIRouter()
_READ = ["GET", "HEAD"]


@router.api_route("/livez", methods=_READ, name="live")
def live() -> Response:
    """Say that the process runs."""
    return PlainTextResponse("live\n")


@router.api_route("/readyz", methods=_READ, name="ready")
def ready(request: Request) -> Response:
    """Say whether the desk can reach its data."""
    try:
        with desk(request).reading() as unit:
            unit.accounts.find("")
    except Unavailable:
        return PlainTextResponse("the database does not answer\n", 503, headers={"Retry-After": "30"})
    return PlainTextResponse("ready\n")

"""The first page after signing in: where to go."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from amends.desk.guard import SignedIn
from amends.desk.page import page

router = APIRouter()


@router.get("/", name="home.show")
def show(request: Request, _: SignedIn) -> Response:
    """Show where somebody may go."""
    return page(request, "home.html")

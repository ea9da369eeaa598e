"""Every component on one page."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from amends.desk.page import page

router = APIRouter()


@router.get("/desk/style", name="style.show")
def show(request: Request) -> Response:
    """Show every component."""
    return page(request, "style.html")

"""The switch that holds all public posting, and lets it go on."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from amends.casework import hold
from amends.desk.guard import Fields, SignedIn
from amends.desk.page import done
from amends.desk.parts import desk
from amends.desk.review.asked import LIST

router = APIRouter()


@router.post("/desk/posting/hold", name="hold.place")
def place(request: Request, person: SignedIn, fields: Fields) -> Response:
    """Let nothing be posted in public from now on."""
    parts = desk(request)
    with parts.unit() as unit:
        hold.hold(unit, str(fields.get("reason", "")), by=person.name, at=parts.now())
        unit.commit()
    return done(request, LIST, "Public posting is held. Nothing is posted until somebody releases it.", tone="warn")


@router.post("/desk/posting/release", name="hold.release")
def release(request: Request, person: SignedIn, fields: Fields) -> Response:
    """Let public posting go on."""
    parts = desk(request)
    with parts.unit() as unit:
        waiting = unit.replies.public_in_queue()
        hold.release(unit, str(fields.get("reason", "")), by=person.name, at=parts.now())
        unit.commit()
    return done(request, LIST, f"Public posting goes on. {waiting} approved replies waited for it.")

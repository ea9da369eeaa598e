"""What became of replies: what was posted, when, by whom it was approved, and what came back."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from amends.desk.guard import SignedIn
from amends.desk.page import page
from amends.desk.parts import desk
from amends.domain.delivery import CameTo
from amends.errors import Unprocessable
from storage.reviews import posted

router = APIRouter()

HISTORY = "/desk/review/history"
AT_ONCE = 30
#: What is filtered by, in words.
CAME_TO = {
    CameTo.SENT: "posted or sent",
    CameTo.REFUSED: "refused",
    CameTo.UNKNOWN: "unknown fate",
    CameTo.HELD: "held",
    CameTo.HELD_BACK: "back to review",
    CameTo.CAME_BACK: "came back",
}


@router.get("/desk/review/history", name="review_history.show")
def show(request: Request, _: SignedIn) -> Response:
    """Show what became of replies, the latest first."""
    query = request.query_params
    public, came_to, before = query.get("public", "yes"), query.get("came_to", ""), query.get("before", "0")
    is_known = public in {"yes", "no", "all"} and (not came_to or came_to in set(CameTo))
    if not is_known or not before.isascii() or not before.isdigit():
        raise Unprocessable(f"this address asks for nothing that is kept; begin again at {HISTORY}")
    with desk(request).viewing() as connection:
        rows = posted(
            connection,
            limit=AT_ONCE + 1,
            before=int(before[:18]),
            is_public={"yes": True, "no": False}.get(public),
            came_to=CameTo(came_to) if came_to else None,
        )
    with desk(request).reading() as unit:
        holds = unit.holds.latest(limit=5)
    shown = rows[:AT_ONCE]

    def address(**changes: str) -> str:
        said = {"public": public, "came_to": came_to, **changes}
        kept = {name: value for name, value in said.items() if value and (name, value) != ("public", "yes")}
        return f"{HISTORY}?{urlencode(kept)}" if kept else HISTORY

    return page(
        request,
        "review_history.html",
        rows=shown,
        holds=holds,
        reads=[
            (address(public=value), words, public == value)
            for value, words in (("yes", "public"), ("no", "private"), ("all", "all"))
        ],
        outcomes=[
            (address(came_to="" if came_to == value else value.value), words, came_to == value)
            for value, words in CAME_TO.items()
        ],
        words=CAME_TO,
        first=address() if before != "0" else "",
        later=address(before=str(shown[-1].number)) if len(rows) > AT_ONCE else "",
    )

"""What keeps an open queue up to date, and says who works on an open case. Neither counts as doing something."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import asdict

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from amends.casework.claims import work_on
from amends.desk.guard import SignedIn
from amends.desk.parts import desk
from amends.desk.queue.news import NewsDesk
from amends.domain.ids import read_reference

router = APIRouter()

#: A sign of life, so that a proxy keeps the connection; and how long a stream lasts before the browser asks anew.
HEARTBEAT_S, LASTS_S = 20.0, 900.0


@router.get("/desk/queue/events", name="queue.events")
async def events(request: Request, person: SignedIn) -> Response:
    """Tell an open page what came since it was made, as server-sent events, for as long as it is open."""
    news = desk(request).news
    said = request.query_params.get("seen", "")
    if not (said.isascii() and said.isdigit() and len(said) < 18):
        return PlainTextResponse("say which message was seen last: ?seen=0\n", 400)
    if not news.has_room_for(person.name):
        return PlainTextResponse("too many pages are open\n", 503, headers={"Retry-After": "60"})
    return StreamingResponse(
        _told(news, int(said), person.name),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _told(news: NewsDesk, seen: int, person: str) -> AsyncIterator[str]:
    ends_at = time.monotonic() + LASTS_S
    with news.reading(person) as woken:
        yield "retry: 5000\n\n"
        told = None
        while not news.is_over and time.monotonic() < ends_at:
            woken.clear()
            if (now := news.since(seen)) != told:
                told = now
                yield f"event: news\ndata: {json.dumps(asdict(now))}\n\n"
            try:
                await asyncio.wait_for(woken.wait(), HEARTBEAT_S)
            except TimeoutError:
                yield ": still here\n\n"


@router.post("/desk/case/{reference}/working", name="working.renew")
def renew(request: Request, person: SignedIn, reference: str) -> Response:
    """Say that one works on a case, or still does; gives who does instead, "" where one does oneself."""
    parts = desk(request)
    with parts.reading() as unit:
        case = unit.cases.get(read_reference(reference))
    with parts.aside() as unit:
        other = work_on(unit, case.id, by=person.name, at=parts.now())
        unit.commit()
    return JSONResponse({"works": "" if other is None else other.holder})


@router.post("/desk/case/{reference}/leaving", name="working.leave")
def leave(request: Request, person: SignedIn, reference: str) -> Response:
    """Say that one works on a case no more."""
    parts = desk(request)
    with parts.aside() as unit:
        unit.work.let_go(read_reference(reference), person.name)
        unit.commit()
    return Response(status_code=204)

"""What is parked: looked at safely, tried again, discarded with a reason."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from amends.casework import parked
from amends.casework.accounts import tell
from amends.desk.access import Permission
from amends.desk.guard import Fields, SignedIn
from amends.desk.page import done, page
from amends.desk.parts import Desk, desk
from amends.desk.plain_text import plain_text
from amends.desk.sessions import Person
from amends.domain.arrival import Parked, ParkedState
from amends.errors import Unprocessable
from storage.operations import parked_page

router = APIRouter()

PARKED = "/desk/operations/parked"
AT_ONCE = 50


@router.get("/desk/operations/parked", name="parked.list")
def list_(request: Request, person: SignedIn) -> Response:
    """List what is parked, oldest first."""
    query = request.query_params
    reason, state = query.get("reason", ""), query.get("state", ParkedState.WAITING.value)
    if state not in set(ParkedState):
        raise Unprocessable(f"nothing that is parked is {state[:40]!r}; begin again at {PARKED}")
    with desk(request).viewing() as connection:
        found = parked_page(
            connection, limit=AT_ONCE, after=query.get("after", ""), reason=reason, state=ParkedState(state)
        )
    return page(
        request,
        "parked.html",
        found=found,
        reason=reason,
        state=state,
        states=[(_address(state=one.value), one.value, one.value == state) for one in ParkedState],
        reasons=[
            (_address(state=state, reason="" if name == reason else name), f"{name} {count}", name == reason)
            for name, count in found.by_reason.items()
        ],
        first=_address(state=state, reason=reason) if query.get("after") else "",
        later=_address(state=state, reason=reason, after=found.after) if found.after else "",
        at_once=min(found.by_reason.get(reason, 0), parked.AT_ONCE),
        may_operate=person.may(Permission.OPERATE),
    )


@router.post("/desk/operations/parked/discard-all", name="parked.discard_all")
def discard_all(request: Request, person: SignedIn, fields: Fields) -> Response:
    """Discard all that was parked for one reason; the number that was shown has to be right."""
    parts, code = desk(request), str(fields.get("code", ""))
    with parts.unit() as unit:
        count = parked.discard_all(
            unit,
            code,
            str(fields.get("reason", "")),
            expected=_number(fields.get("count")),
            by=person.name,
            at=parts.now(),
        )
        unit.commit()
    return done(request, PARKED, f"{count} that were parked for {code} are discarded. Their bytes stay.")


@router.get("/desk/operations/parked/{parked_id}", name="parked.show")
def show(request: Request, parked_id: str, person: SignedIn) -> Response:
    """Show one as text."""
    parts = desk(request)
    one = _read_by(parts, parked_id, person)
    content = _content(parts, one)
    return page(
        request,
        "parked_one.html",
        one=one,
        shown=plain_text(content),
        size_bytes=len(content),
        may_operate=person.may(Permission.OPERATE),
    )


@router.get("/desk/operations/parked/{parked_id}/raw", name="parked.raw")
def raw(request: Request, parked_id: str, person: SignedIn) -> Response:
    """Give the bytes as they came, to be saved and not opened by the browser."""
    parts = desk(request)
    one = _read_by(parts, parked_id, person)
    return as_download(_content(parts, one), f"parked-{one.id}.bin")


@router.post("/desk/operations/parked/{parked_id}/retry", name="parked.retry")
def retry(request: Request, parked_id: str, person: SignedIn) -> Response:
    """Give one another try, wherever it stopped."""
    parts = desk(request)
    with parts.unit() as unit:
        one = parked.retry(unit, parked_id, by=person.name, at=parts.now(), take_in_again=parts.take_in_again)
        unit.commit()
    return done(request, PARKED, f"{one.id} is on the log again. Triage files it when it runs.")


@router.post("/desk/operations/parked/{parked_id}/discard", name="parked.discard")
def discard(request: Request, parked_id: str, person: SignedIn, fields: Fields) -> Response:
    """Say that one needs nothing more."""
    parts = desk(request)
    with parts.unit() as unit:
        one = parked.discard(unit, parked_id, str(fields.get("reason", "")), by=person.name, at=parts.now())
        unit.commit()
    return done(request, PARKED, f"{one.id} is discarded. Its bytes stay.")


def as_download(content: bytes, name: str) -> Response:
    """Answer with bytes from outside that no browser shows or runs."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(content, media_type="application/octet-stream", headers=headers)


def _read_by(parts: Desk, parked_id: str, person: Person) -> Parked:
    """Give one, and note who read it: it may hold anything that a customer wrote."""
    with parts.unit() as unit:
        one = unit.intake.find_parked(parked_id)
        tell(unit, "parked.read", f"parked:{one.id}", by=f"user:{person.name}", at=parts.now())
        unit.commit()
    return one


def _content(parts: Desk, one: Parked) -> bytes:
    return parts.blobs.get(one.raw_sha256) if one.raw_sha256 else b""


def _address(**said: str) -> str:
    kept = {name: value for name, value in said.items() if value and (name, value) != ("state", "waiting")}
    return f"{PARKED}?{urlencode(kept)}" if kept else PARKED


def _number(said: object) -> int:
    """Read the number that the page showed; what is none was never shown."""
    return int(str(said)) if str(said).isascii() and str(said).isdigit() and len(str(said)) < 7 else -1

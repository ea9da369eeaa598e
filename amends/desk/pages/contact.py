"""Logging a contact by telephone, letter or counter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from amends.desk.guard import Fields, SignedIn
from amends.desk.page import done, page
from amends.desk.pages.case_page import address, sentence, typed
from amends.desk.parts import Desk, desk
from amends.desk.tokens import new_token
from amends.domain.channel import Channel
from amends.errors import NotFound, Refused
from ingest.logged import Contact

router = APIRouter(prefix="/desk/contact")

_FIELDS = ("channel", "when", "name", "email", "reach", "subject", "text", "case", "key")
_CHANNELS = [("phone", "Telephone"), ("letter", "Letter"), ("counter", "At the counter")]


@router.get("", name="contact.show")
def show(request: Request, _: SignedIn) -> Response:
    """Show the form, for a case or for a new one."""
    parts = desk(request)
    begins = {"case": request.query_params.get("case", ""), "when": _local(parts, parts.now()), "key": new_token()}
    return _form(request, {**dict.fromkeys(_FIELDS, ""), **begins})


@router.post("", name="contact.log")
def log(request: Request, person: SignedIn, fields: Fields) -> Response:
    """Take the contact in, like any other message."""
    parts = desk(request)
    said = {name: typed(fields, name) for name in _FIELDS}
    try:
        logged = parts.contact_log.log(_contact(parts, said), by=person.name)
    except (Refused, NotFound) as why:
        return _form(request, said, fault=sentence(str(why)), status=409)
    if said["case"]:
        return done(request, address(said["case"]), "Logged. It is on the case once triage has read it, in a moment.")
    says = f"Logged. Triage opens {logged.reference} in a moment; tell the customer that number."
    return done(request, "/desk/contact", says, link=address(logged.reference), label="Open it")


def _contact(parts: Desk, said: Mapping[str, str]) -> Contact:
    channels = {value for value, _ in _CHANNELS}
    if said["channel"] not in channels:
        raise Refused("say how the customer got in touch")
    return Contact(
        channel=Channel(said["channel"]),
        text=said["text"],
        happened_at=_moment(parts, said["when"]),
        name=said["name"],
        email=said["email"],
        reach=said["reach"],
        subject=said["subject"],
        case_id=said["case"],
        key=said["key"],
    )


def _moment(parts: Desk, said: str) -> datetime:
    """Read a time of the office's zone. The page knows minutes: this minute is now."""
    now = parts.now()
    if not said or said == _local(parts, now):
        return now
    try:
        return datetime.fromisoformat(said).replace(tzinfo=parts.pack.calendar.zone)
    except ValueError as why:
        raise Refused("write the time as 2026-11-27T10:30") from why


def _local(parts: Desk, at: datetime) -> str:
    return at.astimezone(parts.pack.calendar.zone).strftime("%Y-%m-%dT%H:%M")


def _form(request: Request, said: Mapping[str, str], *, fault: str = "", status: int = 200) -> Response:
    return page(request, "contact.html", status=status, said=said, fault=fault, channels=_CHANNELS)

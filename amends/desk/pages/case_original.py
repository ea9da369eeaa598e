"""A message as it came: all its words, its HTML made safe, its bytes as a file."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from amends.desk.case.original import POLICY, html_of, safe_page
from amends.desk.guard import SignedIn
from amends.desk.looks import note_looks
from amends.desk.page import page
from amends.desk.pages.case_page import address
from amends.desk.parts import Desk, desk
from amends.desk.sessions import Person
from amends.domain.channel import Channel
from amends.domain.ids import read_reference
from amends.errors import NotFound
from amends.unit_of_work import JudgedMessage

router = APIRouter(prefix="/desk/case/{reference}/message/{message_id}")
files = APIRouter(prefix="/desk/case/{reference}/attachment")


@router.get("", name="case_original.show")
def show(request: Request, reference: str, message_id: str, person: SignedIn) -> Response:
    """Show all that a message holds, as text; its HTML only when it is asked for."""
    parts = desk(request)
    judged = _of_case(parts, reference, message_id, person)
    html = html_of(parts.blobs.get(judged.message.raw_sha256)) if judged.message.channel is Channel.EMAIL else None
    return page(
        request,
        "case/original.html",
        message=judged.message,
        back=address(reference),
        path=f"{address(reference)}/message/{message_id}",
        has_html=html is not None,
        shows_html=html is not None and request.query_params.get("html") == "yes",
    )


@router.get("/html", name="case_original.frame")
def frame(request: Request, reference: str, message_id: str, person: SignedIn) -> Response:
    """Give a mail's HTML, made safe, for the frame alone."""
    parts = desk(request)
    html = html_of(parts.blobs.get(_of_case(parts, reference, message_id, person).message.raw_sha256))
    if html is None:
        raise NotFound("this message has no HTML")
    return HTMLResponse(safe_page(html), headers={"Content-Security-Policy": POLICY, "X-Frame-Options": "SAMEORIGIN"})


@router.get("/source", name="case_original.source")
def source(request: Request, reference: str, message_id: str, person: SignedIn) -> Response:
    """Give a message's very bytes, as a file of plain text that no browser opens as anything else."""
    parts = desk(request)
    message = _of_case(parts, reference, message_id, person).message
    name = f"{read_reference(reference)}-{message.id[:8]}.txt"
    return Response(
        parts.blobs.get(message.raw_sha256),
        media_type="text/plain",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Security-Policy": "default-src 'none'",
        },
    )


@files.get("/{number}", name="case_attachment.save")
def save(request: Request, reference: str, number: int, person: SignedIn) -> Response:
    """Give an attachment as a file to be saved, never as a page."""
    parts = desk(request)
    found = parts.attachment(reference, number)
    note_looks(parts, [read_reference(reference)], by=person.name)
    return Response(found.content, headers=dict(found.headers))


def _of_case(parts: Desk, reference: str, message_id: str, person: Person) -> JudgedMessage:
    """Give a message of a case, and note that somebody reads it.

    Raises:
        NotFound: the case has no such message.
    """
    with parts.reading() as unit:
        judged = unit.messages.get(message_id)
    if judged.case_id != read_reference(reference):
        raise NotFound(f"case {read_reference(reference)} has no such message")
    note_looks(parts, [read_reference(reference)], by=person.name)
    return judged

"""The reply on the page of a case: begin it, check it, keep it, send it to review."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from amends.casework import review, writing
from amends.desk.guard import Fields, SignedIn
from amends.desk.page import page
from amends.desk.pages.case_page import Kept, act, begun, case_page, look, typed
from amends.desk.parts import desk
from amends.domain.ids import read_reference
from amends.domain.reply import Form, Reply, ReplyState, text_sha256
from amends.errors import NotFound, Refused
from amends.unit_of_work import UnitOfWork

router = APIRouter(prefix="/desk/case/{reference}/reply")


@router.post("/begin", name="case_reply.begin")
def begin(request: Request, reference: str, person: SignedIn, fields: Fields) -> Response:
    """Begin an answer where none stands: with one's own words, or with the frame that Amends drafts."""
    parts = desk(request)
    at, form = parts.now(), typed(fields, "form")

    def do(unit: UnitOfWork) -> None:
        writing.begin_reply(
            unit,
            reference,
            typed(fields, "text"),
            form=Form(form) if form in set(Form) else None,
            heard=typed(fields, "seen"),
            by=person.name,
            at=at,
            frame=parts.frame,
            check=parts.check,
        )

    return act(request, person, reference, "reply", fields, do, says="The draft is kept. It goes nowhere by itself.")


@router.post("/save", name="case_reply.save")
def save(request: Request, reference: str, person: SignedIn, fields: Fields) -> Response:
    """Keep the words without putting them before a reviewer who has not seen the draft yet."""
    parts = desk(request)
    at = parts.now()

    def do(unit: UnitOfWork) -> None:
        review.edit(
            unit,
            _reply(unit, reference, fields).id,
            typed(fields, "text"),
            seen=typed(fields, "instead_of"),
            heard=typed(fields, "seen"),
            keeps=True,
            by=person.name,
            at=at,
            check=parts.check,
        )

    return act(request, person, reference, "reply", fields, do, says="Kept.")


@router.post("/review", name="case_reply.submit")
def submit(request: Request, reference: str, person: SignedIn, fields: Fields) -> Response:
    """Put the words before a reviewer."""
    parts = desk(request)
    at, text = parts.now(), typed(fields, "text")

    def do(unit: UnitOfWork) -> None:
        reply = _reply(unit, reference, fields)
        if text == reply.text and reply.state is ReplyState.DRAFTED:
            review.refuse_if_overtaken(unit, reply.case_id, typed(fields, "seen"))
            if typed(fields, "instead_of") != text_sha256(reply.text):
                raise Refused("somebody has changed this reply meanwhile: read it, then send it to review")
            review.submit(unit, reply.id, by=person.name, at=at)
            return
        if text == reply.text:
            raise Refused(f"it is {reply.state.value.replace('_', ' ')} already, and its words are the same")
        review.edit(
            unit,
            reply.id,
            text,
            seen=typed(fields, "instead_of"),
            heard=typed(fields, "seen"),
            by=person.name,
            at=at,
            check=parts.check,
        )

    return act(
        request,
        person,
        reference,
        "reply",
        fields,
        do,
        says="It is in review. Somebody who wrote no word of it approves it, and then it goes out.",
    )


@router.post("/check", name="case_reply.check")
def check(request: Request, reference: str, person: SignedIn, fields: Fields) -> Response:
    """Check words as they are typed: a part of the page for its script, the whole page without."""
    parts = desk(request)
    if request.headers.get("x-part") != "checks":
        kept = Kept(section="reply", fields={name: typed(fields, name) for name in fields})
        return case_page(request, person, reference, kept=kept)
    with parts.reading() as unit:
        draft = begun(unit, parts, reference, fields)
        kind = unit.cases.get(draft.case_id).kind
        found = look(unit, parts, draft, typed(fields, "text"), kind=kind)
    return page(request, "case/checks.html", looked=found)


def _reply(unit: UnitOfWork, reference: str, fields: FormData) -> Reply:
    """Give the reply that a form names.

    Raises:
        NotFound: there is none, or it belongs to another case.
    """
    reply = unit.replies.find(typed(fields, "reply"))
    if reply.case_id != read_reference(reference):
        raise NotFound(f"case {read_reference(reference)} has no such reply")
    return reply

"""Review: the replies that wait for a second pair of eyes, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from amends.casework import review
from amends.casework.writing import messages_since
from amends.desk.access import Permission
from amends.desk.guard import Fields, SignedIn
from amends.desk.looks import note_looks
from amends.desk.page import done, page
from amends.desk.pages.case_page import sentence
from amends.desk.parts import desk
from amends.desk.review.asked import LIST, Asked, asked
from amends.desk.review.shown import Shown, Words, show, try_words, words_of
from amends.domain.message import Message
from amends.domain.reply import is_author
from amends.errors import Refused
from respond.checks.post_rule import post_rule
from storage.reviews import beside, reviews

router = APIRouter()

#: So many stand on one page.
AT_ONCE = 25


@router.get("/desk/review", name="review.list")
def list_(request: Request, person: SignedIn) -> Response:
    """List what waits, oldest first."""
    parts, now = desk(request), desk(request).now()
    filters = asked(request.query_params)
    with parts.viewing() as connection:
        found = reviews(connection, filters.wanted(now), limit=AT_ONCE, after=request.query_params.get("after", ""))
    with parts.reading() as unit:
        hold, held = unit.holds.standing(), unit.replies.public_in_queue()
    rows = [
        (
            row,
            words_of(row.reply.text, row.reply, row.checks, post_rule(row.reply.channel)),
            is_author(person.name, row.reply.authors),
        )
        for row in found.rows
    ]
    return page(
        request,
        "review_list.html",
        rows=rows,
        found=found,
        filters=filters,
        first=filters.address() if request.query_params.get("after") else "",
        later=filters.address(after=found.after) if found.after else "",
        hold=hold,
        held=held,
        may_hold=person.may(Permission.HOLD_PUBLIC),
    )


@router.get("/desk/review/{reply_id}", name="review.show")
def show_(request: Request, reply_id: str, person: SignedIn) -> Response:
    """Show one reply in its context. That somebody read its case is noted."""
    with desk(request).reading() as unit:
        shown = show(unit, person, unit.replies.find(reply_id))
    return _page(request, shown, asked(request.query_params), person)


@router.post("/desk/review/{reply_id}/check", name="review.check")
def check(request: Request, reply_id: str, person: SignedIn, fields: Fields) -> Response:
    """Check words that were typed, and save nothing."""
    return _tried(request, reply_id, person, fields)


@router.post("/desk/review/{reply_id}/edit", name="review.edit")
def edit(request: Request, reply_id: str, person: SignedIn, fields: Fields) -> Response:
    """Save other words; whoever typed them becomes one of the reply's authors."""
    parts = desk(request)
    try:
        with parts.unit() as unit:
            edited = review.edit(
                unit,
                reply_id,
                _text(fields),
                by=person.name,
                at=parts.now(),
                check=parts.check,
                seen=str(fields.get("seen", "")),
                heard=str(fields.get("heard", "")),
            )
            unit.commit()
    except Refused as why:
        return _tried(request, reply_id, person, fields, why)
    path = asked(_said(fields)).address(f"{LIST}/{edited.id}")
    return done(request, path, "Saved. You wrote words of it now, so somebody else has to approve it.")


@router.post("/desk/review/{reply_id}/approve", name="review.approve")
def approve(request: Request, reply_id: str, person: SignedIn, fields: Fields) -> Response:
    """Approve the very text that was shown, and go on to the next."""
    parts, filters = desk(request), asked(_said(fields))
    following = _following(request, reply_id, filters)
    with parts.unit() as unit:
        approved = review.approve(
            unit,
            reply_id,
            by=person.name,
            at=parts.now(),
            holds=parts.approval_holds,
            seen=str(fields.get("seen", "")),
        )
        hold = unit.holds.standing() if approved.form.is_public else None
        unit.commit()
    says, tone = f"Approved: the reply on {approved.case_id} is on its way.", "good"
    if hold is not None:
        says, tone = f"Approved. The reply on {approved.case_id} waits, for {hold.says}.", "warn"
    return done(request, following, says, tone=tone, link=f"{LIST}/{approved.id}", label="See what becomes of it")


@router.post("/desk/review/{reply_id}/reject", name="review.reject")
def reject(request: Request, reply_id: str, person: SignedIn, fields: Fields) -> Response:
    """Refuse the very text that was shown, for good and with the reason, and go on to the next."""
    parts, filters = desk(request), asked(_said(fields))
    following = _following(request, reply_id, filters)
    with parts.unit() as unit:
        rejected = review.reject(
            unit,
            reply_id,
            str(fields.get("reason", "")),
            by=person.name,
            at=parts.now(),
            seen=str(fields.get("seen", "")),
        )
        unit.commit()
    says = f"Rejected: the reply on {rejected.case_id} will not be sent."
    return done(request, following, says, link=f"{LIST}/{rejected.id}", label="Look at it again")


def _tried(request: Request, reply_id: str, person: SignedIn, fields: Fields, why: Refused | None = None) -> Response:
    """Show words that were typed and not saved, what the customer has written since, and why they are refused.

    Raises:
        Refused: nobody can edit the reply any more.
    """
    parts = desk(request)
    with parts.reading() as unit:
        reply = unit.replies.find(reply_id)
        shown, tried = show(unit, person, reply), try_words(unit, parts, reply, _text(fields))
        since = messages_since(unit, reply.case_id, str(fields.get("heard", "")))
    if why is not None and not shown.may_edit:
        raise why
    return _page(
        request,
        shown,
        asked(_said(fields)),
        person,
        status=200 if why is None else 409,
        tried=tried,
        since=since,
        fault="" if why is None else sentence(str(why)),
    )


def _page(
    request: Request,
    shown: Shown,
    filters: Asked,
    person: SignedIn,
    *,
    status: int = 200,
    tried: Words | None = None,
    since: Sequence[Message] = (),
    fault: str = "",
) -> Response:
    parts, now = desk(request), desk(request).now()
    note_looks(parts, [shown.case.id], by=person.name)
    with parts.viewing() as connection:
        before, after = beside(connection, shown.reply.id, filters.wanted(now))
    return page(
        request,
        "review.html",
        status=status,
        shown=shown,
        words=tried or shown.words,
        is_tried=tried is not None,
        since=since,
        fault=fault,
        filters=filters,
        before=filters.address(f"{LIST}/{before}") if before else "",
        after=filters.address(f"{LIST}/{after}") if after else "",
        may_review=person.may(Permission.REVIEW_REPLIES),
        holds_minutes=int(parts.approval_holds.total_seconds() // 60),
    )


def _following(request: Request, reply_id: str, filters: Asked) -> str:
    """Say where to go on once this reply is done with: the next of those asked for, or the list."""
    parts = desk(request)
    with parts.viewing() as connection, parts.reading() as unit:
        before, after = beside(connection, unit.replies.find(reply_id).id, filters.wanted(parts.now()))
    return filters.address(f"{LIST}/{after or before}" if after or before else LIST)


def _text(fields: Fields) -> str:
    """Give the words as they were typed: a form sends its line ends as two characters."""
    return str(fields.get("text", "")).replace("\r\n", "\n")


def _said(fields: Fields) -> dict[str, Any]:
    return {name: str(value) for name, value in fields.items()}

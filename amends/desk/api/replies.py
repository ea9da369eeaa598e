"""Replies: what writers do, and what reviewers do."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from amends.casework import cases, review, writing
from amends.desk.api import shapes
from amends.desk.api.asked import Arrival, AsRead, Id, NewReply, NewWords, Reference, Rejection
from amends.desk.api.door import Calls, Parts
from amends.desk.api.once import Once
from amends.desk.api.pages import Cursor, Limit, part_by
from amends.desk.looks import note_looks
from amends.domain.reply import Reply, ReplyState
from amends.unit_of_work import UnitOfWork

router = APIRouter(tags=["replies"])


@router.get("/replies/{reply_id}", name="api_replies.show")
def show(parts: Parts, caller: Calls, reply_id: Id) -> shapes.AReply:
    """Give one reply with the remarks on its words. That its case was read is noted in the audit trail."""
    with parts.reading() as unit:
        reply = unit.replies.find(reply_id)
        told = _told(unit, reply)
    note_looks(parts, [reply.case_id], by=caller.by)
    return told


@router.post("/cases/{reference}/replies", name="api_replies.begin", response_model=shapes.AReply)
def begin(reference: Reference, body: NewReply, change: Once) -> Response:
    """Begin an answer to a case. It is a draft until it is submitted."""
    parts = change.parts
    return change.make(
        body,
        lambda unit: _told(
            unit,
            writing.begin_reply(
                unit,
                reference,
                body.text,
                form=body.form,
                heard=body.heard,
                by=change.caller.by,
                at=parts.now(),
                frame=parts.frame,
                check=parts.check,
            ),
        ),
    )


@router.post("/replies/{reply_id}/edit", name="api_replies.edit", response_model=shapes.AReply)
def edit(reply_id: Id, body: NewWords, change: Once) -> Response:
    """Change a reply's words, as a writer: a draft stays one. The caller becomes an author, and cannot approve it."""
    return _edited(reply_id, body, change, keeps=True)


@router.post("/replies/{reply_id}/submit", name="api_replies.submit", response_model=shapes.AReply)
def submit(reply_id: Id, change: Once) -> Response:
    """Put a draft before a reviewer."""
    return change.make(
        None,
        lambda unit: _told(unit, review.submit(unit, reply_id, by=change.caller.by, at=change.parts.now())),
    )


@router.post("/replies/{reply_id}/settle", name="api_replies.settle", response_model=shapes.AReply)
def settle(reply_id: Id, body: Arrival, change: Once) -> Response:
    """Say whether a reply whose fate is unknown reached the customer."""
    parts = change.parts

    def do(unit: UnitOfWork) -> shapes.AReply:
        cases.settle_delivery(
            unit, reply_id, arrived=body.arrived, by=change.caller.by, at=parts.now(), pack=parts.pack
        )
        return _told(unit, unit.replies.find(reply_id))

    return change.make(body, do)


@router.get("/reviews", name="api_reviews.list")
def reviews(parts: Parts, caller: Calls, limit: Limit = 50, cursor: Cursor = "") -> shapes.Reviews:
    """Give the replies that wait for review, oldest first, each with the words that it answers.

    That their cases were read is noted in the audit trail.
    """
    with parts.reading() as unit:
        part, following = part_by(
            lambda after, most: unit.replies.in_state(ReplyState.IN_REVIEW, after=after, limit=most),
            secret=parts.secret,
            of="reviews",
            limit=limit,
            cursor=cursor,
        )
        answered = unit.messages.get_many([reply.message_id for reply in part])
        items = [
            shapes.AReview(
                reply=_told(unit, reply),
                answers=answered[reply.message_id].message.own_words if reply.message_id in answered else "",
            )
            for reply in part
        ]
    note_looks(parts, [reply.case_id for reply in part], by=caller.by)
    return shapes.Reviews(items=items, next=following)


@router.post("/reviews/{reply_id}/edit", name="api_reviews.edit", response_model=shapes.AReply)
def review_edit(reply_id: Id, body: NewWords, change: Once) -> Response:
    """Change a reply's words, as a reviewer. An approval dies, and the caller cannot approve it."""
    return _edited(reply_id, body, change, keeps=False)


@router.post("/reviews/{reply_id}/approve", name="api_reviews.approve", response_model=shapes.AReply)
def approve(reply_id: Id, body: AsRead, change: Once) -> Response:
    """Approve the very words that the caller read and let them go. Their authors cannot."""
    parts = change.parts
    return change.make(
        body,
        lambda unit: _told(
            unit,
            review.approve(
                unit, reply_id, by=change.caller.by, at=parts.now(), holds=parts.approval_holds, seen=body.seen
            ),
        ),
    )


@router.post("/reviews/{reply_id}/reject", name="api_reviews.reject", response_model=shapes.AReply)
def reject(reply_id: Id, body: Rejection, change: Once) -> Response:
    """Refuse the very words that the caller read, for good and with a reason."""
    return change.make(
        body,
        lambda unit: _told(
            unit,
            review.reject(unit, reply_id, body.reason, by=change.caller.by, at=change.parts.now(), seen=body.seen),
        ),
    )


def _edited(reply_id: str, body: NewWords, change: Once, *, keeps: bool) -> Response:
    parts = change.parts
    return change.make(
        body,
        lambda unit: _told(
            unit,
            review.edit(
                unit,
                reply_id,
                body.text,
                seen=body.seen,
                heard=body.heard,
                keeps=keeps,
                by=change.caller.by,
                at=parts.now(),
                check=parts.check,
            ),
        ),
    )


def _told(unit: UnitOfWork, reply: Reply) -> shapes.AReply:
    return shapes.a_reply(reply, unit.replies.checks(reply.id))

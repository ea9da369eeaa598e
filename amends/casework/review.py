"""What reviewers and handlers do to a draft: submit, edit, approve, reject.

An approval is given to one text by a person who wrote none of it. It is refused when a
check blocks the draft, and when the customer has written since the draft was made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, TypeAlias

from amends.domain.audit import Happening
from amends.domain.check import Check, Level
from amends.domain.reply import Approval, Reply, ReplyState, is_author, text_sha256
from amends.errors import Refused
from amends.history import GIVEN, command
from amends.unit_of_work import UnitOfWork
from amends.wire import queued_record

#: Checks a draft again after an edit.
CheckDraft: TypeAlias = Callable[[UnitOfWork, Reply], tuple[Check, ...]]

#: What is queued may still be called back: the deliverer takes only what is queued at that moment.
_EDITABLE = {ReplyState.DRAFTED, ReplyState.IN_REVIEW, ReplyState.APPROVED, ReplyState.QUEUED}


@command("review.submit")
def submit(unit: UnitOfWork, reply_id: str, *, by: str, at: datetime) -> Reply:
    """Put a draft before a reviewer.

    Raises:
        NotFound, Refused: there is none, or it is no draft.
    """
    reply = unit.replies.find(reply_id)
    if reply.state is not ReplyState.DRAFTED:
        raise Refused(f"reply {reply.id[:8]} is {reply.state.value}: only a draft is submitted")
    submitted = reply.moved(ReplyState.IN_REVIEW)
    unit.replies.save(submitted, was=reply.state, at=at)
    _tell(unit, "reply.submitted", reply, by=by, at=at)
    return submitted


@command("review.edit")
def edit(
    unit: UnitOfWork,
    reply_id: str,
    text: str,
    *,
    by: str,
    at: datetime,
    check: Annotated[CheckDraft, GIVEN],
    seen: str = "",
    heard: str = "",
    keeps: bool = False,
) -> Reply:
    """Change a draft's words. Whoever edits becomes an author, and an approval that was there is gone.

    The new words answer the customer's last message, whichever the draft was made for.
    They go to a reviewer, unless `by` only `keeps` a draft. `seen` is the digest of the words
    that were changed and `heard` the id of the customer's last message, for whoever read them
    a while ago: what somebody else wrote meanwhile is not written over unread.

    Raises:
        NotFound, Refused: there is none, it is on its way already, the text is empty, somebody
            else has changed it, or the customer has written since.
    """
    reply = unit.replies.find(reply_id)
    # First: a draft that the customer's next message has replaced is of no use, and that is why.
    refuse_if_overtaken(unit, reply.case_id, heard)
    _refuse_if_changed(reply, seen)
    if reply.state not in _EDITABLE:
        raise Refused(f"reply {reply.id[:8]} is {reply.state.value} and can no longer be edited")
    if not text.strip():
        raise Refused("the new text is empty; to drop the reply use `amends review reject`")
    authors = reply.authors if is_author(by, reply.authors) else (*reply.authors, by)
    # The parts described the old words; the checks read the new ones as a whole.
    edited = replace(
        reply,
        message_id=unit.messages.last_filed(reply.case_id).message.id,
        text=text,
        parts=reply.parts if text == reply.text else (),
        authors=authors,
        approval=None,
        state=ReplyState.DRAFTED if keeps and reply.state is ReplyState.DRAFTED else ReplyState.IN_REVIEW,
        is_automatic=False,
    )
    unit.replies.save(edited, was=reply.state, at=at, checks=check(unit, edited))
    _tell(unit, "reply.edited", edited, by=by, at=at, text=text_sha256(text))
    return edited


@command("review.approve")
def approve(unit: UnitOfWork, reply_id: str, *, by: str, at: datetime, holds: timedelta, seen: str = "") -> Reply:
    """Approve a reply's very text and hand it to delivery.

    `seen` is the digest of the text that was read, for whoever read it a while ago.

    Raises:
        NotFound: there is none.
        Refused: it is not in review, `by` wrote words of it, a check blocks it, somebody
            has changed what was `seen`, or the customer has written since it was drafted.
    """
    reply = unit.replies.find(reply_id)
    _refuse_if_changed(reply, seen)
    if reply.state is not ReplyState.IN_REVIEW:
        raise Refused(f"reply {reply.id[:8]} is {reply.state.value}: only a reply in review is approved")
    if is_author(by, reply.authors):
        raise Refused(f"{by} wrote words of this reply: somebody else must approve it")
    blocking = [check for check in unit.replies.checks(reply.id) if check.level is Level.BLOCK]
    if blocking:
        first = blocking[0]
        raise Refused(f"{first.says} {first.remedy} Edit it with `amends review edit {reply.id[:8]}`")
    refuse_if_stale(unit, reply)
    approval = Approval(by=by, at=at, text_sha256=text_sha256(reply.text), expires_at=at + holds)
    approved = replace(reply, state=ReplyState.APPROVED, approval=approval)
    queued = approved.moved(ReplyState.QUEUED)
    unit.replies.save(queued, was=reply.state, at=at)
    unit.log.publish([queued_record(queued, source="/review", at=at)])
    _tell(unit, "reply.approved", queued, by=by, at=at, text=approval.text_sha256)
    return queued


@command("review.reject")
def reject(unit: UnitOfWork, reply_id: str, reason: str, *, by: str, at: datetime, seen: str = "") -> Reply:
    """Refuse a reply for good, with a reason that is kept beside it.

    `seen` is the digest of the text that was read, for whoever read it a while ago.

    Raises:
        NotFound, Refused: there is none, it is not in review, no reason is given, or somebody
            has changed what was `seen`.
    """
    reply = unit.replies.find(reply_id)
    _refuse_if_changed(reply, seen)
    if not reason.strip():
        raise Refused("say why: the reason helps whoever writes the next one")
    if reply.state is not ReplyState.IN_REVIEW:
        raise Refused(f"reply {reply.id[:8]} is {reply.state.value}: only a reply in review is rejected")
    rejected = reply.moved(ReplyState.REJECTED, outcome=f"rejected by {by}: {reason}")
    unit.replies.save(rejected, was=reply.state, at=at)
    _tell(unit, "reply.rejected", rejected, by=by, at=at)
    return rejected


def _refuse_if_changed(reply: Reply, seen: str) -> None:
    if seen and seen != text_sha256(reply.text):
        raise Refused(f"the words of reply {reply.id[:8]} were changed since you read them; read them again")


def refuse_if_stale(unit: UnitOfWork, reply: Reply) -> None:
    """Refuse a reply that no longer answers the customer's last word.

    Raises:
        Refused: the customer has written since the message it answers.
    """
    last = unit.messages.last_filed(reply.case_id).message
    if last.id != reply.message_id:
        raise Refused(
            f"the customer wrote again on {last.received_at:%d %b %Y at %H:%M} UTC, after the message this answers; "
            f"read it with `amends case show {reply.case_id}`, then edit or reject this reply"
        )


def refuse_if_overtaken(unit: UnitOfWork, case_id: str, heard: str) -> None:
    """Refuse what was written without the customer's last word. `heard` is the last that the writer read, or "".

    Raises:
        Refused: the customer has written since.
    """
    last = unit.messages.last_filed(case_id).message
    if heard and last.id != heard:
        raise Refused(f"the customer wrote again on {last.received_at:%d %b %Y at %H:%M} UTC: read it, then answer")


def _tell(unit: UnitOfWork, action: str, reply: Reply, *, by: str, at: datetime, **facts: str) -> None:
    unit.audit.append(
        [
            Happening(
                at=at,
                actor=f"user:{by}",
                action=action,
                subject=f"reply:{reply.id}",
                facts={"case": reply.case_id, **facts},
            )
        ]
    )

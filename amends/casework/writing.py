"""A reply that a person begins, for a case where no answer stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, TypeAlias

from amends.casework.review import CheckDraft, refuse_if_overtaken
from amends.casework.telling import tell
from amends.domain.case import Case, CaseState
from amends.domain.ids import read_reference
from amends.domain.message import Message
from amends.domain.reply import Form, Purpose, Reply, ReplyState, reply_id
from amends.errors import Refused
from amends.history import GIVEN, command
from amends.unit_of_work import UnitOfWork

#: Longer than this is no reply that anybody reads; the networks' own limits are checked beside.
TEXT_AT_MOST = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What an answer to a case begins with: our own draft, and the advice on forms of reply (JSON)."""

    reply: Reply
    advice: str


#: Drafts the frame of an answer to a case's last message, in a form; None: in the one that is advised.
#: Raises Refused where the form cannot be used.
FrameAnswer: TypeAlias = Callable[[UnitOfWork, Case, Form | None, datetime], Frame]


@command("case.reply")
def begin_reply(
    unit: UnitOfWork,
    reference: str,
    text: str = "",
    *,
    form: Form | None = None,
    heard: str = "",
    by: str,
    at: datetime,
    frame: Annotated[FrameAnswer, GIVEN],
    check: Annotated[CheckDraft, GIVEN],
) -> Reply:
    """Begin an answer. With `text` it is `by`'s; without, it is the frame that Amends drafts, for them to edit.

    `heard` is the id of the customer's last message as the writer knows it, if they say which.

    Raises:
        NotFound: no such case.
        Refused: an answer stands already, the case is closed, the form cannot be used, the text
            is too long, or the customer has written since.
    """
    case = unit.cases.get(read_reference(reference))
    if case.state is CaseState.CLOSED:
        raise Refused(f"{case.id} is closed; to answer it, take it first: `amends case take {case.id}`")
    if len(text) > TEXT_AT_MOST:
        raise Refused(f"the text has {len(text):,} characters and may have {TEXT_AT_MOST:,}: say it shorter")
    replies = unit.replies.of_case(case.id)
    for reply in replies:
        if reply.purpose is Purpose.ANSWER and not reply.state.is_final:
            raise Refused(f"an answer stands already ({reply.state.value}): `amends review edit {reply.id[:8]}`")
    refuse_if_overtaken(unit, case.id, heard)
    framed = frame(unit, case, form, at)
    draft = framed.reply
    begun = replace(
        draft,
        id=_free_id(unit, draft),
        text=text if text.strip() else draft.text,
        parts=() if text.strip() else draft.parts,
        authors=(by,) if text.strip() else draft.authors,
        state=ReplyState.DRAFTED,
        is_automatic=False,
    )
    unit.replies.add([(begun, check(unit, begun), framed.advice)])
    tell(unit, "reply.begun", case.id, by=by, at=at, reply=begun.id, form=begun.form.value)
    return begun


def messages_since(unit: UnitOfWork, case_id: str, heard: str) -> list[Message]:
    """Give what a case got after the message `heard`, as it was filed; nothing where that is not known."""
    filed = sorted(unit.messages.of_case(case_id), key=lambda one: (one.number, one.message.received_at))
    ids = [one.message.id for one in filed]
    return [one.message for one in filed[ids.index(heard) + 1 :]] if heard in ids else []


def _free_id(unit: UnitOfWork, draft: Reply) -> str:
    """Derive an id that no earlier answer to the same message has."""
    again = 0
    while unit.replies.known([found := reply_id(draft.message_id, Purpose.ANSWER, draft.form, again=again)]):
        again += 1
    return found

"""What reviewers read: the replies that wait for them, and what became of those that went."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, String, cast, func, or_, select

from amends.domain.case import Case
from amends.domain.channel import Channel
from amends.domain.check import Check
from amends.domain.delivery import CameTo
from amends.domain.message import Message
from amends.domain.reply import Form, Purpose, Reply, ReplyState, text_sha256
from amends.errors import NotFound
from amends.wire import decode_message
from storage.cases import case_of
from storage.replies import checks_of, reply_of
from storage.tables import cases, deliveries, messages, replies

#: What the JSON of checks holds if one of them blocks. In words of a check each quotation mark has a backslash.
_BLOCKS = '%"level": "block"%'
_PUBLIC = [form.value for form in Form if form.is_public]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which replies are asked for; what is None is not asked about."""

    channel: Channel | None = None
    purpose: Purpose | None = None
    is_public: bool | None = None
    drafted_before: datetime | None = None
    is_blocked: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """A reply in review, the checks of its text, the message that it answers and the case."""

    reply: Reply
    checks: tuple[Check, ...]
    message: Message
    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviews:
    """Some of the replies in review, and how many there are of those that were asked for."""

    rows: tuple[ReviewRow, ...]
    in_all: int
    #: What the next ones come after, "" where there are none.
    after: str = ""


def reviews(connection: Connection, wanted: Wanted, *, limit: int, after: str = "") -> Reviews:
    """Give the replies in review, oldest first, those that come after the reply `after`.

    Raises:
        NotFound: there is no reply `after`.
    """
    found = [replies.c.state == ReplyState.IN_REVIEW.value, *_wanted(wanted)]
    in_all = connection.scalar(select(func.count()).select_from(replies).where(*found)) or 0
    if after:
        found.append(_after(connection, after))
    rows = connection.execute(
        select(replies).where(*found).order_by(replies.c.drafted_at, replies.c.id).limit(limit + 1)
    ).all()
    shown = rows[:limit]
    said = {
        row.id: decode_message(row.body)
        for row in connection.execute(
            select(messages.c.id, messages.c.body).where(_in(messages.c.id, shown, "message_id"))
        )
    }
    of = {row.id: case_of(row) for row in connection.execute(select(cases).where(_in(cases.c.id, shown, "case_id")))}
    return Reviews(
        rows=tuple(
            ReviewRow(
                reply=reply_of(row), checks=checks_of(row.checks), message=said[row.message_id], case=of[row.case_id]
            )
            for row in shown
        ),
        in_all=in_all,
        after=shown[-1].id if len(rows) > limit else "",
    )


def beside(connection: Connection, reply_id: str, wanted: Wanted) -> tuple[str, str]:
    """Name the replies in review that come before and after a reply, of those asked for; "" where none does.

    Raises:
        NotFound: there is no such reply.
    """
    found = [replies.c.state == ReplyState.IN_REVIEW.value, *_wanted(wanted)]
    forth = select(replies.c.id).where(*found, _after(connection, reply_id))
    back = select(replies.c.id).where(*found, _before(connection, reply_id))
    return (
        connection.scalar(back.order_by(replies.c.drafted_at.desc(), replies.c.id.desc()).limit(1)) or "",
        connection.scalar(forth.order_by(replies.c.drafted_at, replies.c.id).limit(1)) or "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedRow:
    """One thing that happened to a reply on its way.

    `text` is what went, or was to go, "" where its words were changed since. `customer_wrote` counts
    what the customer wrote in the case since, `first_words` begins with the first of it.
    """

    number: int
    at: datetime
    came_to: CameTo
    form: str
    sent_to: str
    approved_by: str
    says: str
    name: str
    case_id: str
    reply_id: str
    text: str
    customer_wrote: int
    first_words: str


def posted(
    connection: Connection,
    *,
    limit: int,
    before: int = 0,
    is_public: bool | None = None,
    came_to: CameTo | None = None,
    channel: Channel | None = None,
) -> list[PostedRow]:
    """Give what happened to replies on their way, the latest first, those numbered below `before` if it is not 0."""
    found: list[ColumnElement[bool]] = []
    if before:
        found.append(deliveries.c.number < before)
    if is_public is not None:
        found.append(deliveries.c.form.in_(_PUBLIC) if is_public else deliveries.c.form.not_in(_PUBLIC))
    if came_to is not None:
        found.append(deliveries.c.came_to == came_to.value)
    if channel is not None:
        found.append(replies.c.channel == channel.value)
    rows = connection.execute(
        select(deliveries, replies.c.text, replies.c.message_id)
        .join(replies, replies.c.id == deliveries.c.reply_id)
        .where(*found)
        .order_by(deliveries.c.number.desc())
        .limit(limit)
    ).all()
    return [_posted(connection, row) for row in rows]


def _posted(connection: Connection, row: Row[Any]) -> PostedRow:
    wrote, words = 0, ""
    if row.came_to == CameTo.SENT.value:
        since = (messages.c.case_id == row.case_id) & (messages.c.received_at > row.at)
        wrote = connection.scalar(select(func.count()).select_from(messages).where(since)) or 0
        if wrote:
            first = connection.scalar(
                select(messages.c.body).where(since).order_by(messages.c.received_at, messages.c.number).limit(1)
            )
            words = decode_message(first).own_words if first is not None else ""
    return PostedRow(
        number=row.number,
        at=row.at,
        came_to=CameTo(row.came_to),
        form=row.form,
        sent_to=row.sent_to,
        approved_by=row.approved_by,
        says=row.says,
        name=row.name,
        case_id=row.case_id,
        reply_id=row.reply_id,
        text=row.text if text_sha256(row.text) == row.text_sha256 else "",
        customer_wrote=wrote,
        first_words=words,
    )


def _wanted(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.channel is not None:
        found.append(replies.c.channel == wanted.channel.value)
    if wanted.purpose is not None:
        found.append(replies.c.purpose == wanted.purpose.value)
    if wanted.is_public is not None:
        found.append(replies.c.form.in_(_PUBLIC) if wanted.is_public else replies.c.form.not_in(_PUBLIC))
    if wanted.drafted_before is not None:
        found.append(replies.c.drafted_at <= wanted.drafted_before)
    if wanted.is_blocked is not None:
        blocks = cast(replies.c.checks, String).like(_BLOCKS)
        found.append(blocks if wanted.is_blocked else ~blocks)
    return found


def _after(connection: Connection, reply_id: str) -> ColumnElement[bool]:
    at = _drafted_at(connection, reply_id)
    return or_(replies.c.drafted_at > at, (replies.c.drafted_at == at) & (replies.c.id > reply_id))


def _before(connection: Connection, reply_id: str) -> ColumnElement[bool]:
    at = _drafted_at(connection, reply_id)
    return or_(replies.c.drafted_at < at, (replies.c.drafted_at == at) & (replies.c.id < reply_id))


def _drafted_at(connection: Connection, reply_id: str) -> datetime:
    at: datetime | None = connection.scalar(select(replies.c.drafted_at).where(replies.c.id == reply_id))
    if at is None:
        raise NotFound(f"no reply has the id {reply_id!r}; see `amends review list`")
    return at


def _in(column: ColumnElement[str], rows: Collection[Row[Any]], name: str) -> ColumnElement[bool]:
    return column.in_({getattr(row, name) for row in rows})

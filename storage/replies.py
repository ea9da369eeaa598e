"""Replies, from draft to receipt."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, select, update

from amends.domain.channel import Channel
from amends.domain.check import Check, CheckName, Level
from amends.domain.contact import Identity, IdentityKind
from amends.domain.reply import Approval, Form, Part, Purpose, Reply, ReplyState, Slot
from amends.errors import NotFound, Refused
from amends.unit_of_work import AutomaticCounts
from storage.rows import begins_with, chunks, comes_after, insert_rows, one_of
from storage.tables import replies

#: An automatic reply in one of these states counts against the caps.
_COUNTED = [state.value for state in (ReplyState.QUEUED, ReplyState.SENDING, ReplyState.SENT, ReplyState.UNKNOWN)]
_ORDER = (replies.c.drafted_at, replies.c.id)
#: What is written of a draft alone.
_OF_THE_DRAFT = {"checks", "advice"}
_SAVE = (
    update(replies)
    .where(replies.c.id == bindparam("this_id"), replies.c.state == bindparam("state_before"))
    .values({column.name: bindparam(column.name) for column in replies.columns if column.name not in _OF_THE_DRAFT})
)


class SqlReplyStore:
    """Replies within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(self, ids: Collection[str]) -> set[str]:
        """Say which of these replies exist."""
        return {
            found
            for chunk in chunks(ids)
            for found in self._connection.scalars(
                select(replies.c.id).where(one_of(self._connection, replies.c.id, chunk))
            )
        }

    def add(self, drafts: Sequence[tuple[Reply, tuple[Check, ...], str]]) -> None:
        """Store drafts with their checks and the advice on forms."""
        if drafts:
            rows = [
                {**_row(reply, at=reply.drafted_at), "checks": _checks_json(checks), "advice": advice}
                for reply, checks, advice in drafts
            ]
            insert_rows(self._connection, replies, rows)

    def get(self, reply_id: str) -> Reply:
        """Give one reply."""
        row = self._connection.execute(select(replies).where(replies.c.id == reply_id)).first()
        if row is None:
            raise NotFound(f"no reply has the id {reply_id!r}; see `amends review list`")
        return reply_of(row)

    def get_many(self, ids: Collection[str]) -> dict[str, Reply]:
        """Give those of these replies that exist."""
        return {
            row.id: reply_of(row)
            for chunk in chunks(set(ids))
            for row in self._connection.execute(select(replies).where(one_of(self._connection, replies.c.id, chunk)))
        }

    def find(self, prefix: str) -> Reply:
        """Give the one reply whose id begins with `prefix`."""
        rows = self._connection.execute(select(replies).where(begins_with(replies.c.id, prefix)).limit(2)).all()
        if len(rows) != 1:
            which = "more than one reply" if len(rows) > 1 else "no reply"
            raise NotFound(f"{which} has an id that begins with {prefix!r}; see `amends review list`")
        return reply_of(rows[0])

    def checks(self, reply_id: str) -> tuple[Check, ...]:
        """Give the checks made of a reply's present text."""
        stored = self._connection.scalar(select(replies.c.checks).where(replies.c.id == reply_id))
        return checks_of(stored or [])

    def advice(self, reply_id: str) -> list[dict[str, object]]:
        """Give the advice on forms that a reply was drafted under."""
        stored = self._connection.scalar(select(replies.c.advice).where(replies.c.id == reply_id))
        advice: list[dict[str, object]] = json.loads(stored) if stored else []
        return advice

    def save(self, reply: Reply, *, was: ReplyState, at: datetime, checks: tuple[Check, ...] | None = None) -> None:
        """Store a changed reply, if it still is in state `was`."""
        values = _row(reply, at=at)
        if checks is not None:
            values["checks"] = _checks_json(checks)
        saved = self._connection.execute(
            update(replies).where(replies.c.id == reply.id, replies.c.state == was.value).values(values)
        )
        if saved.rowcount != 1:
            raise Refused(f"reply {reply.id[:8]} is no longer {was.value}: somebody else was faster; look at it again")

    def save_many(self, changes: Sequence[tuple[Reply, ReplyState]], *, at: datetime) -> None:
        """Store changed replies in order, each if it still is in the state beside it."""
        if not changes:
            return
        rows = [{**_row(reply, at=at), "this_id": reply.id, "state_before": was.value} for reply, was in changes]
        saved = self._connection.execute(_SAVE, rows)
        if saved.rowcount != len(rows):
            raise Refused(
                f"one of {len(rows)} replies was changed meanwhile: somebody else was faster; look at it again"
            )

    def of_case(self, case_id: str) -> list[Reply]:
        """Give a case's replies, oldest first."""
        return self.of_cases([case_id]).get(case_id, [])

    def of_cases(self, case_ids: Collection[str]) -> dict[str, list[Reply]]:
        """Give the replies of these cases, oldest first; a case without any is left out."""
        found: dict[str, list[Reply]] = defaultdict(list)
        for chunk in chunks(set(case_ids)):
            rows = self._connection.execute(
                select(replies)
                .where(one_of(self._connection, replies.c.case_id, chunk))
                .order_by(replies.c.drafted_at, replies.c.id)
            )
            for row in rows:
                found[row.case_id].append(reply_of(row))
        return dict(found)

    def in_state(self, *states: ReplyState, after: str = "", limit: int | None = None) -> list[Reply]:
        """Give the replies in one of these states, oldest first: at most `limit`, after the reply `after`."""
        wanted = select(replies).where(replies.c.state.in_([state.value for state in states]))
        if after:
            later = comes_after(self._connection, _ORDER, after)
            if later is None:
                raise NotFound(f"there is no reply {after!r}; begin the list again")
            wanted = wanted.where(later)
        return [reply_of(row) for row in self._connection.execute(wanted.order_by(*_ORDER).limit(limit))]

    def public_in_queue(self) -> int:
        """Count the public replies that were approved and have not gone."""
        public = [form.value for form in Form if form.is_public]
        waiting = (replies.c.state == ReplyState.QUEUED.value) & replies.c.form.in_(public)
        return self._connection.scalar(select(func.count()).select_from(replies).where(waiting)) or 0

    def latest(self, case_id: str, purpose: Purpose) -> Reply | None:
        """Give the newest reply of a purpose in a case."""
        row = self._connection.execute(
            select(replies)
            .where(replies.c.case_id == case_id, replies.c.purpose == purpose.value)
            .order_by(replies.c.drafted_at.desc(), replies.c.id)
            .limit(1)
        ).first()
        return reply_of(row) if row else None

    def count_automatic(
        self, addressees: Collection[Identity], case_ids: Collection[str], *, since: datetime, last_hour: datetime
    ) -> AutomaticCounts:
        """Count automatic replies that went or will go."""
        counted = (replies.c.is_automatic.is_(True)) & (replies.c.state.in_(_COUNTED))
        to: dict[Identity, int] = defaultdict(int)
        last_to: dict[Identity, datetime] = {}
        for addressed in self._to_mailboxes(addressees):
            rows = self._connection.execute(
                select(
                    replies.c.addressee_kind,
                    replies.c.addressee_value,
                    func.count().label("n"),
                    func.max(replies.c.drafted_at).label("last"),
                )
                .where(counted, addressed, replies.c.drafted_at >= since)
                .group_by(replies.c.addressee_kind, replies.c.addressee_value)
            )
            for row in rows:
                mailbox = Identity(kind=IdentityKind(row.addressee_kind), value=row.addressee_value).mailbox
                to[mailbox] += row.n
                last_to[mailbox] = max(row.last, last_to.get(mailbox, row.last))
        on: dict[str, int] = {}
        for ids in chunks(set(case_ids)):
            rows = self._connection.execute(
                select(replies.c.case_id, func.count().label("n"))
                .where(counted, one_of(self._connection, replies.c.case_id, ids))
                .group_by(replies.c.case_id)
            )
            for row in rows:
                on[row.case_id] = row.n
        in_all = self._connection.scalar(
            select(func.count()).select_from(replies).where(counted, replies.c.drafted_at >= last_hour)
        )
        return AutomaticCounts(to=dict(to), on=on, in_all=in_all or 0, last_to=last_to)

    def _to_mailboxes(self, addressees: Collection[Identity]) -> Iterator[ColumnElement[bool]]:
        """Say that a reply went to the mailbox of one of these, piece by piece.

        Only who writes from an address with a tag is looked for under other tags: they are few.
        """
        value = replies.c.addressee_value
        tagged = {one.mailbox.value for one in addressees if one.mailbox != one}
        for values in chunks({one.mailbox.value for one in addressees} - tagged):
            yield one_of(self._connection, value, values)
        for mailbox in sorted(tagged):
            local, _, domain = mailbox.rpartition("@")
            yield (value == mailbox) | (
                value.startswith(f"{local}+", autoescape=True) & value.endswith(f"@{domain}", autoescape=True)
            )


def reply_of(row: Row[Any]) -> Reply:
    """Read a reply from its row."""
    approval = None
    if row.approved_by:
        approval = Approval(
            by=row.approved_by,
            at=row.approved_at,
            text_sha256=row.approved_sha256,
            expires_at=row.approval_expires_at,
        )
    return Reply(
        id=row.id,
        case_id=row.case_id,
        message_id=row.message_id,
        purpose=Purpose(row.purpose),
        form=Form(row.form),
        channel=Channel(row.channel),
        addressee=Identity(kind=IdentityKind(row.addressee_kind), value=row.addressee_value),
        subject=row.subject,
        text=row.text,
        parts=tuple(Part(slot=Slot(part["slot"]), text=part["text"]) for part in row.parts),
        template=row.template,
        authors=tuple(row.authors),
        state=ReplyState(row.state),
        is_automatic=row.is_automatic,
        drafted_at=row.drafted_at,
        approval=approval,
        channel_name=row.channel_name,
        outcome=row.outcome,
    )


def checks_of(stored: list[dict[str, Any]]) -> tuple[Check, ...]:
    """Read checks from their JSON."""
    return tuple(
        Check(**{**check, "name": CheckName(check["name"]), "level": Level(check["level"])}) for check in stored
    )


def _checks_json(checks: tuple[Check, ...]) -> list[dict[str, Any]]:
    return [
        {
            "name": check.name.value,
            "level": check.level.value,
            "rule": check.rule,
            "says": check.says,
            "remedy": check.remedy,
            "quote": check.quote,
            "start": check.start,
            "end": check.end,
        }
        for check in checks
    ]


def _row(reply: Reply, *, at: datetime) -> dict[str, Any]:
    approval = reply.approval
    return {
        "id": reply.id,
        "case_id": reply.case_id,
        "message_id": reply.message_id,
        "purpose": reply.purpose.value,
        "form": reply.form.value,
        "channel": reply.channel.value,
        "addressee_kind": reply.addressee.kind.value,
        "addressee_value": reply.addressee.value,
        "subject": reply.subject,
        "text": reply.text,
        "parts": [{"slot": part.slot.value, "text": part.text} for part in reply.parts],
        "template": reply.template,
        "authors": list(reply.authors),
        "state": reply.state.value,
        "is_automatic": reply.is_automatic,
        "drafted_at": reply.drafted_at,
        "changed_at": at,
        "approved_by": approval.by if approval else "",
        "approved_at": approval.at if approval else None,
        "approved_sha256": approval.text_sha256 if approval else "",
        "approval_expires_at": approval.expires_at if approval else None,
        "channel_name": reply.channel_name,
        "outcome": reply.outcome,
    }

"""What people corrected of what triage had said: read for reports, and exported to learn from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, case, cast, func, select

from amends.domain.message import Message
from amends.domain.verdict import Kind, Severity
from amends.wire import decode_message
from storage.rows import chunks, one_of
from storage.tables import audit_entries, flags, messages

_MANY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One correction of a case: what triage had made of it, what a person did, and why.

    `message` is the one that opened the case; `rules` are those that had raised its flags.
    """

    case_id: str
    at: datetime
    by: str
    reason: str
    kind_before: Kind
    kind: Kind
    severity_before: Severity | None
    severity: Severity | None
    message: Message
    model: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How many messages that opened a case were judged so."""

    month: str
    channel: str
    kind: Kind
    model: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lately:
    """How messages of one channel were judged in some days; `confidence` is the mean."""

    count: int
    complaints: int
    referred: int
    confidence: float


def corrections(connection: Connection) -> Iterator[Correction]:
    """Give every correction, oldest first, some hundreds in memory at a time."""
    after = 0
    while True:
        rows = connection.execute(
            select(audit_entries.c.number, audit_entries.c.happening)
            .where(audit_entries.c.number > after, audit_entries.c.happening.contains('"case.corrected"'))
            .order_by(audit_entries.c.number)
            .limit(_MANY)
        ).all()
        if not rows:
            return
        after = rows[-1].number
        told = [json.loads(row.happening) for row in rows]
        yield from _with_messages(connection, [one for one in told if one["action"] == "case.corrected"])


def judged(connection: Connection) -> list[Judged]:
    """Count the messages that opened a case, by month, channel, kind and model."""
    month = func.substr(cast(messages.c.received_at, String), 1, 7).label("month")
    columns = (month, messages.c.channel, messages.c.kind, messages.c.model)
    rows = connection.execute(
        select(*columns, func.count().label("how_many"))
        .where(messages.c.number == 1)
        .group_by(*columns)
        .order_by(*columns)
    )
    return [
        Judged(month=row.month, channel=row.channel, kind=Kind(row.kind), model=row.model, count=row.how_many)
        for row in rows
    ]


def judged_on_channels(connection: Connection, since: datetime, until: datetime) -> dict[str, Lately]:
    """Tell how messages were judged that came in on each channel from `since` until before `until`."""
    complaints = func.sum(case((messages.c.kind == Kind.COMPLAINT.value, 1), else_=0))
    referred = func.sum(case((messages.c.needs_person, 1), else_=0))
    rows = connection.execute(
        select(
            messages.c.channel,
            func.count().label("how_many"),
            complaints.label("complaints"),
            referred.label("referred"),
            func.avg(messages.c.confidence).label("confidence"),
        )
        .where(messages.c.received_at >= since, messages.c.received_at < until)
        .group_by(messages.c.channel)
        .order_by(messages.c.channel)
    )
    return {
        row.channel: Lately(
            count=row.how_many,
            complaints=int(row.complaints),
            referred=int(row.referred),
            confidence=round(float(row.confidence), 4),
        )
        for row in rows
    }


def rules_raised(connection: Connection) -> dict[str, int]:
    """Count for each rule the messages that opened a case and in which it raised a flag."""
    rows = connection.execute(
        select(flags.c.rule, func.count(flags.c.message_id.distinct()).label("how_many"))
        .join(messages, messages.c.id == flags.c.message_id)
        .where(messages.c.number == 1)
        .group_by(flags.c.rule)
    )
    return {row.rule: row.how_many for row in rows}


def _with_messages(connection: Connection, told: list[dict[str, Any]]) -> Iterator[Correction]:
    cases = [one["subject"].removeprefix("case:") for one in told]
    first: dict[str, Any] = {}
    raised: dict[str, list[str]] = {}
    for chunk in chunks(set(cases)):
        for row in connection.execute(
            select(messages).where(one_of(connection, messages.c.case_id, chunk), messages.c.number == 1)
        ):
            first[row.case_id] = row
    for chunk in chunks({row.id for row in first.values()}):
        for row in connection.execute(select(flags).where(one_of(connection, flags.c.message_id, chunk))):
            raised.setdefault(row.message_id, []).append(row.rule)
    for case_id, one in zip(cases, told, strict=True):
        opened_by = first.get(case_id)
        if opened_by is None:
            continue
        facts = one["facts"]
        yield Correction(
            case_id=case_id,
            at=datetime.fromisoformat(one["at"]),
            by=one["actor"],
            reason=facts["reason"],
            kind_before=Kind(facts["kind_before"]),
            kind=Kind(facts["kind"]),
            severity_before=_severity(facts["severity_before"]),
            severity=_severity(facts["severity"]),
            message=decode_message(opened_by.body),
            model=opened_by.model,
            rules=tuple(raised.get(opened_by.id, ())),
        )


def _severity(word: str | None) -> Severity | None:
    return Severity.from_word(word) if word else None

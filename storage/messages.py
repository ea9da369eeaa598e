"""Messages that triage has judged, with their verdicts and flags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from amends.domain.search_words import words_of_message
from amends.domain.verdict import Flag, FlagName, Kind, Severity, Verdict
from amends.errors import NotFound, Refused
from amends.unit_of_work import JudgedMessage
from amends.wire import decode_message, encode_message
from storage.attachments import add_attachments
from storage.numbers import Numbers
from storage.places import Places
from storage.rows import chunks, insert_rows, one_of
from storage.search import add_words
from storage.tables import flags, messages
from storage.threads import SqlThreadStore


class SqlMessageStore:
    """Messages within one transaction."""

    def __init__(self, connection: Connection, threads: SqlThreadStore, places: Places, numbers: Numbers) -> None:
        self._connection = connection
        self._threads = threads
        self._places = places
        self._numbers = numbers

    def known(self, ids: Collection[str]) -> set[str]:
        """Say which of these messages are stored."""
        return {
            found
            for chunk in chunks(ids)
            for found in self._connection.scalars(
                select(messages.c.id).where(one_of(self._connection, messages.c.id, chunk))
            )
        }

    def add(self, judged: Sequence[JudgedMessage]) -> None:
        """Store messages with verdicts, flags and names. The primary key refuses a second copy."""
        if not judged:
            return
        insert_rows(self._connection, messages, [_row(one) for one in judged])
        self._add_flags(judged)
        add_attachments(self._connection, [one.message for one in judged])
        self._file(judged)

    def assign(self, judged: JudgedMessage) -> None:
        """Put a message that was parked into a case."""
        row = _row(judged)
        assigned = self._connection.execute(
            update(messages).where(messages.c.id == row.pop("id"), messages.c.case_id.is_(None)).values(row)
        )
        if assigned.rowcount != 1:
            raise Refused(f"message {judged.message.id[:8]} is in a case already")
        self._connection.execute(delete(flags).where(flags.c.message_id == judged.message.id))
        self._add_flags([judged])
        self._file([judged])

    def get(self, message_id: str) -> JudgedMessage:
        """Give one message."""
        found = self._read(self._connection.execute(select(messages).where(messages.c.id == message_id)).all())
        if not found:
            raise NotFound(f"no message has the id {message_id!r}")
        return found[0]

    def get_many(self, ids: Collection[str]) -> dict[str, JudgedMessage]:
        """Give those of these messages that exist."""
        return {
            one.message.id: one
            for chunk in chunks(ids)
            for one in self._read(
                self._connection.execute(select(messages).where(one_of(self._connection, messages.c.id, chunk))).all()
            )
        }

    def move(self, message_id: str, to: str) -> JudgedMessage:
        """Put a message into another case, and count anew those that stay."""
        before = self.get(message_id)
        last = self._connection.scalar(select(func.max(messages.c.number)).where(messages.c.case_id == to)) or 0
        self._connection.execute(
            update(messages).where(messages.c.id == message_id).values(case_id=to, number=last + 1)
        )
        self._connection.execute(
            update(messages)
            .where(messages.c.case_id == before.case_id, messages.c.number > before.number)
            .values(number=messages.c.number - 1)
        )
        self._places.touch(to)
        if before.case_id is not None:
            self._threads.move(before.message, before.case_id, to)
            self._places.touch(before.case_id)
        return self.get(message_id)

    def of_case(self, case_id: str) -> list[JudgedMessage]:
        """Give a case's messages, oldest first."""
        rows = self._connection.execute(
            select(messages).where(messages.c.case_id == case_id).order_by(messages.c.received_at, messages.c.id)
        ).all()
        return self._read(rows)

    def _file(self, judged: Sequence[JudgedMessage]) -> None:
        """Let those that are in a case be found, by their names and by their words."""
        filed = [(one.message, one.case_id) for one in judged if one.case_id is not None]
        # Before the questions, whose answers may wait for what was sent ahead.
        words = {
            one.message.id: one.words or words_of_message(one.message) for one in judged if one.case_id is not None
        }
        self._threads.add_messages(filed)
        add_words(self._connection, words, self._numbers)
        self._places.touch(*(case_id for _, case_id in filed))

    def _add_flags(self, judged: Sequence[JudgedMessage]) -> None:
        raised = [
            {
                "message_id": one.message.id,
                "number": number,
                "name": flag.name.value,
                "quote": flag.quote,
                "start": flag.start,
                "end": flag.end,
                "rule": flag.rule,
                "severity": flag.severity,
            }
            for one in judged
            for number, flag in enumerate(one.verdict.flags)
        ]
        if raised:
            insert_rows(self._connection, flags, raised)

    def last_filed(self, case_id: str) -> JudgedMessage:
        """Give the message that a case got last, whatever its date says."""
        rows = self._connection.execute(
            select(messages)
            .where(messages.c.case_id == case_id)
            .order_by(messages.c.number.desc(), messages.c.received_at.desc(), messages.c.id.desc())
            .limit(1)
        ).all()
        if not rows:
            raise NotFound(f"case {case_id!r} has no message")
        return self._read(rows)[0]

    def last_filed_in(self, case_ids: Collection[str]) -> dict[str, str]:
        """Give the id of the message that each of these cases got last."""
        wanted = set(case_ids)
        found: dict[str, str] = {}
        for chunk in chunks(wanted):
            newest_first = func.row_number().over(
                partition_by=messages.c.case_id,
                order_by=(messages.c.number.desc(), messages.c.received_at.desc(), messages.c.id.desc()),
            )
            of_cases = (
                select(messages.c.case_id, messages.c.id, newest_first.label("place"))
                .where(one_of(self._connection, messages.c.case_id, chunk))
                .subquery()
            )
            rows = self._connection.execute(select(of_cases.c.case_id, of_cases.c.id).where(of_cases.c.place == 1))
            found |= {row.case_id: row.id for row in rows}
        if without := wanted - found.keys():
            raise NotFound(f"case {min(without)!r} has no message")
        return found

    def _read(self, rows: Sequence[Row[Any]]) -> list[JudgedMessage]:
        by_message: dict[str, list[Flag]] = defaultdict(list)
        for chunk in chunks([row.id for row in rows]):
            raised = self._connection.execute(
                select(flags)
                .where(one_of(self._connection, flags.c.message_id, chunk))
                .order_by(flags.c.message_id, flags.c.number)
            )
            for row in raised:
                by_message[row.message_id].append(
                    Flag(
                        name=FlagName(row.name),
                        quote=row.quote,
                        start=row.start,
                        end=row.end,
                        rule=row.rule,
                        severity=_severity(row.severity),
                    )
                )
        return [
            JudgedMessage(
                message=decode_message(row.body),
                case_id=row.case_id,
                joined_via=row.joined_via,
                number=row.number,
                verdict=Verdict(
                    kind=Kind(row.kind),
                    confidence=row.confidence,
                    severity=_severity(row.severity),
                    flags=tuple(by_message[row.id]),
                    needs_person=row.needs_person,
                    model=row.model,
                ),
            )
            for row in rows
        ]


def _severity(stored: int | None) -> Severity | None:
    return None if stored is None else Severity(stored)


def _row(judged: JudgedMessage) -> dict[str, Any]:
    message, verdict = judged.message, judged.verdict
    return {
        "id": message.id,
        "case_id": judged.case_id,
        "channel": message.channel.value,
        "received_at": message.received_at,
        "kind": verdict.kind.value,
        "confidence": verdict.confidence,
        "severity": verdict.severity,
        "needs_person": verdict.needs_person,
        "model": verdict.model,
        "joined_via": judged.joined_via,
        "number": judged.number,
        "body": encode_message(message),
    }

"""The files that came with messages: what was claimed, what the bytes show, what a scanner said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from amends.domain.attachment import CaseAttachment, Scan, ScanResult
from amends.domain.message import Attachment, Message
from storage.rows import chunks, insert_rows, one_of
from storage.tables import attachments, messages


def add_attachments(connection: Connection, stored: Sequence[Message]) -> None:
    """Store the attachments of messages that are stored in the same transaction."""
    rows = [
        {
            "message_id": message.id,
            "number": number,
            "filename": one.filename,
            "content_type": one.content_type,
            "size_bytes": one.size_bytes,
            "sha256": one.sha256,
            "sniffed_type": one.sniffed_type,
            "refused": one.refused,
            "note": one.note,
            "scan": "",
            "scan_says": "",
            "scanned_at": None,
        }
        for message in stored
        for number, one in enumerate(message.attachments)
    ]
    if rows:
        insert_rows(connection, attachments, rows)


class SqlAttachmentStore:
    """Attachments within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_case(self, case_id: str) -> list[CaseAttachment]:
        """Give a case's attachments, numbered from 1."""
        rows = self._connection.execute(
            select(attachments)
            .join(messages, messages.c.id == attachments.c.message_id)
            .where(messages.c.case_id == case_id)
            .order_by(messages.c.number, messages.c.id, attachments.c.number)
        )
        return [_read(row, number) for number, row in enumerate(rows, start=1)]

    def of_messages(self, message_ids: Collection[str]) -> dict[str, list[CaseAttachment]]:
        """Give the attachments of each of these messages."""
        found: dict[str, list[CaseAttachment]] = defaultdict(list)
        for chunk in chunks(message_ids):
            rows = self._connection.execute(
                select(attachments)
                .where(one_of(self._connection, attachments.c.message_id, chunk))
                .order_by(attachments.c.message_id, attachments.c.number)
            )
            for row in rows:
                found[row.message_id].append(_read(row, row.number + 1))
        return dict(found)

    def unscanned(self, *, limit: int) -> list[CaseAttachment]:
        """Give what no scanner has looked at, each content once."""
        waits = (attachments.c.scan == "") & (attachments.c.refused == "")
        first = (
            select(attachments.c.sha256, func.min(attachments.c.message_id).label("message_id"))
            .where(waits)
            .group_by(attachments.c.sha256)
            .order_by(attachments.c.sha256)
            .limit(limit)
            .subquery()
        )
        rows = self._connection.execute(
            select(attachments)
            .join(first, (first.c.sha256 == attachments.c.sha256) & (first.c.message_id == attachments.c.message_id))
            .order_by(attachments.c.sha256, attachments.c.number)
        )
        return list({row.sha256: _read(row, row.number + 1) for row in rows}.values())

    def record_scans(self, scans: Sequence[Scan]) -> None:
        """Store what a scanner said."""
        for scan in scans:
            self._connection.execute(
                update(attachments)
                .where(attachments.c.sha256 == scan.sha256)
                .values(scan=scan.result.value, scan_says=scan.says, scanned_at=scan.at)
            )


def _read(row: Row[Any], number: int) -> CaseAttachment:
    return CaseAttachment(
        number=number,
        message_id=row.message_id,
        attachment=Attachment(
            filename=row.filename,
            content_type=row.content_type,
            size_bytes=row.size_bytes,
            sha256=row.sha256,
            sniffed_type=row.sniffed_type,
            refused=row.refused,
            note=row.note,
        ),
        scan=Scan(sha256=row.sha256, result=ScanResult(row.scan), says=row.scan_says, at=row.scanned_at)
        if row.scan
        else None,
    )

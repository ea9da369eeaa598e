"""What `amends mail parse` and `amends mail trim` print: one JSON-ready line for each file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ingest.mail.charset import decode
from ingest.mail.parse import parse_mail
from ingest.mail.parsed import Address, Caps, ParsedMail
from ingest.mail.trim import trim_reply

_CAPS = Caps()


def parse_lines(paths: Iterable[Path | str]) -> Iterator[dict[str, Any]]:
    """Yield for each file what the parser read: `{file, from, to, subject, message_id, date, text, reply_text, ...}`.

    `from` and `to` are lists of addresses as written (domain in lower case), `date` is ISO 8601 in UTC or null,
    `auto_generated` is true for anything a machine wrote, bounces included. A file that cannot be read is a line with
    `error` set, not an exception.
    """
    for path in paths:
        raw, error = _read(path)
        mail = parse_mail(raw)
        yield _line(str(path), mail, error or mail.error)


def trim_lines(paths: Iterable[Path | str]) -> Iterator[dict[str, Any]]:
    """Yield `{file, reply_text}` for each plain-text body; with an `error` as well if the file cannot be read."""
    for path in paths:
        raw, error = _read(path)
        line: dict[str, Any] = {"file": str(path), "reply_text": trim_reply(decode(raw)[0])}
        if error:
            line["error"] = error
        yield line


def _read(path: Path | str) -> tuple[bytes, str | None]:
    try:
        with Path(path).open("rb") as file:
            # One byte more than is parsed, so that the parser can say that the mail is too large.
            return file.read(_CAPS.size_bytes + 1), None
    except (OSError, ValueError) as cause:
        return b"", f"The file cannot be read: {getattr(cause, 'strerror', None) or cause}."


def _line(name: str, mail: ParsedMail, error: str | None) -> dict[str, Any]:
    return {
        "file": name,
        "from": _written(mail.from_),
        "to": _written(mail.to),
        "subject": mail.subject,
        "message_id": mail.message_id,
        "date": mail.date.isoformat() if mail.date else None,
        "text": mail.text,
        "reply_text": mail.reply_text,
        "attachments": [
            {
                "filename": one.filename,
                "content_type": one.content_type,
                "size_bytes": one.size_bytes,
                "sha256": one.sha256,
            }
            for one in mail.attachments
        ],
        "auto_generated": mail.automatic is not None,
        "bounce": mail.bounce is not None,
        "error": error,
    }


def _written(addresses: tuple[Address, ...]) -> list[str]:
    return [one.written for one in addresses if one.written]

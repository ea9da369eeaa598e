"""Attachments as people meet them: on a case, scanned or not, and as files to be saved, never shown in a page."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote

from amends.domain.message import Attachment, require_zone

#: Types that a machine would run, or a browser would.
ACTIVE_TYPES = frozenset(
    {
        "application/vnd.microsoft.portable-executable",
        "application/x-executable",
        "application/x-mach-binary",
        "application/java-vm",
        "application/java-archive",
        "text/x-script",
        "text/html",
        "image/svg+xml",
    }
)


class ScanResult(StrEnum):
    """What a scanner says of a file."""

    #: It finds nothing.
    CLEAN = "clean"
    #: It finds harm, and says which.
    INFECTED = "infected"
    #: It looked, and cannot say: the file is too large for it, or damaged.
    CANNOT_SAY = "cannot_say"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What a scanner said of the bytes under a hash."""

    sha256: str
    result: ScanResult
    says: str
    at: datetime

    def __post_init__(self) -> None:
        require_zone("at", self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAttachment:
    """One attachment of a case. `number` counts from 1 through the case, in the order in which its messages came.

    `scan` is None while no scanner has looked.
    """

    number: int
    message_id: str
    attachment: Attachment
    scan: Scan | None = None

    @property
    def why_not(self) -> str:
        """Say why it is not given out, "" where it is."""
        if self.attachment.refused:
            return f"it was refused: {self.attachment.note}"
        if self.scan is not None and self.scan.result is ScanResult.INFECTED:
            return f"the scanner found {self.scan.says} in it"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file to be saved: its bytes, a name that is safe on any machine, and the headers that it is sent with.

    Whatever is in it, no browser shows it inside of our pages: it is saved, its type is
    never guessed, and were it opened all the same it could run nothing and reach nothing.
    """

    content: bytes = field(repr=False)
    filename: str

    @property
    def headers(self) -> Mapping[str, str]:
        """Give the headers of an answer over HTTP."""
        plain = self.filename.encode("ascii", "replace").decode("ascii").replace("?", "_").replace('"', "_")
        named = quote(self.filename, safe="")
        return {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{named}",
            "Content-Length": str(len(self.content)),
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "private, no-store",
            "Referrer-Policy": "no-referrer",
        }


_NAME_CHARS = 120
#: What some file system or shell takes for more than a letter.
_MEANS_MORE = re.compile(r'[<>:"/\\|?*%$`\x00-\x1f\x7f]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def safe_filename(one: CaseAttachment) -> str:
    """Give a name to save it under, made of the claimed one.

    It has no folder, no character that steers anything, and no name of a device. A file
    that could act when it is opened gets an ending that nothing opens.
    """
    claimed = re.split(r"[/\\]", unicodedata.normalize("NFC", one.attachment.filename))[-1]
    kept = "".join(char for char in claimed if unicodedata.category(char)[0] != "C")
    name = _MEANS_MORE.sub("_", " ".join(kept.split())).strip(". -")
    stem, dot, ending = name.rpartition(".")
    if len(name) > _NAME_CHARS:
        name = f"{stem[: _NAME_CHARS - 12]}{dot}{ending[:10]}" if dot else name[:_NAME_CHARS]
    if not name or _DEVICE.match(name):
        name = f"attachment-{one.number}{f'-{name}' if name else ''}"
    return f"{name}.untrusted" if one.attachment.sniffed_type in ACTIVE_TYPES else name

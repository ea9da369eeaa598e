"""Says of each file whether it is kept, and what a person is told of it.

1. What a sender says of a file, its name and its type, is kept as a claim. What it is, its
   bytes say.
2. A file that is refused is named on the case with the reason. Nothing is lost: its bytes
   stay in the raw message, where somebody who knows what they do can find them.
3. An archive is looked at without being unpacked (`archive.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO

from amends.domain.attachment import ACTIVE_TYPES
from amends.domain.message import Attachment
from ingest.attachments.archive import MIB, ArchiveBounds, look_into
from ingest.attachments.sniff import HEAD_BYTES, sniff

#: Types that one finds under several names: a claim that names the same thing is no contradiction.
_SAME = (
    {"image/jpeg", "image/jpg", "image/pjpeg"},
    {"image/heic", "image/heif"},
    {"application/zip", "application/x-zip-compressed", "application/x-zip"},
    {"application/gzip", "application/x-gzip"},
    {"audio/wav", "audio/x-wav", "audio/wave"},
)
#: Claims that say nothing, and such as are narrower than what bytes can show.
_SAYS_NOTHING = {"", "application/octet-stream", "binary/octet-stream", "application/x-download"}
_BROAD = {
    "text/plain": ("text/", "application/json", "application/xml", "message/"),
    "application/x-ole-storage": ("application/msword", "application/vnd.ms-", "application/x-msi"),
    "application/ogg": ("audio/ogg", "video/ogg", "audio/opus"),
    "video/mp4": ("audio/mp4", "video/"),
    "video/webm": ("video/", "audio/webm"),
    "message/rfc822": ("text/",),
    "application/zip": ("application/vnd.", "application/epub"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCaps:
    """How much may come with one message."""

    number: int = 50
    each_bytes: int = 25 * MIB
    archives: ArchiveBounds = field(default_factory=ArchiveBounds)


DEFAULT_CAPS = FileCaps()


def assess(claimed: Attachment, content: bytes | BinaryIO, *, place: int, caps: FileCaps = DEFAULT_CAPS) -> Attachment:
    """Give an attachment with what its bytes say, and why it is refused if it is; `place` counts from 0.

    `content` is looked at where it matters, and never unpacked.
    """
    file = BytesIO(content) if isinstance(content, bytes) else content
    if place >= caps.number:
        return _with(claimed, refused="too_many", note=f"more than {caps.number} files came with it")
    if claimed.size_bytes > caps.each_bytes:
        says = f"it has {claimed.size_bytes / MIB:,.1f} MiB, and {caps.each_bytes // MIB} are kept at most"
        return _with(claimed, refused="too_large", note=says)
    file.seek(0)
    sniffed = sniff(file.read(HEAD_BYTES))
    look = look_into(file, claimed.size_bytes, sniffed, caps.archives)
    file.seek(0)
    notes = [look.note, *_contradictions(claimed, look.type_)]
    return _with(claimed, sniffed=look.type_, refused=look.refused, note="; ".join(filter(None, notes)))


def assess_all(files: Iterable[tuple[Attachment, bytes]], *, caps: FileCaps = DEFAULT_CAPS) -> tuple[Attachment, ...]:
    """Assess the files of one message, in their order."""
    return tuple(assess(claimed, content, place=place, caps=caps) for place, (claimed, content) in enumerate(files))


def _with(claimed: Attachment, *, sniffed: str = "", refused: str = "", note: str = "") -> Attachment:
    return Attachment(
        filename=claimed.filename,
        content_type=claimed.content_type,
        size_bytes=claimed.size_bytes,
        sha256=claimed.sha256,
        sniffed_type=sniffed,
        refused=refused,
        note=note,
    )


def _contradictions(claimed: Attachment, sniffed: str) -> list[str]:
    says = claimed.content_type.partition(";")[0].strip().lower()
    found = []
    if not sniffed:
        found.append("the file is empty")
    elif sniffed in ACTIVE_TYPES:
        found.append(f"it can act when it is opened ({sniffed}): do not open it on a machine that matters")
    if sniffed and not _agrees(says, sniffed):
        found.append(f"its sender calls it {says}, and its bytes say {sniffed}")
    return found


def _agrees(says: str, sniffed: str) -> bool:
    if says in _SAYS_NOTHING or sniffed == "application/octet-stream" or says == sniffed:
        return True
    return any({says, sniffed} <= same for same in _SAME) or says.startswith(_BROAD.get(sniffed, ("\0",)))

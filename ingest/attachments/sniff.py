"""What a file is, by its own bytes: never by its name, and never by what its sender says.

A table of signatures of our own, since the question is small and the answer must cost
the same whatever is in the file. Of the libraries tried, the one without a C part takes
every zip for a Word document, and the other needs a database of the operating system.
"""

from __future__ import annotations

import re
from collections.abc import Collection

#: How much of a file's beginning is looked at.
HEAD_BYTES = 4096
UNKNOWN = "application/octet-stream"
ZIP = "application/zip"

_SIGNATURES = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"BM", "image/bmp"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (4, b"ftyphei", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp3g", "video/3gpp"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"OggS", "application/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"PK\x03\x04", ZIP),
    (0, b"PK\x05\x06", ZIP),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\x00", "application/x-xz"),
    (0, b"(\xb5/\xfd", "application/zstd"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (257, b"ustar", "application/x-tar"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (0, b"\xca\xfe\xba\xbe", "application/java-vm"),
    (0, b"#!", "text/x-script"),
    (0, b"BEGIN:VCARD", "text/vcard"),
    (0, b"BEGIN:VCALENDAR", "text/calendar"),
)
_MARKUP = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,500}?-->\s*)?<(!doctype\s+html|html|head|body|script|svg)", re.I | re.S
)
_MAIL = re.compile(rb"(?:From|Received|Return-Path|Message-ID|MIME-Version|Delivered-To):[ \t]", re.I)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
#: What one finds in a zip that is more than a zip, by the beginning of a name in it.
_IN_ZIP = (
    ("word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("META-INF/MANIFEST.MF", "application/java-archive"),
)
#: OpenDocument and EPUB say their type in the first entry, which is not packed.
_SAYS_ITSELF = re.compile(rb"mimetype(application/(?:vnd\.oasis\.opendocument\.[a-z-]{1,30}|epub\+zip))")


def sniff(head: bytes) -> str:
    """Say the type that a file's first bytes show; `UNKNOWN` where they show none, "" for an empty file."""
    if not head:
        return ""
    head = head[:HEAD_BYTES]
    for offset, signature, found in _SIGNATURES:
        if head.startswith(signature, offset):
            return found
    text = head.removeprefix(b"\xef\xbb\xbf")
    if markup := _MARKUP.match(text):
        return "image/svg+xml" if markup[1].lower() == b"svg" else "text/html"
    if _MAIL.match(text):
        return "message/rfc822"
    return "text/plain" if _is_text(head) else UNKNOWN


def sniff_zip(head: bytes, names: Collection[str]) -> str:
    """Say what a zip with these names in it is: an office document, a book, a program, or a zip and no more."""
    if said := _SAYS_ITSELF.match(head, 30):
        return said[1].decode("ascii")
    for beginning, found in _IN_ZIP:
        if any(name.startswith(beginning) for name in names):
            return found
    return ZIP


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not _CONTROLS.search(head)

"""How large an archive would become, told from its own tables: nothing in it is unpacked, and little is read.

1. A zip says at its end how many entries it has and how long their table is. Both are
   held against bounds before the table is read.
2. The table says what each entry weighs, packed and unpacked. More than so much in all,
   or more than so many times the archive, is refused. So is a zip whose entries together
   are longer than itself: they lie over each other, which no honest program writes.
3. An archive within is packed already and hardly gets smaller. One that does holds
   nothing but repetition, which is how a bomb is nested; and nobody sends dozens.
4. gzip and xz say at their end what they hold. What does not say (bzip2, zstd, 7z, rar) is
   kept, and a person is told so.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from typing import BinaryIO

from ingest.attachments.sniff import HEAD_BYTES, ZIP, sniff_zip

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveBounds:
    """What an archive may hold. Bytes are those it would have unpacked."""

    entries: int = 5_000
    unpacked_bytes: int = 1024 * MIB
    #: Times its own size: text gets ten times smaller, a picture of one colour some hundred times.
    ratio: int = 200
    archives_within: int = 10
    #: Times the packed size of an archive in an archive.
    ratio_within: int = 4
    #: An archive that unpacks to less than this harms nobody, whatever its ratio.
    harmless_bytes: int = 32 * MIB


DEFAULT_BOUNDS = ArchiveBounds()

#: The end of a zip is this long, without its comment, and its comment at most so long.
_ZIP_END, _COMMENT_AT_MOST = 22, 65_535
_TABLE_AT_MOST = 4 * MIB
_PACKED = (".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst", ".jar", ".cab")
_CANNOT_SAY = {
    "application/x-bzip2": "bzip2",
    "application/zstd": "zstd",
    "application/x-7z-compressed": "7z",
    "application/vnd.rar": "rar",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look at an archive shows. `refused` is a stable code, "" where nothing speaks against it.

    `note` is for a person; `type_` is what the archive turned out to be.
    """

    type_: str
    refused: str = ""
    note: str = ""


@dataclass(slots=True)
class _Refused(Exception):
    code: str
    says: str
    args: tuple[object, ...] = field(default=())


def look_into(file: BinaryIO, size_bytes: int, type_: str, bounds: ArchiveBounds = DEFAULT_BOUNDS) -> Look:
    """Look at a file of a sniffed type; what is no archive passes. Of `file`, which can be sought, little is read."""
    try:
        if type_ == ZIP:
            return _look_into_zip(file, size_bytes, bounds)
        if type_ == "application/gzip":
            _weigh(_gzip_holds(file), size_bytes, bounds)
        elif type_ == "application/x-xz":
            holds = _xz_holds(file, size_bytes)
            if holds is None:
                return Look(type_=type_, note="a damaged xz archive: it does not say what it holds")
            _weigh(holds, size_bytes, bounds)
    except _Refused as why:
        return Look(type_=type_, refused=why.code, note=why.says)
    if type_ in _CANNOT_SAY:
        return Look(type_=type_, note=f"a {_CANNOT_SAY[type_]} archive does not say how large it becomes: mind that")
    return Look(type_=type_)


def _weigh(unpacked: int, packed: int, bounds: ArchiveBounds) -> None:
    if unpacked > bounds.unpacked_bytes:
        raise _Refused("archive_too_large", f"it would unpack to {unpacked // MIB:,} MiB")
    if unpacked > bounds.harmless_bytes and unpacked > packed * bounds.ratio:
        raise _Refused("archive_ratio", f"it would unpack to {unpacked // max(packed, 1):,} times its size")


def _look_into_zip(file: BinaryIO, size_bytes: int, bounds: ArchiveBounds) -> Look:
    entries, table_bytes = _zip_end(file, size_bytes)
    if entries > bounds.entries or table_bytes > _TABLE_AT_MOST:
        raise _Refused("archive_entries", f"it says that it holds more than {bounds.entries:,} files")
    try:
        with zipfile.ZipFile(file) as archive:
            listed = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, UnicodeError, EOFError) as why:
        return Look(type_=ZIP, note=f"a damaged zip: its table cannot be read ({type(why).__name__})")
    if len(listed) > bounds.entries:
        raise _Refused("archive_entries", f"it holds more than {bounds.entries:,} files")
    if sum(one.compress_size for one in listed) > size_bytes:
        raise _Refused("archive_overlap", "its files lie over each other: together they are longer than the archive")
    _weigh(sum(one.file_size for one in listed), size_bytes, bounds)
    within = [one for one in listed if one.filename.lower().endswith(_PACKED)]
    if len(within) > bounds.archives_within:
        raise _Refused("archive_nested", f"it holds {len(within)} archives")
    if any(one.file_size > one.compress_size * bounds.ratio_within + 1024 for one in within):
        raise _Refused("archive_nested", "an archive in it is packed as only repetition can be")
    file.seek(0)
    head = file.read(HEAD_BYTES)
    is_locked = any(one.flag_bits & 1 for one in listed)
    return Look(
        type_=sniff_zip(head, [one.filename for one in listed]),
        note="it is locked with a password: ask the customer for it" if is_locked else "",
    )


def _zip_end(file: BinaryIO, size_bytes: int) -> tuple[int, int]:
    """Read how many entries a zip says it has, and how many bytes their table takes; zeros where it has no end."""
    start = max(0, size_bytes - _ZIP_END - _COMMENT_AT_MOST)
    file.seek(start)
    tail = file.read(_ZIP_END + _COMMENT_AT_MOST)
    at = tail.rfind(b"PK\x05\x06")
    end = tail[at : at + _ZIP_END] if at >= 0 else b""
    if len(end) < _ZIP_END:
        return 0, 0
    return int.from_bytes(end[10:12], "little"), int.from_bytes(end[12:16], "little")


def _gzip_holds(file: BinaryIO) -> int:
    file.seek(-4, 2)
    return int.from_bytes(file.read(4), "little")


def _xz_holds(file: BinaryIO, size_bytes: int) -> int | None:
    """Add up what the index at the end of an xz file says of its blocks (xz file format 1.2, sections 2.1.2 and 4)."""
    if size_bytes < 24:
        return None
    file.seek(-12, 2)
    footer = file.read(12)
    index_bytes = (int.from_bytes(footer[4:8], "little") + 1) * 4
    if footer[10:] != b"YZ" or index_bytes > min(size_bytes, MIB):
        return None
    file.seek(-12 - index_bytes, 2)
    numbers = _variable_lengths(file.read(index_bytes)[1:])
    if not numbers or len(numbers) < 1 + 2 * numbers[0]:
        return None
    return sum(numbers[2 : 2 + 2 * numbers[0] : 2])


def _variable_lengths(index: bytes) -> list[int]:
    found, value, shift = [], 0, 0
    for byte in index:
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80 or shift > 63:
            found.append(value)
            value, shift = 0, 0
    return found

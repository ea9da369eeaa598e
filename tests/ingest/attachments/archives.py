"""Archives made by hand, and such as no honest program writes."""

from __future__ import annotations

import struct
import zipfile
import zlib
from io import BytesIO


def a_zip(files: dict[str, bytes], *, packed: bool = True) -> bytes:
    made = BytesIO()
    how = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(made, "w", how) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def zeros(mib: int) -> bytes:
    return bytes(mib * 1024 * 1024)


def a_zip_over_itself(entries: int) -> bytes:
    """Write a zip whose entries are all the same bytes: the table names one packed file many times."""
    packed = zlib.compress(bytes(100_000), 9)[2:-4]
    check = zlib.crc32(bytes(100_000))
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 33, check, len(packed), 100_000, 1, 0) + b"a" + packed
    table = b""
    for number in range(entries):
        name = f"{number:04}".encode()
        table += struct.pack(
            "<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 8, 0, 33, check, len(packed), 100_000, len(name), 0, 0, 0, 0, 0, 0
        )
        table += name
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, entries, entries, len(table), len(local), 0)
    return local + table + end

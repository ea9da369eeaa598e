"""Content-Transfer-Encoding undone, tolerantly and in linear time."""

from __future__ import annotations

import binascii
import re

_BASE64_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(sorted(set(range(256)) - set(_BASE64_ALPHABET + b"=")))
_BLANKS = b" \t\r\n\x0b\x0c"
_UU_BEGIN = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} [^\r\n]*\r?\n", re.MULTILINE)


def undo_transfer_encoding(data: bytes, encoding: str, *, is_text: bool = False) -> tuple[bytes, str]:
    """Return the content of a part and a defect code, empty if there was nothing wrong.

    Args:
        data: the part's body as it stands in the mail.
        encoding: the declared `Content-Transfer-Encoding`; anything unknown leaves `data` as it is.
        is_text: for base64, keep what was appended unencoded (list footers) instead of decoding it to noise.
    """
    name = encoding.split(";", 1)[0].strip().strip("\"'").lower()
    if name in ("", "7bit", "8bit", "binary", "7-bit", "8-bit"):
        return data, ""
    if name in ("quoted-printable", "quotedprintable", "quoted printable", "qp"):
        return binascii.a2b_qp(data), ""
    if name in ("base64", "b", "base-64"):
        return _from_base64(data, is_text=is_text)
    if name in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _from_uuencode(data)
    return data, "transfer_encoding_unknown"


def decode_base64(data: bytes) -> bytes:
    """Decode base64 whatever its padding; characters outside the alphabet are skipped."""
    whole = data.translate(None, _NOT_BASE64)
    if len(whole) % 4 == 0 and b"=" not in whole[:-2] and not (whole[-2:-1] == b"=" and whole[-1:] != b"="):
        return binascii.a2b_base64(whole)
    # Several encodings one after the other, or padding that is wrong: piece by piece.
    return b"".join(_padded(piece) for piece in whole.split(b"=") if piece)


def _padded(piece: bytes) -> bytes:
    if len(piece) % 4 == 1:
        piece = piece[:-1]
    return binascii.a2b_base64(piece + b"=" * (-len(piece) % 4))


def _from_base64(data: bytes, *, is_text: bool) -> tuple[bytes, str]:
    if not data.translate(None, _BASE64_ALPHABET + b"=" + _BLANKS):
        return decode_base64(data), ""
    if not is_text:
        return decode_base64(data), "base64_damaged"
    # Prose has blanks between words; base64, however damaged, has none within a line.
    lines = data.split(b"\n")
    count = next((index for index, line in enumerate(lines) if b" " in line.strip()), len(lines))
    encoded, prose = b"\n".join(lines[:count]), b"\n".join(lines[count:])
    if not prose.strip():
        return decode_base64(data), "base64_damaged"
    if not encoded.strip():
        return data, "base64_not_encoded"
    return decode_base64(encoded) + b"\n" + prose, "base64_damaged"


def _from_uuencode(data: bytes) -> tuple[bytes, str]:
    begin = _UU_BEGIN.search(data)
    if begin is None:
        return data, "uuencode_damaged"
    decoded: list[bytes] = []
    for line in data[begin.end() :].splitlines():
        if line.strip() in (b"end", b"`", b""):
            break
        try:
            decoded.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Some encoders pad a line too far; its first byte says how many bytes count.
            length = ((((line[0] - 32) & 63) * 4) + 5) // 3
            try:
                decoded.append(binascii.a2b_uu(line[:length]))
            except binascii.Error:
                return b"".join(decoded), "uuencode_damaged"
    return b"".join(decoded), ""

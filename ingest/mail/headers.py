"""Header fields: found, unfolded, decoded.

Rules:

1. A field starts in the first column with a name of printable ASCII and a colon (white space before the colon is
   tolerated); a line that starts with a blank continues the field before it.
2. A leading mbox `From ` line, plain or escaped, is skipped.
3. A line that is neither ends the header, as if an empty line stood there: better a header line shown in the text than
   a line of text lost. One exception at the top of a mail: if the very next line continues or is a well-known field,
   the odd line is dropped with the defect `header_line_dropped`.
4. Raw bytes above 127 are decoded by the rules of `charset`; RFC 2047 words are decoded wherever they stand, neighbours
   of one charset and encoding joined before decoding, because mailers split characters across them.
5. Values are cut at `Caps.header_bytes`, fields beyond `Caps.headers` are left out; both are defects.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from ingest.mail.charset import clean, decode
from ingest.mail.parsed import Caps
from ingest.mail.transfer import decode_base64

_HEADER_END = re.compile(rb"\n\r?\n")
_FIELD_NAME = re.compile(rb"[!-9;-~]{1,200}[ \t]*\Z")
_WELL_KNOWN = re.compile(
    rb"(?:from|to|cc|bcc|subject|date|message-id|reply-to|sender|received|return-path|mime-version|content-[a-z-]+|"
    rb"in-reply-to|references|x-[a-z0-9-]+|list-[a-z-]+|delivered-to|dkim-signature|user-agent)[ \t]*:",
    re.IGNORECASE,
)
_WORD_START = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?")
_UNDERSCORED = bytes.maketrans(b"_", b" ")
_PARAMETER = re.compile(
    r"""[;\s]*([^\s=;"()]{1,100})\s*=\s*(?:"((?:[^"\\]|\\.)*+)(?:"|\Z)|([^;"\r\n]*+))""",
    re.DOTALL,
)
_CONTINUED = re.compile(r"(.+?)\*(\d{1,3})(\*?)\Z")


@dataclass(slots=True)
class HeaderBlock:
    """The fields of one part, raw, with where its body starts."""

    #: (name in lower case, unfolded raw value) in the order of the mail.
    fields: list[tuple[str, bytes]] = field(default_factory=list)
    #: Offset of the first body byte in the bytes that were given.
    body_start: int = 0
    defects: list[str] = field(default_factory=list)

    def raw(self, name: str) -> bytes | None:
        """Return the first raw value of `name`, or None."""
        for found, value in self.fields:
            if found == name:
                return value
        return None

    def text(self, name: str) -> str:
        """Return the first value of `name` as raw text (RFC 2047 words left alone), or an empty string."""
        value = self.raw(name)
        return "" if value is None else raw_text(value)


def read_header_block(raw: bytes, start: int, end: int, caps: Caps, *, is_top: bool = False) -> HeaderBlock:
    """Read the header of the part that lies in `raw[start:end]`."""
    block = HeaderBlock(body_start=start)
    if is_top:
        start = block.body_start = _after_mbox_line(raw, start, end)
    if raw.startswith((b"\n", b"\r\n"), start, min(end, start + 2)):
        block.body_start = start + (1 if raw[start] == 10 else 2)
        return block
    found = _HEADER_END.search(raw, start, min(end, start + caps.header_block_bytes))
    stop = found.start() + 1 if found else min(end, start + caps.header_block_bytes)
    if not found and stop < end:
        block.defects.append("header_block_too_long")
        stop = raw.rfind(b"\n", start, stop) + 1 or stop
    block.body_start = found.end() if found else stop

    lines = raw[start:stop].split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    offset = start
    name = ""
    value: list[bytes] = []
    for index, line in enumerate(lines):
        if line[:1] in (b" ", b"\t") and name:
            value.append(line)
        else:
            head, colon, tail = line.partition(b":")
            if colon and _FIELD_NAME.match(head):
                if name:
                    _add(block, name, value, caps)
                name, value = head.rstrip().decode("ascii").lower(), [tail]
            elif is_top and name and _is_odd_line(lines, index):
                block.defects.append("header_line_dropped")
            elif line.strip() == b"" and name:
                value.append(line)
            else:
                block.body_start = offset
                if name or not is_top:
                    block.defects.append("header_ended_early")
                break
        offset += len(line) + 1
    if name:
        _add(block, name, value, caps)
    return block


def decode_words(value: str) -> str:
    """Return `value` with its RFC 2047 encoded words decoded and white space runs from folding collapsed.

    Text that only looks like an encoded word is left as it is. Runs in linear time.
    """
    if "=?" not in value:
        return value
    pieces: list[str] = []
    pending: tuple[str, str] = ("", "")
    pending_bytes: list[bytes] = []
    position = 0

    def flush() -> None:
        if pending_bytes:
            pieces.append(decode(b"".join(pending_bytes), pending[0])[0])
            pending_bytes.clear()

    while True:
        match = _WORD_START.search(value, position)
        end = value.find("?=", match.end()) if match else -1
        if match is None or end < 0:
            break
        charset, kind = match[1].split("*", 1)[0].lower(), match[2].lower()
        encoded = value[match.end() : end]
        if kind == "q" and value.startswith("=", end + 1) and re.match(r"[0-9A-F]{2}", value[end + 2 : end + 4]):
            # `...?=E4...?=`: a raw question mark before an escaped byte, not the end of the word.
            later = value.find("?=", end + 2)
            if later >= 0:
                encoded, end = value[match.end() : later], later
        between = value[position : match.start()]
        if between.strip() or not pending_bytes:
            flush()
            pieces.append(between)
        elif (charset, kind) != pending:
            flush()
        pending = (charset, kind)
        pending_bytes.append(_word_bytes(encoded, kind))
        position = end + 2
    flush()
    pieces.append(value[position:])
    return "".join(pieces)


def raw_text(value: bytes) -> str:
    """Return a raw header value as text, leaving RFC 2047 words alone."""
    return clean(value.decode("ascii")) if value.isascii() else decode(value)[0]


def header_text(value: bytes) -> str:
    """Return a raw header value as a reader would see it."""
    if b"=?" not in value and value.isascii():
        plain = value.decode("ascii")
        if plain.isprintable():
            return plain.strip()
    return clean(decode_words(raw_text(value))).strip().replace("\n", " ")


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """Split `text/plain; charset="utf-8"` into its lower-case main value and parameters (RFC 2045, RFC 2231).

    Missing semicolons, unclosed quotes and RFC 2047 words in parameters are tolerated; of two parameters with one
    name the first counts.
    """
    main, semicolon, rest = value.partition(";")
    words = main.split(None, 1)
    if len(words) > 1:
        rest = words[1] + semicolon + rest
    kind = words[0].strip("\"'").lower() if words else ""
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for count, match in enumerate(_PARAMETER.finditer(rest)):
        if count >= 200:
            break
        name = match[1].lower()
        content = re.sub(r"\\(.)", r"\1", match[2]) if match[2] is not None else match[3].strip()
        numbered = _CONTINUED.match(name)
        if numbered:
            pieces.setdefault(numbered[1], {}).setdefault(int(numbered[2]), (content, bool(numbered[3])))
        elif name.endswith("*"):
            pieces.setdefault(name[:-1], {}).setdefault(0, (content, True))
        else:
            plain.setdefault(name, content)
    for name, numbered_pieces in pieces.items():
        plain[name] = _join_rfc2231(numbered_pieces)
    return kind, plain


def _join_rfc2231(pieces: dict[int, tuple[str, bool]]) -> str:
    charset = ""
    joined: list[bytes] = []
    for order, number in enumerate(sorted(pieces)):
        content, is_encoded = pieces[number]
        if order == 0 and is_encoded and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        raw = content.encode("utf-8", "replace")
        joined.append(unquote_to_bytes(raw) if is_encoded else raw)
    return decode(b"".join(joined), charset)[0]


def _word_bytes(encoded: str, kind: str) -> bytes:
    raw = encoded.encode("utf-8", "replace")
    if kind == "b":
        return decode_base64(raw)
    return binascii.a2b_qp(raw.translate(_UNDERSCORED).replace(b"\n", b" "), header=False)


def _after_mbox_line(raw: bytes, start: int, end: int) -> int:
    while raw.startswith((b"From ", b">From "), start, end):
        newline = raw.find(b"\n", start, end)
        if newline < 0:
            return end
        start = newline + 1
    return start


def _is_odd_line(lines: list[bytes], index: int) -> bool:
    following = lines[index + 1] if index + 1 < len(lines) else b""
    return following[:1] in (b" ", b"\t") or bool(_WELL_KNOWN.match(following))


def _add(block: HeaderBlock, name: str, value: list[bytes], caps: Caps) -> None:
    if len(block.fields) >= caps.headers:
        if "too_many_headers" not in block.defects:
            block.defects.append("too_many_headers")
        return
    joined = b"".join(line.rstrip(b"\r") for line in value) if len(value) > 1 else value[0].rstrip(b"\r")
    if len(joined) > caps.header_bytes:
        joined = joined[: caps.header_bytes]
        block.defects.append("header_too_long")
    block.fields.append((name, joined.strip(b" \t")))

"""The MIME tree of a mail, as offsets into its bytes.

Why not the standard library's parser: it recurses (a thousand nested multiparts raise RecursionError after seconds),
looks at every line once per level, and holds about nine times the mail's size. Here every container is cut once by a
compiled search for its own boundary line, outer before inner, so an inner part can never run past the end of the
part it lies in; depth and number of parts are capped, and a part costs its two offsets until it is decoded.

Where mails break the rules:

1. A boundary line is `--boundary`, perhaps `--`, blanks, end of line; nothing else may follow (one boundary is often
   the beginning of another).
2. A container without its closing line ends where its parent's next boundary line stands.
3. A missing or never used boundary parameter is guessed from the first line in the body that starts with `--` and is
   followed by a `Content-` field (`boundary_guessed`); failing that the body is read as plain text
   (`boundary_missing`).
4. Containers deeper than `Caps.depth` and parts beyond `Caps.parts` stay undivided (`too_deep`, `too_many_parts`).
5. `message/rfc822` is not entered: a forwarded mail is an attachment of this one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ingest.mail.headers import HeaderBlock, header_text, parameters, read_header_block
from ingest.mail.parsed import Caps
from ingest.mail.transfer import undo_transfer_encoding

_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,150}\Z")
_GUESSED = re.compile(
    rb"^--([^\s-][^\r\n]{0,200}?)[ \t]*\r?\n(?:[^\r\n:]{1,100}:[^\r\n]*\r?\n){0,5}?content-", re.M | re.I
)
_BOUNDARY_ANYWHERE = re.compile(r"boundary\s*=\s*\"?([^\";\s]{1,200})", re.IGNORECASE)


@dataclass(slots=True)
class Part:
    """One node of the tree."""

    header: HeaderBlock
    body_start: int
    body_end: int
    depth: int
    #: Lower case `type/subtype`; never empty.
    content_type: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)
    #: `attachment`, `inline` or empty.
    disposition: str = ""
    filename: str = ""
    children: list[Part] = field(default_factory=list)

    def body(self, raw: bytes) -> bytes:
        """Return the part's bytes as they stand in the mail."""
        return raw[self.body_start : self.body_end]

    def content(self, raw: bytes) -> tuple[bytes, str]:
        """Return the part's bytes without their transfer encoding, and a defect code or an empty string."""
        encoding = self.header.text("content-transfer-encoding")
        if self.content_type.startswith("multipart/"):
            return self.body(raw), ""
        return undo_transfer_encoding(self.body(raw), encoding, is_text=self.content_type.startswith("text/"))


@dataclass(slots=True)
class Structure:
    """A mail's tree with what was wrong with it."""

    root: Part
    defects: list[str] = field(default_factory=list)
    count: int = 1

    def walk(self) -> list[Part]:
        """Return all parts, depth first, in the order of the mail."""
        ordered: list[Part] = []
        waiting = [self.root]
        while waiting:
            part = waiting.pop()
            ordered.append(part)
            waiting.extend(reversed(part.children))
        return ordered


def read_structure(raw: bytes, caps: Caps) -> Structure:
    """Divide a mail into its parts. Never raises; costs at most `Caps.depth` searches through the bytes."""
    root = _read_part(raw, 0, len(raw), 0, "text/plain", caps, is_top=True)
    tree = Structure(root=root)
    waiting = [root]
    while waiting:
        part = waiting.pop()
        tree.defects.extend(part.header.defects)
        if part.content_type.startswith("multipart/"):
            _divide(raw, part, tree, caps)
            waiting.extend(reversed(part.children))
    return tree


def _read_part(
    raw: bytes, start: int, end: int, depth: int, default_type: str, caps: Caps, *, is_top: bool = False
) -> Part:
    header = read_header_block(raw, start, end, caps, is_top=is_top)
    part = Part(header=header, body_start=min(header.body_start, end), body_end=end, depth=depth)
    declared = header.raw("content-type")
    part.content_type = default_type
    if declared is not None:
        kind, found = parameters(header_text(declared) if b"=?" in declared else header.text("content-type"))
        part.parameters = found
        if kind == "text":
            kind = "text/plain"
        if _TYPE.match(kind):
            part.content_type = kind
        elif kind:
            header.defects.append("content_type_malformed")
            part.content_type = "text/plain" if default_type == "message/rfc822" else default_type
    placed = header.raw("content-disposition")
    if placed is not None:
        kind, found = parameters(header.text("content-disposition"))
        part.disposition = "attachment" if kind == "attachment" else "inline" if kind == "inline" else ""
        part.filename = found.get("filename", "")
    part.filename = safe_filename(part.filename or part.parameters.get("name", ""))
    return part


def safe_filename(name: str) -> str:
    """Return the last component of a file name, decoded, without control characters, at most 255 characters."""
    if not name:
        return ""
    name = header_text(name.encode("utf-8", "replace"))
    name = re.split(r"[/\\]", name)[-1] if re.search(r"[/\\]", name) else name
    name = "".join(char for char in name if char.isprintable()).strip()
    return "" if name in (".", "..") else name[:255]


def _divide(raw: bytes, part: Part, tree: Structure, caps: Caps) -> None:
    boundary = _boundary(raw, part)
    if boundary and part.depth >= caps.depth:
        tree.defects.append("too_deep")
        part.content_type = "application/octet-stream"
        return
    spans = _spans(raw, part, boundary, caps.parts - tree.count) if boundary else []
    if not spans:
        guessed = _GUESSED.search(raw, part.body_start, min(part.body_end, part.body_start + 65536))
        if guessed and guessed[1] != boundary:
            spans = _spans(raw, part, guessed[1], caps.parts - tree.count)
            tree.defects.append("boundary_guessed")
    if not spans:
        tree.defects.append("boundary_missing")
        part.content_type = "text/plain"
        return
    if tree.count + len(spans) >= caps.parts:
        tree.defects.append("too_many_parts")
    default_type = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
    for start, end in spans:
        part.children.append(_read_part(raw, start, end, part.depth + 1, default_type, caps))
    tree.count += len(spans)


def _boundary(raw: bytes, part: Part) -> bytes:
    boundary = part.parameters.get("boundary", "")
    if not boundary:
        found = _BOUNDARY_ANYWHERE.search(part.header.text("content-type"))
        boundary = found[1] if found else ""
    return boundary.strip().encode("utf-8", "replace")[:500]


def _spans(raw: bytes, part: Part, boundary: bytes, most: int) -> list[tuple[int, int]]:
    """Return where each part lies between the boundary lines; the last may lack its end."""
    # The search starts on the line feed that ends the header, so that a boundary on the first line counts.
    line = re.compile(rb"\n--" + re.escape(boundary) + rb"(--)?[ \t]*\r?(?=\n|\Z)")
    position = max(part.body_start - 1, 0)
    spans: list[tuple[int, int]] = []
    open_from = -1
    while len(spans) < most:
        match = line.search(raw, position, part.body_end)
        if match is None:
            break
        if open_from >= 0:
            end = match.start()
            spans.append((open_from, end - 1 if end > open_from and raw[end - 1] == 13 else max(end, open_from)))
        position = match.end()
        open_from = min(position + 1, part.body_end)
        if match[1]:
            return spans
    if open_from >= 0 and len(spans) < most and open_from < part.body_end:
        spans.append((open_from, part.body_end))
    elif open_from >= 0 and spans and len(spans) >= most:
        spans[-1] = (spans[-1][0], part.body_end)
    return spans

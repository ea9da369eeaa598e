"""Which parts of a mail are its text, and which are attachments.

The choice follows the algorithm of RFC 8621, section 4.1.4, for the plain-text body, with these additions:

1. Where plain text is read, its HTML alternative is not looked at: what that hides is not shown either.
2. If the chosen plain text is blank, or only says that one needs another program, the HTML alternative is read.
3. Images and other media are always attachments, so that nobody overlooks one.
4. If a mail has no text of its own, the text of the first forwarded mail in it is shown, under its From and Subject.
5. If the boundaries are so broken or so deep that no text is left, the lines of the body that are neither
   boundaries nor MIME fields are the text (`structure_unreadable`).
6. Text parts beyond `Caps.text_chars` are cut (`text_too_long`), attachments beyond `Caps.attachments` left out
   (`too_many_attachments`).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from ingest.mail.charset import decode
from ingest.mail.flowed import unflow
from ingest.mail.headers import header_text
from ingest.mail.html_text import read_html
from ingest.mail.parsed import Attachment, Caps
from ingest.mail.structure import Part, Structure, read_structure

_PLACEHOLDER = re.compile(
    r"(?:does not|doesn't|cannot|can't|not) (?:support|display|view|render)[^.\n]{0,60}html|"
    r"html[ -](?:compatible|capable|enabled|format)|view (?:it|this (?:e-?mail|message)) (?:in|as) (?:html|"
    r"(?:your|a) browser)",
    re.IGNORECASE,
)
#: Opaque to us: a person has to open it, or answer that it could not be read.
_ENCRYPTED = frozenset(
    {"multipart/encrypted", "application/pgp-encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"}
)
_MIME_LINE = re.compile(rb"--\S|(?:content-[a-z-]+|mime-version)\s*:", re.IGNORECASE)
_META_CHARSET = re.compile(rb"""<meta[^<>]{1,200}?charset\s*=\s*["']?([a-zA-Z0-9_.:-]{2,40})""", re.IGNORECASE)


@dataclass(slots=True)
class Body:
    """What a reader sees first, and the rest."""

    text: str = ""
    html_was_source: bool = False
    hidden_text: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)


def read_body(raw: bytes, tree: Structure, caps: Caps) -> Body:
    """Choose and decode the text of a mail and collect its attachments."""
    chosen = _choose(tree.root)
    body = Body()
    html = [part for part in chosen.html if part.content_type == "text/html"]
    _read_parts(raw, chosen.text, body, caps)
    if html and not body.html_was_source and (not body.text.strip() or _is_placeholder(body.text)):
        shown = Body()
        _read_parts(raw, html, shown, caps)
        if len(shown.text.strip()) > 2 * len(body.text.strip()):
            body = shown
    if any(part.content_type in _ENCRYPTED for part in tree.walk()):
        body.defects.append("encrypted")
    for part in chosen.attachments:
        if len(body.attachments) >= caps.attachments:
            body.defects.append("too_many_attachments")
            break
        _attach(raw, part, body)
    if not body.text.strip() and tree.root.content_type != "multipart/report":
        _show_forwarded(body, caps)
    if not body.text.strip() and (not body.attachments or "too_deep" in tree.defects):
        _show_remains(raw, tree, body)
    if len(body.text) > caps.text_chars:
        body.text = body.text[: caps.text_chars]
        body.defects.append("text_too_long")
    return body


def part_text(raw: bytes, part: Part) -> tuple[str, list[str]]:
    """Return the decoded text of a text part as it stands, HTML as source, with its defects."""
    content, defect = part.content(raw)
    declared = part.parameters.get("charset", "")
    if part.content_type == "text/html" and not declared:
        meta = _META_CHARSET.search(content, 0, 4096)
        declared = meta[1].decode("ascii") if meta else ""
    text, charset_defect = decode(content, declared)
    return text, [code for code in (defect, charset_defect) if code]


@dataclass(slots=True)
class _Chosen:
    """Where RFC 8621's sorting puts the parts. `text` and `html` may share a part that is the only choice."""

    text: list[Part] = field(default_factory=list)
    html: list[Part] = field(default_factory=list)
    attachments: list[Part] = field(default_factory=list)


def _choose(root: Part) -> _Chosen:
    chosen = _Chosen()
    _sort(chosen, [root], "mixed", in_alternative=False, text=chosen.text, html=chosen.html)
    return chosen


def _sort(
    chosen: _Chosen,
    parts: list[Part],
    within: str,
    *,
    in_alternative: bool,
    text: list[Part] | None,
    html: list[Part] | None,
) -> None:
    """Sort `parts`; within one branch of an alternative, a list is None once the branch belongs to the other body.

    Recursion is bounded by `Caps.depth`.
    """
    text_before = len(text) if text is not None else -1
    html_before = len(html) if html is not None else -1
    for index, part in enumerate(parts):
        if part.children:
            kind = part.content_type.split("/", 1)[1]
            is_choice = in_alternative or kind == "alternative"
            _sort(chosen, part.children, kind, in_alternative=is_choice, text=text, html=html)
        elif part.content_type.startswith("multipart/"):
            continue
        elif not _is_inline(part, index, within):
            chosen.attachments.append(part)
        elif within == "alternative":
            body = text if part.content_type == "text/plain" else html
            (chosen.attachments if body is None else body).append(part)
        else:
            if in_alternative and part.content_type == "text/plain":
                html = None
            elif in_alternative:
                text = None
            for body in (text, html):
                if body is not None:
                    body.append(part)
    if within == "alternative" and text is not None and html is not None:
        if len(text) == text_before and len(html) != html_before:
            text += html[html_before:]
        elif len(html) == html_before and len(text) != text_before:
            html += text[text_before:]


def _is_inline(part: Part, index: int, within: str) -> bool:
    if part.disposition == "attachment" or part.content_type not in ("text/plain", "text/html"):
        return False
    return index == 0 or (within != "related" and not part.filename)


def _read_parts(raw: bytes, parts: list[Part], body: Body, caps: Caps) -> None:
    pieces: list[str] = []
    hidden: list[str] = []
    total = 0
    for part in parts:
        text, defects = part_text(raw, part)
        body.defects += defects
        if part.content_type == "text/html":
            if len(text) > 2 * caps.text_chars:
                body.defects.append("text_too_long")
            read = read_html(text[: 2 * caps.text_chars])
            body.html_was_source = True
            text = read.text
            hidden += [read.hidden] if read.hidden else []
            body.defects += [read.defect] if read.defect else []
        elif part.parameters.get("format", "").lower() == "flowed":
            text = unflow(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
        pieces.append(text.strip("\n") if len(parts) > 1 else text)
        total += len(text)
        if total > caps.text_chars:
            break
    body.text = "\n\n".join(piece for piece in pieces if piece.strip()) if len(pieces) > 1 else "".join(pieces)
    body.hidden_text = "\n".join(hidden)


def _is_placeholder(text: str) -> bool:
    return len(text) < 600 and bool(_PLACEHOLDER.search(text))


def _attach(raw: bytes, part: Part, body: Body) -> None:
    content, defect = part.content(raw)
    if defect:
        body.defects.append(defect)
    body.attachments.append(
        Attachment(
            filename=part.filename,
            content_type=part.content_type,
            size_bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            content=content,
        )
    )


def _show_remains(raw: bytes, tree: Structure, body: Body) -> None:
    lines = raw[tree.root.header.body_start :].split(b"\n") if tree.root.children else []
    remains = b"\n".join(line for line in lines if not _MIME_LINE.match(line)).strip()
    if remains:
        body.text = decode(remains)[0]
        body.defects.append("structure_unreadable")


def _show_forwarded(body: Body, caps: Caps) -> None:
    content = next((one.content for one in body.attachments if one.content_type == "message/rfc822"), None)
    # Each level of forwarding is read once; the depth of a chain counts against the depth of a mail.
    for _ in range(caps.depth):
        if content is None:
            return
        tree = read_structure(content, caps)
        inner = Body()
        chosen = _choose(tree.root)
        _read_parts(content, chosen.text or chosen.html, inner, caps)
        if inner.text.strip():
            lines = [
                f"{name}: {header_text(value)}"
                for name, value in (
                    ("From", tree.root.header.raw("from")),
                    ("Subject", tree.root.header.raw("subject")),
                )
                if value
            ]
            body.text = "\n".join([*lines, "", inner.text] if lines else [inner.text])
            body.html_was_source = inner.html_was_source
            body.defects.append("text_is_forwarded")
            return
        nested = next((part for part in chosen.attachments if part.content_type == "message/rfc822"), None)
        content = nested.content(content)[0] if nested else None

"""One mail from bytes to values: the only door into this package.

`parse_mail` is total: any bytes give a `ParsedMail`. What is wrong with the bytes is said in `defects` (it was read
nevertheless) and `error` (it cannot be handled as a mail and belongs before a person). Time and memory are bounded by
`Caps`; every step below is linear in the size of the mail.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ingest.mail.addresses import parse_addresses, strip_comments
from ingest.mail.automatic import Evidence, judge_automatic
from ingest.mail.body import Body, read_body
from ingest.mail.bounce import Finding, Suspect, find_bounce
from ingest.mail.digest import content_digest
from ingest.mail.headers import HeaderBlock, header_text
from ingest.mail.parsed import Address, Caps, ParsedMail
from ingest.mail.structure import Structure, read_structure
from ingest.mail.trim import trim_reply

_ID = re.compile(r"<([^<>]*)>")
_MOST_REFERENCES = 500
_DEFAULT_CAPS = Caps()


def parse_mail(raw: bytes, *, caps: Caps = _DEFAULT_CAPS) -> ParsedMail:
    """Take one mail apart.

    Args:
        raw: the mail as received, any line ends, perhaps with a leading mbox `From ` line.
        caps: how much of it is looked at.

    Returns:
        Always a `ParsedMail`; look at `error` first.
    """
    error = None
    defects: list[str] = []
    # Windows programs put one before a file that they save; no header field begins with it.
    raw = raw.removeprefix(BOM_UTF8)
    if len(raw) > caps.size_bytes:
        error = f"The mail is too large: {len(raw)} bytes, at most {caps.size_bytes} are read."
        raw = raw[: caps.header_block_bytes]
        tree = read_structure(_ordinary_line_ends(raw, defects), Caps(parts=1, depth=0))
        body = Body()
    else:
        raw = _ordinary_line_ends(raw, defects)
        tree = read_structure(raw, caps)
        body = read_body(raw, tree, caps)
        if not raw.strip():
            error = "The mail is empty."
        elif not tree.root.header.fields:
            error = "This is not a mail: it has no header."
    return _assemble(raw, tree, body, defects, error, caps)


def _ordinary_line_ends(raw: bytes, defects: list[str]) -> bytes:
    r"""Return `raw` with LF or CRLF line ends if it has others; a lone CR inside ordinary lines stays."""
    if b"\r" not in raw:
        return raw
    if b"\r\r\n" in raw[:4096]:
        defects.append("line_ends_doubled")
        raw = raw.replace(b"\r\r\n", b"\r\n")
    if b"\n" not in raw[:65536]:
        defects.append("line_ends_cr")
        return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return raw


def _assemble(raw: bytes, tree: Structure, body: Body, defects: list[str], error: str | None, caps: Caps) -> ParsedMail:
    header = tree.root.header
    headers = tuple((name, header_text(value)) for name, value in header.fields)
    first = dict(reversed(headers))
    subject = first.get("subject", "")
    from_ = _addresses(header, "from", caps)
    return_path = _return_path(header)
    suspect = Suspect(
        raw=raw, tree=tree, headers=first, from_=from_, return_path=return_path, subject=subject, text=body.text
    )
    found = Finding(bounce=None) if error else find_bounce(suspect)
    automatic = judge_automatic(
        Evidence(
            headers=first,
            from_=from_,
            subject=subject,
            return_path=return_path,
            content_type=tree.root.content_type,
            report_type=tree.root.parameters.get("report-type", "").lower(),
            text=body.text,
            bounce=found.bounce,
            is_success_report=found.is_success_report,
            hops=sum(name == "received" for name, _ in headers),
        )
    )
    return ParsedMail(
        from_=from_,
        sender=_addresses(header, "sender", caps),
        reply_to=_addresses(header, "reply-to", caps),
        to=_addresses(header, "to", caps),
        cc=_addresses(header, "cc", caps),
        subject=subject,
        message_id=_message_id(header.text("message-id")),
        in_reply_to=_ids(header.text("in-reply-to")),
        references=_ids(header.text("references")),
        date=_date(header.text("date")),
        return_path=return_path,
        text=body.text,
        html_was_source=body.html_was_source,
        hidden_text=body.hidden_text,
        reply_text=trim_reply(body.text),
        attachments=tuple(body.attachments),
        automatic=automatic,
        bounce=found.bounce,
        headers=headers,
        defects=tuple(dict.fromkeys([*defects, *tree.defects, *body.defects])),
        error=error,
        content_digest=content_digest(raw, header, from_),
    )


def _addresses(header: HeaderBlock, name: str, caps: Caps) -> tuple[Address, ...]:
    value = header.text(name)
    return parse_addresses(value, most=caps.addresses) if value else ()


def _return_path(header: HeaderBlock) -> str | None:
    if header.raw("return-path") is None:
        return None
    found = parse_addresses(header.text("return-path"), most=1)
    if found and found[0].address:
        return found[0].address
    value = header.text("return-path").strip().strip("<>").strip()
    return value


def _message_id(value: str) -> str:
    match = _ID.search(value)
    inside = match[1] if match else value.strip().strip("<>").split(None, 1)[0] if value.strip("<> \t") else ""
    return "".join(inside.split())


def _ids(value: str) -> tuple[str, ...]:
    found = ["".join(inside.split()) for inside in _ID.findall(value)]
    if not found:
        found = [word for word in value.split() if "@" in word]
    # The newest stand last and matter most.
    return tuple(dict.fromkeys(one for one in found if one))[-_MOST_REFERENCES:]


def _date(value: str) -> datetime | None:
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(" ".join(strip_comments(value[:300]).split()).replace(" ,", ","))
        if moment.tzinfo is None:
            # RFC 5322, 3.3: -0000 says the time is UTC and nothing of the sender's zone.
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None

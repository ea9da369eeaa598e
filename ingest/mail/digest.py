"""One fingerprint for one mail, however often and wherever it was delivered."""

from __future__ import annotations

import hashlib

from ingest.mail.headers import HeaderBlock
from ingest.mail.parsed import Address


def content_digest(raw: bytes, header: HeaderBlock, senders: tuple[Address, ...]) -> str:
    """Return the SHA-256, in hex, of what the sender wrote: who, when, what.

    Hashed are, each followed by a null byte: the From addresses in lower case, sorted; the raw Date and the raw
    Subject with white space runs as one blank (folding differs between deliveries); the body's bytes with line ends
    as LF and without trailing empty lines. Left out is what a delivery adds: Received, Delivered-To, Return-Path,
    authentication results, the mbox `From ` line. Message-ID is left out too: identifiers are shared by different mails
    and missing from others.
    """
    digest = hashlib.sha256()
    for address in sorted((sender.address or sender.name).lower() for sender in senders):
        digest.update(address.encode("utf-8", "replace") + b"\0")
    for name in ("date", "subject"):
        digest.update(b" ".join((header.raw(name) or b"").split()) + b"\0")
    body = raw[header.body_start :]
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    digest.update(body.rstrip(b"\n"))
    return digest.hexdigest()

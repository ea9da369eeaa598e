"""Secrets that are derived and cannot be guessed: reply tokens, and the addresses of status pages."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode

from amends.domain.contact import Identity

#: 130 bits, in letters and digits that survive any mail system, whatever it does to their case.
_LETTERS = 26


def reply_token(key: bytes, case_id: str, given_to: Identity) -> str:
    """Give the token that ties answers from one person to one case. It goes into our Reply-To address."""
    return _sealed(key, "reply", case_id, given_to.kind, given_to.value)


def status_token(key: bytes, message_id: str) -> str:
    """Give the secret part of a status page's address."""
    return _sealed(key, "status", message_id)


def _sealed(key: bytes, *parts: str) -> str:
    if len(key) < 32:
        raise ValueError("the installation's secret has at least 32 bytes")
    said = "\x00".join(parts).encode("utf-8", "surrogatepass")
    return b32encode(hmac.digest(key, said, hashlib.sha256)).decode("ascii").lower()[:_LETTERS]

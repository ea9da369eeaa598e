"""Secrets that only a browser knows, and what is derived from them."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

_BYTES = 32


def new_token() -> str:
    """Make a secret for one browser, session or link."""
    return secrets.token_urlsafe(_BYTES)


def digest(token: str) -> str:
    """Give what the database keeps of a token: whoever reads it there cannot use it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def change_token(secret: bytes, cookie: str) -> str:
    """Give the token that proves a change to come from our own page: nobody can make it who cannot read the cookie."""
    return _seal(secret, b"change", cookie.encode("utf-8", "surrogatepass"))


def is_change_token(secret: bytes, cookie: str, said: str) -> bool:
    """Whether `said` is the token of that cookie. Takes as long either way."""
    return bool(cookie) and hmac.compare_digest(
        change_token(secret, cookie).encode(), said.encode("utf-8", "surrogatepass")
    )


def sealed(secret: bytes, purpose: str, value: dict[str, Any]) -> str:
    """Write a small value so that a browser can keep it and cannot change it. It can be read."""
    body = urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode()
    return f"{body}.{_seal(secret, purpose.encode(), body.encode())}"


def unsealed(secret: bytes, purpose: str, said: str) -> dict[str, Any] | None:
    """Read what `sealed` wrote for that purpose; None where it did not."""
    body, _, seal = said.rpartition(".")
    made = _seal(secret, purpose.encode(), body.encode("utf-8", "surrogatepass"))
    if not hmac.compare_digest(made.encode(), seal.encode("utf-8", "surrogatepass")):
        return None
    found: dict[str, Any] = json.loads(urlsafe_b64decode(body))
    return found


def _seal(secret: bytes, purpose: bytes, said: bytes) -> str:
    # The purpose comes first and holds no NUL, so no two purposes seal the same bytes.
    return hmac.digest(secret, b"desk\0" + purpose + b"\0" + said, hashlib.sha256).hex()

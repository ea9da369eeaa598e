"""The second factor: a code of six digits from an app, new every half minute (TOTP, RFC 6238).

The app's secret is kept encrypted under the installation's secret, bound to the account.
A code serves once: the database remembers the last one that was used.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from datetime import datetime

import pyotp
import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_STEP_S, _NONCE_BYTES = 30, 12
#: A phone's clock may be off by one step either way.
_DRIFT = (0, -1, 1)


def new_secret() -> str:
    """Make a secret for an app, in base 32."""
    return pyotp.random_base32()


def seal(key: bytes, totp_secret: str, *, bound_to: str) -> str:
    """Encrypt a secret so that it opens for `bound_to` alone."""
    nonce = os.urandom(_NONCE_BYTES)
    kept = AESGCM(_own(key)).encrypt(nonce, totp_secret.encode(), bound_to.encode())
    return urlsafe_b64encode(nonce + kept).decode()


def unseal(key: bytes, kept: str, *, bound_to: str) -> str:
    """Decrypt a secret; empty when it was not sealed with this key, for this one."""
    try:
        raw = urlsafe_b64decode(kept)
        return AESGCM(_own(key)).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], bound_to.encode()).decode()
    except (InvalidTag, NotBase64, ValueError):
        return ""


def step_of(totp_secret: str, code: str, at: datetime, *, after: int = 0) -> int | None:
    """Give the half minute that a code belongs to; None when it is wrong, or not later than `after`."""
    said = "".join(code.split())
    if not totp_secret or not said.isascii() or not said.isdigit():
        return None
    now = int(at.timestamp()) // _STEP_S
    app = pyotp.TOTP(totp_secret)
    found = None
    for drift in _DRIFT:
        if hmac.compare_digest(app.generate_otp(now + drift), said) and now + drift > after:
            found = now + drift
    return found


def picture(totp_secret: str, *, name: str, organisation: str) -> str:
    """Draw what an app scans, as an SVG element without a style of its own."""
    said = pyotp.TOTP(totp_secret).provisioning_uri(name=name, issuer_name=f"{organisation} desk")
    drawn = segno.make(said, error="m", micro=False)
    return str(drawn.svg_inline(scale=4, border=4, dark="#000000", light="#ffffff", svgclass="qr", omitsize=False))


def _own(key: bytes) -> bytes:
    return hmac.digest(key, b"desk\0second factor", hashlib.sha256)

"""Signs what programs are told, by the headers of Standard Webhooks.

`webhook-id` names the event, the same each time that it is told; `webhook-timestamp` is when
it was sent, in seconds since 1970; `webhook-signature` is `v1,` and the HMAC-SHA256 of
`id.timestamp.body` in base 64, keyed with the bytes that stand in base 64 after `whsec_`.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime

_PREFIX = "whsec_"


def secret_of(installation: bytes, salt: str) -> str:
    """Derive a target's secret. The database has the salt alone: whoever reads it there can sign nothing."""
    return _PREFIX + b64encode(hmac.digest(installation, b"webhook\0" + salt.encode(), hashlib.sha256)).decode()


def signed_headers(secret: str, *, event_id: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """Give the three headers of a call."""
    stamp = str(int(at.timestamp()))
    key = b64decode(secret.removeprefix(_PREFIX))
    seal = hmac.digest(key, f"{event_id}.{stamp}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{b64encode(seal).decode()}",
    }

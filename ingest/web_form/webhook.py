"""Forms that another tool sends, signed after the Standard Webhooks convention (standardwebhooks.com).

1. A request names itself (`webhook-id`) and its moment (`webhook-timestamp`, in seconds
   since 1970), and is signed over both and its body (`webhook-signature`: one or more of
   `v1,` and the HMAC-SHA-256 in base64). One good signature by one of our keys will do, so
   that keys can be changed without a gap.
2. A moment more than five minutes from ours is refused: what was overheard cannot be sent
   again later. Sent again at once it is the same message: its id and its bytes are its name.
3. What is signed is kept as it came, before it is read. Fields that cannot be found where
   the settings say park it, and once they are put right `amends parked retry` takes it in:
   a tool that was told “no” would not ask again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from amends.domain.message import Message
from amends.errors import Refused, Unprocessable
from amends.ports import Fetched
from ingest.reading import Reader
from ingest.web_form.hooks import BOXES, Webhook
from ingest.web_form.submission import make_submission, submission_message
from ingest.web_form.typed import MAX_TEXT_CHARS, Typed, clean, size_problems

TOLERANCE = timedelta(minutes=5)
#: Signatures of one request that are looked at.
_SIGNATURES_AT_MOST = 10
_ID_CHARS = 200


class NotSigned(Refused):
    """Nothing shows that the request comes from whom it should, at this moment."""


def signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """Sign a request, as its sender does."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii")


def verify(hook: Webhook, headers: Mapping[str, str], body: bytes, *, now: datetime) -> str:
    """Check who sent a request and when; returns the name that it gives itself.

    Raises:
        NotSigned: a header is missing, the moment is not ours, or no signature fits.
    """
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id or len(message_id) > _ID_CHARS or not message_id.isascii() or not message_id.isprintable():
        raise NotSigned("webhook-id is missing, or is no name")
    if not timestamp.isdigit() or len(timestamp) > 12 or not timestamp.isascii():
        raise NotSigned("webhook-timestamp is missing, or is no number of seconds")
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise NotSigned("webhook-timestamp is more than five minutes from our clock")
    given = headers.get("webhook-signature", "").split(" ")[:_SIGNATURES_AT_MOST]
    expected = [signature(key, message_id, timestamp, body) for key in hook.keys]
    # Every pair is compared: which key fitted shows in no time that it takes.
    fits = [hmac.compare_digest(one.encode(), other.encode()) for one in given for other in expected]
    if not any(fits):
        raise NotSigned("no signature in webhook-signature fits one of our keys")
    return message_id


def item_of(message_id: str, body: bytes) -> str:
    """Name a request in the ledger. Other words under an old id are another request, not a lost one."""
    return f"{message_id}.{hashlib.sha256(body).hexdigest()[:16]}"


def webhook_reader(hooks: Sequence[Webhook]) -> Reader:
    """Make the reader of what form tools send."""
    known = {hook.name: hook for hook in hooks}

    def read_webhook(fetched: Fetched, raw_sha256: str) -> Message:
        name = fetched.source.partition(":")[2]
        hook = known.get(name)
        if hook is None:
            raise Unprocessable(f"the settings know no webhook {name!r} any more", reason="unknown_webhook")
        typed = _typed(hook, fetched.raw)
        if problems := size_problems(typed, max_text_chars=MAX_TEXT_CHARS):
            says = f"{problems[0].says} Look at the fields of webhook {name} in the settings."
            raise Unprocessable(says, reason=problems[0].code)
        submission = make_submission(typed, form=name, submission_id=fetched.item, submitted_at=fetched.fetched_at)
        return submission_message(
            replace(submission, honeypot=""), account=name, raw_sha256=raw_sha256, received_at=fetched.fetched_at
        )

    return read_webhook


def _typed(hook: Webhook, raw: bytes) -> Typed:
    try:
        sent = json.loads(raw)
    except (ValueError, RecursionError) as why:
        raise Unprocessable("the body is no JSON", reason="bad_json") from why
    boxes = {
        box: "\n\n".join(filter(None, (_words(_at(sent, path)) for path in hook.fields.get(box, (box,)))))
        for box in BOXES
    }
    return clean(Typed(**boxes))


def _at(value: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _words(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return ", ".join(filter(None, map(_words, value)))
    return ""

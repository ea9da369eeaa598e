"""What somebody sent through a web form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from amends.domain.message import require_zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One filled-in form.

    `submission_id` is the same when the same form is sent twice (a double click, a
    retry): the `Idempotency-Key`, or the id that the page was served with.
    `honeypot` holds what was typed into the field that people do not see.
    """

    form: str
    submission_id: str
    submitted_at: datetime
    name: str
    email: str
    subject: str
    text: str
    reference: str = ""
    honeypot: str = ""

    def __post_init__(self) -> None:
        require_zone("submitted_at", self.submitted_at)
        if not self.form or not self.submission_id:
            raise ValueError("a submission names its form and itself")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the sender of a form gets: a reference to quote, and the secret part of the status page's address."""

    reference: str
    status_token: str
    is_repeat: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What the status page shows. It holds nothing that the customer did not send or was not told.

    `stage` is a plain sentence; `next_step` says what comes next and `next_by` by when.
    """

    reference: str
    received_at: datetime
    stage: str
    next_step: str
    next_by: datetime | None

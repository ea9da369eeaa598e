"""What somebody sent through a web form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from amends.domain.message import Attachment, require_zone


class Said(StrEnum):
    """What a customer can say on the status page. None of it closes a case: people see it and decide."""

    ADDED = "added"
    ACCEPTED = "accepted"
    NOT_SOLVED = "not_solved"
    WITHDRAWN = "withdrawn"

    @property
    def in_words(self) -> str:
        """The sentence that stands for it in the case; empty for what has no words but the customer's own."""
        return _IN_WORDS[self]


_IN_WORDS = {
    Said.ADDED: "",
    Said.ACCEPTED: "I accept the answer.",
    Said.NOT_SOLVED: "The answer does not solve this.",
    Said.WITHDRAWN: "I withdraw this and want nothing more done about it.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One filled-in form.

    `submission_id` is the same when the same form is sent twice (a double click, a
    retry): the `Idempotency-Key`, or the id that the page was served with.
    `honeypot` holds what was typed into the field that people do not see. `files` are
    those whose bytes are kept; `signs` are sentences that say why a machine may have sent it.
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
    files: tuple[Attachment, ...] = ()
    signs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_zone("submitted_at", self.submitted_at)
        if not self.form or not self.submission_id:
            raise ValueError("a submission names its form and itself")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """What somebody said on the status page, in their own words where they wrote some.

    `addition_id` is the same when it is sent twice.
    """

    addition_id: str
    said: Said
    text: str
    said_at: datetime
    files: tuple[Attachment, ...] = ()

    def __post_init__(self) -> None:
        require_zone("said_at", self.said_at)
        if not self.addition_id or not (self.text or self.said.in_words or self.files):
            raise ValueError("an addition names itself and says something")


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
    `choices` are what the customer can say now, and `said` what they said here before and when.
    """

    reference: str
    received_at: datetime
    stage: str
    next_step: str
    next_by: datetime | None
    choices: tuple[Said, ...] = ()
    said: tuple[tuple[Said, datetime], ...] = ()

"""What became of replies on their way: each try, each refusal, each word from the other side.

A reply says where it stands now; its deliveries say how it came there. They are never
changed, only added to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from amends.domain.message import require_zone
from amends.domain.reply import Reply, text_sha256

#: The first pause after a reply was put off; each one after is twice as long …
_FIRST_PAUSE = timedelta(minutes=1)
#: … up to this …
_LONGEST_PAUSE = timedelta(hours=1)
#: … until so much time has passed since the first try: then it counts as refused.
GIVES_UP_AFTER = timedelta(days=2)
_DOUBLINGS_AT_MOST = 10


class CameTo(StrEnum):
    """What happened to a reply on its way."""

    #: The other side took it.
    SENT = "sent"
    #: The other side refused it for good.
    REFUSED = "refused"
    #: The other side takes it later, perhaps: it is tried again.
    PUT_OFF = "put_off"
    #: The line broke while it was handed over: nobody knows.
    UNKNOWN = "unknown"
    #: A mail server further on has not got rid of it, and goes on trying.
    DELAYED = "delayed"
    #: A mail server further on could not deliver it, and sent it back.
    CAME_BACK = "came_back"
    #: Something showed that it had arrived after all: an answer to it, or our own copy of it.
    SHOWN = "shown"
    #: A person said whether it arrived.
    SETTLED = "settled"
    #: It was not sent: it is held back, or it went back to its reviewer.
    HELD_BACK = "held_back"
    #: It stays in the queue: public posting is held.
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One thing that happened to a reply on its way.

    `form` and `sent_to` say by which channel and to which address or handle. `name` is what the
    channel calls it, `text_sha256` the digest of the very text. `approved_by` is the person
    who approved it, "" where policy let it go. `says` is the other side's word, as it came
    (a queue id, an error), or our own reason. `again_at` is set where it is tried again.
    """

    reply_id: str
    case_id: str
    at: datetime
    came_to: CameTo
    form: str
    sent_to: str
    name: str
    text_sha256: str
    approved_by: str
    says: str
    again_at: datetime | None = None

    def __post_init__(self) -> None:
        require_zone("at", self.at)
        require_zone("again_at", self.again_at)
        if (self.came_to is CameTo.PUT_OFF) != (self.again_at is not None):
            raise ValueError("what was put off, and nothing else, is tried again at a time")


def delivery_of(
    reply: Reply, came_to: CameTo, *, at: datetime, says: str, again_at: datetime | None = None
) -> Delivery:
    """Say what happened to a reply, as it stands."""
    return Delivery(
        reply_id=reply.id,
        case_id=reply.case_id,
        at=at,
        came_to=came_to,
        form=reply.form.value,
        sent_to=reply.addressee.value,
        name=reply.channel_name,
        text_sha256=text_sha256(reply.text),
        approved_by=reply.approval.by if reply.approval is not None else "",
        says=says,
        again_at=again_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """How often a reply was put off before, and since when."""

    times: int
    since: datetime


def again_at(before: PutOff | None, *, at: datetime) -> datetime | None:
    """Say when a reply that was put off at `at` is tried again; None: it was put off for too long."""
    if before is None:
        return at + _FIRST_PAUSE
    if at - before.since >= GIVES_UP_AFTER:
        return None
    doublings = min(before.times, _DOUBLINGS_AT_MOST)
    return at + min(_LONGEST_PAUSE, _FIRST_PAUSE * (1 << doublings))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """An address that mail came back from: no automatic mail goes there until a person or the customer says otherwise.

    `reply_id` is the reply that came back, `says` what the mail servers said of it.
    """

    address: str
    since: datetime
    reply_id: str
    says: str

    @property
    def because(self) -> str:
        """Why an automatic reply does not go there."""
        return f"mail to this address came back on {self.since:%d %B %Y} ({self.says}): acknowledge by another route"

"""From a record that cannot be processed to a dead letter, to the topic of dead letters, and back.

On the topic `dead-letters` a record stands as it was: key, type, headers and body are its
own, so that whoever reads the topic can put it back where it came from. Headers that
begin with `dead_` say from where it was taken, and why. It is another event, though, with
an id and a time of its own; `dead_id` is what the record was called.
"""

from __future__ import annotations

import re
from datetime import datetime

from amends.bus.port import NewRecord, Record, Topic
from amends.domain.dead import DeadLetter, dead_id
from amends.errors import Unavailable, Unprocessable
from amends.history import GivenUp

#: The reason of a record that a stage failed on although it should not have: the brake counts these.
STAGE_FAILED = "stage_failed"
#: The reason of a record that alone stayed unavailable while others went through.
UNAVAILABLE = "unavailable"

#: How much of a sentence is kept: a broker's headers and a terminal's lines have an end.
_SAYS_CHARS = 500
#: When a record was handed over again: the end of its id, which the next time takes the place of.
_HANDED_OVER = re.compile(r"~\d{20}$")


def why_given_up(stage: str, why: Exception, *, tries: int) -> GivenUp:
    """Say why `stage` gives a record up, after so many tries of it alone."""
    return GivenUp(reason=_reason(why), says=_says(stage, why)[:_SAYS_CHARS], tries=tries)


def dead_letter(stage: str, record: Record, given_up: GivenUp, *, at: datetime) -> DeadLetter:
    """Make the dead letter of a record that `stage` gave up at `at`."""
    return DeadLetter(
        id=dead_id(stage, record.topic, record.id),
        stage=stage,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        record_id=record.id,
        key=record.key,
        type=record.type,
        headers=record.headers,
        body=record.body,
        at=record.at,
        reason=given_up.reason,
        says=given_up.says,
        channel=record.headers.get("channel", ""),
        raw_sha256=record.headers.get("raw", ""),
        tries=given_up.tries,
        died_at=at,
    )


def on_topic(letter: DeadLetter) -> NewRecord:
    """Give a dead letter as a record on the topic of dead letters."""
    return NewRecord(
        topic=Topic.DEAD,
        key=letter.key,
        id=letter.id,
        type=letter.type,
        body=letter.body,
        at=letter.died_at,
        headers={
            **letter.headers,
            "ce_id": letter.id,
            "ce_time": letter.died_at.isoformat(),
            "dead_stage": letter.stage,
            "dead_topic": letter.topic,
            "dead_partition": str(letter.partition),
            "dead_offset": str(letter.offset),
            "dead_id": letter.record_id,
            "dead_reason": letter.reason,
            "dead_says": letter.says,
            "dead_tries": str(letter.tries),
            "dead_at": letter.died_at.isoformat(),
        },
    )


def handed_over_again(letter: DeadLetter, *, at: datetime) -> NewRecord:
    """Give the record that hands a dead letter to its stage again: as it was, under a new id."""
    record_id = f"{_HANDED_OVER.sub('', letter.record_id)}~{at:%Y%m%d%H%M%S%f}"
    return NewRecord(
        topic=letter.topic,
        key=letter.key,
        id=record_id,
        type=letter.type,
        body=letter.body,
        at=at,
        headers={**letter.headers, "ce_id": record_id, "ce_time": at.isoformat()},
    )


def _reason(why: Exception) -> str:
    if isinstance(why, Unprocessable):
        return why.reason
    return UNAVAILABLE if isinstance(why, Unavailable) else STAGE_FAILED


def _says(stage: str, why: Exception) -> str:
    if isinstance(why, Unprocessable | Unavailable):
        return str(why)
    # Its words may quote a customer.
    return f"{stage} could not handle it ({type(why).__name__})"

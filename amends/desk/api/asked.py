"""What is asked for, as JSON. Everything has a longest length, and every text is one that can be kept."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from amends.casework.notes import NOTE_AT_MOST
from amends.casework.writing import TEXT_AT_MOST
from amends.domain.outcome import Resolved, Upheld
from amends.domain.reply import Form
from amends.domain.verdict import Kind

#: A severity by its word.
SeverityWord: TypeAlias = Literal["low", "medium", "high", "critical"]


def _can_be_kept(text: str) -> str:
    if "\0" in text or (not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)):
        raise ValueError("it holds what is no text: a NUL, or half of a pair")
    return text


def _says_something(text: str) -> str:
    if not text.strip():
        raise ValueError("it is blank; say in a sentence how the case ended")
    return text


Text: TypeAlias = Annotated[str, AfterValidator(_can_be_kept)]
#: A sentence of staff.
Reason: TypeAlias = Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(_can_be_kept)]

Reference = Annotated[str, Path(max_length=40, description="The case's reference, as AM-7KQ2-9XWD-4T.")]
Id = Annotated[str, Path(max_length=64, description="The id, or its beginning where that is enough.")]


class Asked(BaseModel):
    """The body of a change. What it does not know it refuses."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Correction(Asked):
    """What a case is: the kind, the severity, or both."""

    kind: Kind | None = None
    severity: SeverityWord | None = None
    reason: Reason = Field(description="Why; it is kept with the correction, and triage learns from it.")


class HandOver(Asked):
    """Who is to have a case."""

    to: Annotated[str, AfterValidator(_can_be_kept)] = Field(
        min_length=1, max_length=80, description="The name of an account that may work on cases."
    )
    because: Reason


class RightsAnswer(Asked):
    """How a rights request was answered."""

    how: Reason = Field(description="How and when it was answered, in a sentence; it is kept in the audit trail.")


class Ending(Asked):
    """How a case ended. Upheld and resolved are two questions."""

    summary: Annotated[Reason, AfterValidator(_says_something)] = Field(description="How it ended, in a sentence.")
    upheld: Upheld
    resolved: Resolved = Resolved.NOT_KNOWN
    remedy: Annotated[Text, Field(max_length=2_000)] = ""
    cause: Annotated[Text, Field(max_length=2_000)] = ""
    lessons: Annotated[Text, Field(max_length=2_000)] = ""


class Joining(Asked):
    """Whether two cases belong together."""

    other: Annotated[Text, Field(max_length=40, description="The other case's reference.")]
    accept: bool


class NewNote(Asked):
    """A note for colleagues alone."""

    text: Annotated[Text, Field(min_length=1, max_length=NOTE_AT_MOST)]


class NewReply(Asked):
    """An answer that somebody begins. Without a text it is the frame that Amends drafts."""

    text: Annotated[Text, Field(max_length=TEXT_AT_MOST)] = ""
    form: Form | None = None
    heard: Annotated[Text, Field(max_length=64)] = Field(
        "", description="The id of the customer's last message that you know; refused if they wrote since."
    )


class NewWords(Asked):
    """A reply's new words."""

    text: Annotated[Text, Field(min_length=1, max_length=TEXT_AT_MOST)]
    seen: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = Field(
        "", description="`text_sha256` of the words that you saw; refused if they are others by now."
    )
    heard: Annotated[Text, Field(max_length=64)] = Field(
        "", description="The id of the customer's last message that you know; refused if they wrote since."
    )


class AsRead(Asked):
    """The words that a reviewer decides on."""

    seen: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] = Field(
        description="`text_sha256` of the words that you read; refused if they are others by now."
    )


class Rejection(AsRead):
    """Words that must not go, and why."""

    reason: Reason


class Because(Asked):
    """Why."""

    reason: Reason


class Arrival(Asked):
    """Whether a reply whose fate is unknown reached the customer."""

    arrived: bool

"""A filled-in form, from bytes to a domain message. Pure: no clock, no network, no disk.

The same code reads what the page keeps and a line of a JSON Lines file of forms:

    {"form": "website", "submission_id": "b7c1", "submitted_at": "2026-11-22T09:15:00Z",
     "name": "", "email": "", "subject": "", "text": "My parcel never came.", "reference": "", "honeypot": ""}

`text` and `submitted_at` are needed. Without `form` the caller's is used; without
`submission_id` one is derived from the content, so reading a file twice finds the
same forms. Other keys are passed over.
"""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from amends.domain.channel import Channel
from amends.domain.contact import Identity, IdentityKind
from amends.domain.ids import derived_id
from amends.domain.message import Attachment, Message, message_id
from amends.domain.submission import Submission
from amends.errors import Unprocessable
from ingest.web_form.cleaning import clean_line
from ingest.web_form.typed import MAX_TEXT_CHARS, Typed, check_address, clean, size_problems

#: More bytes than this are not parsed. The longest legal form has some 1.2 million, if every character is escaped.
MAX_RAW_BYTES = 2 * 1024 * 1024
MAX_ID_CHARS = 200
#: A year outside these is a mistake, and later sums of days on it would overflow.
_YEARS = range(1970, 2200)


class WireFields(BaseModel):
    """The boxes of a form as JSON. `null` means that a box was left empty."""

    model_config = ConfigDict(strict=True, extra="ignore")

    submission_id: str | None = None
    name: str | None = None
    email: str | None = None
    subject: str | None = None
    text: str | None = None
    reference: str | None = None
    honeypot: str | None = None

    def typed(self) -> Typed:
        """Give what was typed, cleaned."""
        return clean(Typed(**{field.name: getattr(self, field.name) or "" for field in fields(Typed)}))


class WireForm(WireFields):
    """A whole form as JSON."""

    form: str | None = None
    submitted_at: AwareDatetime | None = None


class _Kept(BaseModel):
    """What a form of our own has beside its boxes. In a file of forms these names mean nothing."""

    model_config = ConfigDict(extra="ignore")

    kept_files: tuple[Attachment, ...] = ()
    signs: tuple[str, ...] = ()


def read_submission(raw: bytes, *, default_form: str, is_ours: bool = False) -> Submission:
    """Read one form from JSON. `is_ours` says that we wrote it, with the files that came and the signs of a machine.

    An address that is none stays as it was typed: `submission_message` says so as a
    defect, since whoever filled in the form can no longer be asked.

    Raises:
        Unprocessable: with a reason: `bad_json`, `bad_shape` (a field of the wrong
            type), `bad_time`, `too_long`, `empty_text`.
    """
    if len(raw) > MAX_RAW_BYTES:
        raise Unprocessable(f"the form has {len(raw):,} bytes and may have {MAX_RAW_BYTES:,}", reason="too_long")
    try:
        wire = WireForm.model_validate_json(raw.removeprefix(BOM_UTF8))
    except ValidationError as why:
        raise _as_unprocessable(why) from why
    typed = wire.typed()
    problems = size_problems(typed, max_text_chars=MAX_TEXT_CHARS)
    if problems:
        raise Unprocessable(problems[0].says, reason=problems[0].code)
    form = clean_line(wire.form or "") or default_form
    submitted_at = _meant_time(wire.submitted_at)
    submission_id = clean_line(wire.submission_id or "") or derived_id(
        "form", form, submitted_at.isoformat(), *typed.parts()
    )
    if max(len(form), len(submission_id)) > MAX_ID_CHARS:
        raise Unprocessable(f"`form` and `submission_id` may have {MAX_ID_CHARS} characters each", reason="too_long")
    kept = _Kept.model_validate_json(raw.removeprefix(BOM_UTF8)) if is_ours else _Kept()
    return make_submission(
        typed,
        form=form,
        submission_id=submission_id,
        submitted_at=submitted_at,
        files=kept.kept_files,
        signs=kept.signs,
    )


def make_submission(
    typed: Typed,
    *,
    form: str,
    submission_id: str,
    submitted_at: datetime,
    files: tuple[Attachment, ...] = (),
    signs: tuple[str, ...] = (),
) -> Submission:
    """Put what was typed (and cleaned) together with where, when and under which id, and with what came along."""
    return Submission(
        form=form,
        submission_id=submission_id,
        submitted_at=submitted_at.astimezone(UTC),
        name=typed.name,
        email=typed.email,
        subject=typed.subject,
        text=typed.text,
        reference=typed.reference,
        honeypot=typed.honeypot,
        files=files,
        signs=signs,
    )


def bound_id(key: str, typed: Typed, files: Sequence[Attachment] = ()) -> str:
    """Bind a key that the sender chose to what was sent under it.

    A double click or a retry sends the same words under the same key: one
    submission. Other words under an old key (the page sent again after "back" and
    an edit; two programs that both count from 1) are another submission. Trusting
    the key alone would drop a complaint, and hand its sender a stranger's receipt.
    """
    sent = [part for one in files for part in (one.filename, one.sha256)]
    return f"{key}.{derived_id('form words', *typed.parts(), *sent)}"


def submission_bytes(submission: Submission) -> bytes:
    """Write a form as canonical JSON, to be kept as the raw bytes. `read_submission` reads it back."""
    written: dict[str, object] = {
        "form": submission.form,
        "submission_id": submission.submission_id,
        "submitted_at": submission.submitted_at.astimezone(UTC).isoformat(),
        "name": submission.name,
        "email": submission.email,
        "subject": submission.subject,
        "text": submission.text,
        "reference": submission.reference,
        "honeypot": submission.honeypot,
    }
    if submission.files or submission.signs:
        written |= _Kept(kept_files=submission.files, signs=submission.signs).model_dump(mode="json")
    return json.dumps(written, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def submission_message(submission: Submission, *, account: str, raw_sha256: str, received_at: datetime) -> Message:
    """Make the domain message of a form that came to `account`.

    Raises:
        Unprocessable: reason `honeypot`: the field that people do not see was filled in.
    """
    if submission.honeypot:
        raise Unprocessable("the field that people do not see was filled in: a machine did it", reason="honeypot")
    author, defects = _author(submission, account)
    facts = {"reference": submission.reference, "signs_of_a_machine": "; ".join(submission.signs)}
    identity = message_id(Channel.WEB_FORM, account, submission.submission_id)
    return Message(
        id=identity,
        channel=Channel.WEB_FORM,
        account=account,
        native_id=submission.submission_id,
        author=author,
        author_name=submission.name,
        subject=submission.subject,
        text=submission.text,
        own_words=submission.text,
        sent_at=submission.submitted_at,
        received_at=received_at,
        raw_sha256=raw_sha256,
        names=(f"form:{identity}",),
        attachments=submission.files,
        defects=defects,
        facts={name: said for name, said in facts.items() if said},
    )


def _author(submission: Submission, account: str) -> tuple[Identity, tuple[str, ...]]:
    """Say who wrote it, and what is wrong with the address if it is none.

    The form's account is part of an anonymous identity: two forms that both number
    their submissions from 1 must not make one person of two strangers.
    """
    nobody = Identity(kind=IdentityKind.ANONYMOUS, value=f"{account}/{submission.submission_id}")
    if not submission.email:
        return nobody, ()
    checked = check_address(submission.email)
    if not checked.address:
        return nobody, (f"address not valid: {checked.why_not}",)
    return Identity(kind=IdentityKind.TYPED_EMAIL, value=checked.address), ()


def _meant_time(submitted_at: datetime | None) -> datetime:
    if submitted_at is None:
        raise Unprocessable("`submitted_at` is missing; write it as 2026-11-22T09:15:00Z", reason="bad_time")
    if submitted_at.year not in _YEARS:
        raise Unprocessable(f"`submitted_at` lies in the year {submitted_at.year}", reason="bad_time")
    return submitted_at.astimezone(UTC)


def _as_unprocessable(why: ValidationError) -> Unprocessable:
    """Say the first finding, without the input: it may be personal."""
    first = why.errors(include_input=False, include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    if first["type"] == "json_invalid":
        return Unprocessable(first["msg"], reason="bad_json")
    reason = "bad_time" if field == "submitted_at" else "bad_shape"
    return Unprocessable(f"{field or 'the form'}: {first['msg']}", reason=reason)

"""A contact by telephone, by letter or at the counter, as a colleague logs it: a message like any other.

1. It goes through intake: its bytes are kept, it has a row in the ledger, triage reads it, clocks start.
2. A colleague says which case it belongs to, or that it opens one. With a case, its author is whom that
   case knows as its customer; without one it is the address that was given, or nobody known.
3. Logging the same once more (a double click) makes one message.
4. Only this module makes such messages, and only of its own kind of bytes: what a stranger sends in
   cannot pass for a colleague's word.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from amends.domain.audit import Happening
from amends.domain.channel import Channel
from amends.domain.contact import Identity, IdentityKind
from amends.domain.ids import case_reference, derived_id, read_reference
from amends.domain.message import Message, message_id
from amends.errors import Refused, Unprocessable
from amends.history import command
from amends.meter import NO_METER, Meter
from amends.ports import BlobStore, Fetched, Now
from amends.unit_of_work import OpenUnit, UnitOfWork
from ingest.intake import STAGE, Entry, keep_and_read, publish
from ingest.reading import Media, Reader
from ingest.web_form.cleaning import clean_line, clean_text
from ingest.web_form.typed import MAX_TEXT_CHARS, check_address

_LINE_AT_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What a colleague logs. `text` is what the customer said or wrote, in their words as far as possible.

    `case_id` is the case it belongs to, "" where it opens one. `reach` is a telephone number or an
    address to reach the customer by. `key` tells one logging from another, where the page gives one.
    """

    channel: Channel
    text: str
    happened_at: datetime
    name: str = ""
    email: str = ""
    reach: str = ""
    subject: str = ""
    case_id: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """What became of it: the message, the reference of its case, and whether it was logged before."""

    message_id: str
    reference: str
    is_repeat: bool


@command("intake.log")
def note_logged(unit: UnitOfWork, message_id: str, *, channel: Channel, by: str, at: datetime) -> None:
    """Say who logged a contact."""
    facts = {"channel": channel.value}
    unit.audit.append(
        [Happening(at=at, actor=f"user:{by}", action="contact.logged", subject=f"message:{message_id}", facts=facts)]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactLog:
    """The door by which colleagues log contacts."""

    open_unit: OpenUnit
    reading: Callable[[], AbstractContextManager[UnitOfWork]]
    blobs: BlobStore
    readers: Mapping[str, Reader]
    now: Now
    meter: Meter = NO_METER

    def log(self, contact: Contact, *, by: str) -> Logged:
        """Take a contact in.

        Raises:
            NotFound: there is no such case.
            Refused: it says nothing, is too long, lies in the future, or the address is none.
        """
        now = self.now()
        contact = _cleaned(contact, now=now)
        author = self._author(contact)
        key = _key(contact, by)
        raw = _bytes(contact, author, key=key, by=by)
        fetched = Fetched(
            source=f"desk:{contact.channel.value}",
            item=key,
            channel=contact.channel,
            account="desk",
            media=Media.LOGGED,
            raw=raw,
            fetched_at=now,
        )
        taken = keep_and_read([fetched], self.blobs, self.readers)
        if taken[0].fault is not None:
            raise taken[0].fault
        identity = message_id(contact.channel, "desk", key)
        with self.open_unit() as unit:
            arrivals = publish(unit, taken, with_=Entry(source=fetched.source, how=""))
            if arrivals:
                note_logged(unit, identity, channel=contact.channel, by=by, at=now)
            unit.commit()
        for arrival in arrivals:
            self.meter.came_to(STAGE, arrival.fate)
        return Logged(
            message_id=identity, reference=contact.case_id or case_reference(identity), is_repeat=not arrivals
        )

    def _author(self, contact: Contact) -> Identity | None:
        """Give whom the case knows as its customer; None: the contact itself says who it is."""
        if not contact.case_id:
            return None
        with self.reading() as unit:
            unit.cases.get(contact.case_id)
            return unit.messages.last_filed(contact.case_id).message.author


class _Wire(BaseModel):
    """A contact as JSON. Its author is there where a case knows them."""

    model_config = ConfigDict(strict=True, extra="forbid")

    key: str
    channel: str
    text: str
    happened_at: AwareDatetime
    name: str
    email: str
    reach: str
    subject: str
    case_id: str
    logged_by: str
    author_kind: str
    author_value: str


def contact_reader(fetched: Fetched, raw_sha256: str) -> Message:
    """Read a logged contact.

    Raises:
        Unprocessable: it is none that we wrote.
    """
    try:
        wire = _Wire.model_validate_json(fetched.raw)
        channel = Channel(wire.channel)
        author = Identity(kind=IdentityKind(wire.author_kind), value=wire.author_value)
    except (ValidationError, ValueError) as why:
        raise Unprocessable("it is no contact that somebody logged here", reason="bad_contact") from why
    if not channel.is_logged or channel is not fetched.channel:
        raise Unprocessable(f"nobody logs contacts by {channel.value}", reason="bad_contact")
    facts = {"logged_by": wire.logged_by, "reach": wire.reach, "case": wire.case_id}
    return Message(
        id=message_id(channel, fetched.account or "desk", wire.key),
        channel=channel,
        account=fetched.account or "desk",
        native_id=wire.key,
        author=author,
        author_name=wire.name,
        subject=wire.subject,
        text=wire.text,
        own_words=wire.text,
        sent_at=wire.happened_at,
        received_at=min(wire.happened_at, fetched.fetched_at),
        raw_sha256=raw_sha256,
        facts={name: value for name, value in facts.items() if value},
    )


def _cleaned(contact: Contact, *, now: datetime) -> Contact:
    if not contact.channel.is_logged:
        raise Refused(f"{contact.channel.value} is read by itself: telephone, letter and counter are logged")
    text = clean_text(contact.text)
    if not text.strip():
        raise Refused("write what the customer said")
    if len(text) > MAX_TEXT_CHARS:
        raise Refused(f"it has {len(text):,} characters and may have {MAX_TEXT_CHARS:,}: log it in two parts")
    if contact.happened_at > now:
        raise Refused("it cannot have happened in the future: say when it was")
    lines: dict[str, Any] = {name: clean_line(getattr(contact, name)) for name in ("name", "email", "reach", "subject")}
    for name, line in lines.items():
        if len(line) > _LINE_AT_MOST:
            raise Refused(f"{name} has {len(line)} characters and may have {_LINE_AT_MOST}")
    if lines["email"]:
        checked = check_address(lines["email"])
        if not checked.address:
            raise Refused(f"this e-mail address will not work: {checked.why_not}")
        lines["email"] = checked.address
    case_id = read_reference(contact.case_id.strip()) if contact.case_id.strip() else ""
    return replace(contact, text=text, case_id=case_id, key=clean_line(contact.key)[:_LINE_AT_MOST], **lines)


def _key(contact: Contact, by: str) -> str:
    """Derive what a logging is known by. Other words under an old key are another one."""
    when = contact.key or contact.happened_at.isoformat()
    words = (contact.text, contact.name, contact.email, contact.reach, contact.subject, contact.case_id)
    return derived_id("contact", by, when, contact.channel.value, *words)


def _bytes(contact: Contact, known: Identity | None, *, key: str, by: str) -> bytes:
    author = known or _of_contact(contact, key)
    written: dict[str, Any] = {
        **asdict(contact),
        "channel": contact.channel.value,
        "happened_at": contact.happened_at.astimezone(UTC).isoformat(),
        "key": key,
        "logged_by": by,
        "author_kind": author.kind.value,
        "author_value": author.value,
    }
    return json.dumps(written, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def _of_contact(contact: Contact, key: str) -> Identity:
    if contact.email:
        # A colleague wrote it down as they heard it: nobody has shown that it is theirs.
        return Identity(kind=IdentityKind.TYPED_EMAIL, value=contact.email)
    return Identity(kind=IdentityKind.ANONYMOUS, value=f"{contact.channel.value}/{key}")

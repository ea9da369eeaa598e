"""Makes a message of a mail.

The mail's id is derived from its Message-ID and from a digest of what its author sent
(`ParsedMail.content_digest`): the same mail in two mailboxes is one message, and two
mails with one Message-ID are two.

Where From is an address of our own, a list or a form of ours put it in the place of the
author's (lists do, where the author's domain has a strict DMARC policy). Then the author is
whom the mail names beside it, `X-Original-From` or Reply-To. Nobody has shown that this address
is theirs: it counts as one that was typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from amends.domain import message as domain
from amends.domain.channel import Channel
from amends.domain.contact import Identity, IdentityKind, email_identity
from amends.domain.message import Message, message_id
from amends.errors import NotFound, Unprocessable
from amends.ports import Fetched
from ingest.attachments.assess import assess_all
from ingest.mail.addresses import parse_addresses
from ingest.mail.parse import parse_mail
from ingest.mail.parsed import AutomaticReason, Bounce, BounceKind, ParsedMail
from ingest.reading import Laden, Reader

#: Our reply tokens: the part after the plus sign of an address that we gave out.
_TOKEN = re.compile(r"\+([a-z2-7]{20,40})@", re.IGNORECASE)
_READ_ALL_THE_SAME = {
    AutomaticReason.MAILING_LIST,
    AutomaticReason.BULK,
    AutomaticReason.NO_REPLY_SENDER,
    AutomaticReason.TOO_MANY_HOPS,
}
#: Names and references that are stored; more than any honest thread needs.
_NAMES_AT_MOST = 100
_SUBJECT_AT_MOST = 998
_NAME_AT_MOST = 200
_SAID_AT_MOST = 300
#: RFC 5321, 4.5.3.1: 64 for the mailbox, 255 for its domain, and the sign between them.
_ADDRESS_BYTES = 320
#: A Date header may be this far ahead of our clock before it is not believed.
_SKEW = timedelta(minutes=5)


def mail_reader(*, owns: Callable[[str], bool] = lambda _address: False, copy_to: str = "") -> Reader:
    """Make the reader of mails. `owns` tells an address of our own; `copy_to` gets a copy of each mail of ours."""

    def read_mail(fetched: Fetched, raw_sha256: str) -> Laden:
        mail = parse_mail(fetched.raw)
        if mail.error is not None:
            raise Unprocessable(mail.error, reason=_reason(mail, fetched))
        attachments = _attachments(mail)
        kept = zip(mail.attachments, attachments, strict=True)
        return Laden(
            _message(
                mail,
                fetched,
                raw_sha256,
                attachments,
                author=_author(mail, owns),
                automatic=_automatic(mail, owns=owns, copy_to=copy_to),
            ),
            tuple(one.content for one, assessed in kept if not assessed.refused),
        )

    return read_mail


def bytes_of_attachment(raw: bytes, sha256: str) -> bytes:
    """Give the bytes of one attachment of a mail.

    Raises:
        NotFound: the mail has none with this hash.
    """
    found = next((one.content for one in parse_mail(raw).attachments if one.sha256 == sha256), None)
    if found is None:
        raise NotFound(f"the message holds no attachment {sha256}")
    return found


def _reason(mail: ParsedMail, fetched: Fetched) -> str:
    if not fetched.raw.strip():
        return "empty"
    return "not_a_mail" if not mail.headers else "too_large"


def _attachments(mail: ParsedMail) -> tuple[domain.Attachment, ...]:
    claimed = (
        domain.Attachment(
            filename=one.filename, content_type=one.content_type, size_bytes=one.size_bytes, sha256=one.sha256
        )
        for one in mail.attachments
    )
    return assess_all(zip(claimed, (one.content for one in mail.attachments), strict=True))


def _author(mail: ParsedMail, owns: Callable[[str], bool]) -> tuple[Identity, str]:
    """Say who wrote a mail, and how they call themselves."""
    usable = [one for one in (*mail.from_, *mail.sender, *mail.reply_to) if _is_usable(one.address)]
    if not usable:
        # Nobody can be answered: the mail is still somebody's, and known by itself alone.
        return Identity(kind=IdentityKind.ANONYMOUS, value=f"mail/{mail.content_digest}"), ""
    if owns(usable[0].address):
        named = (*parse_addresses(mail.header("x-original-from") or "", most=1), *mail.reply_to)
        meant = next((one for one in named if _is_usable(one.address) and not owns(one.address)), None)
        if meant is not None:
            typed = Identity(kind=IdentityKind.TYPED_EMAIL, value=meant.address.lower())
            return typed, meant.name[:_NAME_AT_MOST]
    return email_identity(usable[0].address), usable[0].name[:_NAME_AT_MOST]


def _message(
    mail: ParsedMail,
    fetched: Fetched,
    raw_sha256: str,
    attachments: tuple[domain.Attachment, ...],
    *,
    author: tuple[Identity, str],
    automatic: domain.Automatic | None,
) -> Message:
    answers = dict.fromkeys([*mail.in_reply_to, *reversed(mail.references)])
    recipients = [one.address for one in (*mail.to, *mail.cc) if one.address]
    delivered = [value for name, value in mail.headers if name in {"delivered-to", "x-original-to"}]
    return Message(
        id=message_id(Channel.EMAIL, "", mail.message_id, mail.content_digest),
        channel=Channel.EMAIL,
        account=fetched.account,
        native_id=mail.message_id or mail.content_digest,
        author=author[0],
        author_name=author[1],
        subject=mail.subject[:_SUBJECT_AT_MOST],
        text=mail.text,
        own_words=mail.reply_text,
        sent_at=mail.date,
        received_at=_received_at(mail.date, fetched),
        raw_sha256=raw_sha256,
        names=(f"mail:{mail.message_id}",) if mail.message_id else (),
        answers=tuple(f"mail:{name}" for name in list(answers)[:_NAMES_AT_MOST] if name),
        tokens=_tokens([*recipients, *delivered]),
        recipients=tuple(recipients[:_NAMES_AT_MOST]),
        hidden_text=mail.hidden_text,
        automatic=automatic,
        attachments=attachments,
        defects=mail.defects,
    )


def _is_usable(address: str) -> bool:
    """Whether an address may be somebody's: there is none without a word, and none longer than SMTP carries."""
    return bool(address.strip()) and len(address.encode("utf-8", "replace")) <= _ADDRESS_BYTES


def _tokens(addresses: list[str]) -> tuple[str, ...]:
    found = (match.group(1).lower() for address in addresses if (match := _TOKEN.search(address)))
    return tuple(dict.fromkeys(found))


def _automatic(mail: ParsedMail, *, owns: Callable[[str], bool], copy_to: str) -> domain.Automatic | None:
    if mail.automatic is None:
        return None
    bounce = mail.bounce
    # That our own copy came back says nothing of the customer's.
    is_copy = bounce is not None and [one.casefold() for one in bounce.failed] == [copy_to.casefold()]
    came_back = bounce.original_message_id if bounce is not None and not is_copy else ""
    return domain.Automatic(
        reason=mail.automatic.reason.value,
        says=" ".join([mail.automatic.sentence, *_said_by(bounce)]),
        is_bounce=mail.automatic.is_bounce or bounce is not None,
        may_be_from_a_person=mail.automatic.reason in _READ_ALL_THE_SAME or _is_of_another_amends(mail, owns),
        failed_addresses=bounce.failed[:_NAMES_AT_MOST] if bounce else (),
        bounced_message_id=f"mail:{came_back}" if came_back else "",
        is_permanent=bounce is not None and bounce.kind is BounceKind.PERMANENT,
    )


def _is_of_another_amends(mail: ParsedMail, owns: Callable[[str], bool]) -> bool:
    """Whether another organisation wrote by its own Amends, and a person there released it."""
    found = mail.automatic
    if found is None or found.reason is not AutomaticReason.OWN_LOOP or found.is_reply:
        return False
    senders = [one.address for one in (*mail.from_, *mail.sender) if _is_usable(one.address)]
    return bool(senders) and not any(map(owns, senders))


def _said_by(bounce: Bounce | None) -> list[str]:
    """Give what the mail server said that could not deliver, if it said anything."""
    said = bounce.diagnostic or bounce.status if bounce is not None else ""
    return [f"The mail server said: {said[:_SAID_AT_MOST]}"] if said else []


def _received_at(said: datetime | None, fetched: Fetched) -> datetime:
    """Say when a mail reached the organisation.

    A mailbox knows when it took a mail in; a file does not, so the sender's date
    stands in. Neither is later than now. It can make a deadline earlier, not later.
    """
    if fetched.received_at is not None:
        return min(fetched.received_at, fetched.fetched_at)
    if said is None or said > fetched.fetched_at + _SKEW:
        return fetched.fetched_at
    return min(said, fetched.fetched_at)

"""A reply as the bytes of a mail.

1. One recipient, plain text, lines that every server takes (7 bits, quoted-printable).
2. The reply's id is in the Message-ID and in `X-Amends-Reply`, so that what comes back can
   be recognised, and our own mail never becomes a case.
3. `In-Reply-To` and the full `References` put it into the customer's thread (RFC 5322, 3.6.4).
4. `Reply-To` carries the case's token, so that an answer finds its case.
5. A mail that no person read before it went says so: `Auto-Submitted: auto-replied`
   (RFC 3834, section 5) and `X-Auto-Response-Suppress: All`, which Exchange heeds. There is
   no `Precedence`: RFC 3834, section 3.1.8, recommends neither the field nor a value, and
   "bulk" sends an acknowledgement to the wrong folder.
6. Nothing that a customer wrote can end a header line or begin another.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime, formataddr

from amends.domain.contact import Identity
from amends.domain.message import require_zone
from amends.domain.reply import Reply
from amends.errors import Misconfigured, Unprocessable
from respond.restating import one_line

_NAME = re.compile(r"<[!-;=?-~]{1,250}@[!-;=?-~]{1,250}>")
_ADDRESS = re.compile(r"[^\s,;:<>()\[\]\\\"@]{1,64}@[^\s,;:<>()\[\]\\\"@]{1,253}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST_SUBJECT = 200
#: How many of a thread's names are repeated: the first, and the last ones.
_MOST_REFERENCES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAddresses:
    """What we are called in mail.

    `address` is in From and is told to the server as the sender, so that a bounce comes
    back to us. Answers go to `<reply_local>+<token>@<domain>`. `further` are other addresses
    of ours: mail to one of them would come back, too.
    """

    name: str
    address: str
    domain: str
    reply_local: str = "replies"
    further: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _ADDRESS.fullmatch(self.address) or not f"{self.address}{self.domain}".isascii():
            raise Misconfigured(
                f"{self.address!r} is no address to send mail from; write it as care@organisation.example"
            )
        if not _ADDRESS.fullmatch(f"{self.reply_local}@{self.domain}"):
            raise Misconfigured(
                f"{self.domain!r} is no domain that answers can come to; write it as organisation.example"
            )

    def owns(self, address: str) -> bool:
        """Whether a mail to this address would come back to ourselves."""
        local, _, domain = address.casefold().rpartition("@")
        is_reply_address = domain == self.domain.casefold() and local.split("+")[0] == self.reply_local.casefold()
        ours = {self.address.casefold(), *(one.casefold() for one in self.further)}
        return is_reply_address or address.casefold() in ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What a sender needs beyond the reply: the thread it belongs to, and the case's token.

    `in_reply_to` is what the channel calls the message answered (a Message-ID with its
    angle brackets, a post's id); `references` are the names before it, oldest first. Both
    come from the customer and are checked again before they are written anywhere.
    """

    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    reply_token: str = ""

    def __post_init__(self) -> None:
        if self.reply_token and not _TOKEN.fullmatch(self.reply_token):
            raise ValueError("a reply token is made of letters, digits, - and _")


def own_message_id(reply_id: str, reply_token: str, own: OwnAddresses) -> str:
    """Give the Message-ID that a reply always has: two attempts at sending it carry the same."""
    name = f"<{'.'.join(filter(None, (reply_id, reply_token)))}@{own.domain}>"
    if not _NAME.fullmatch(name):
        raise ValueError(f"{reply_id!r} cannot be part of a Message-ID")
    return name


def mail_name(reply: Reply, envelope: Envelope, own: OwnAddresses) -> str:
    """Give the Message-ID of a reply: the one it was given before, or else its own."""
    if _NAME.fullmatch(reply.channel_name):
        return reply.channel_name
    return own_message_id(reply.id, envelope.reply_token, own)


def recipient(addressee: Identity, own: OwnAddresses) -> str:
    """Give the one address that a reply goes to, as servers take it.

    Raises:
        Unprocessable: there is none, it is more than one, it is our own, or it needs a
            kind of mail that not every server takes.
    """
    address = (addressee.address or "").strip()
    if not _ADDRESS.fullmatch(address):
        raise Unprocessable("there is no single e-mail address to send this to", reason="no_address")
    local, _, domain = address.rpartition("@")
    try:
        address = f"{local}@{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"
    except UnicodeError as cause:
        raise Unprocessable("the address has a domain that cannot exist", reason="bad_domain") from cause
    if not address.isascii():
        raise Unprocessable("the address has letters that not every mail server takes", reason="not_ascii")
    if own.owns(address):
        raise Unprocessable("the address is our own: a mail to it would run in a circle", reason="own_address")
    return address


def compose_mail(
    reply: Reply,
    *,
    own: OwnAddresses,
    in_reply_to: str = "",
    references: tuple[str, ...] = (),
    reply_token: str = "",
    at: datetime,
) -> bytes:
    """Write a reply as a mail (RFC 5322, CRLF line ends).

    Raises:
        Unprocessable: it has no address that a mail can go to.
        ValueError: the token is none, or the time has no zone.
    """
    require_zone("at", at)
    envelope = Envelope(in_reply_to=in_reply_to, references=references, reply_token=reply_token)
    thread = _thread(in_reply_to, references)
    headers = [
        ("Date", format_datetime(at.astimezone(UTC))),
        ("From", formataddr((one_line(own.name), own.address))),
        ("To", recipient(reply.addressee, own)),
        ("Message-ID", mail_name(reply, envelope, own)),
        ("Subject", _encoded("Subject", _subject(reply.subject, is_answer=bool(in_reply_to)))),
    ]
    if reply_token:
        headers.append(("Reply-To", f"{own.reply_local}+{reply_token}@{own.domain}"))
    if thread:
        headers.append(("References", "\r\n ".join(thread)))
    if _NAME.fullmatch(in_reply_to):
        headers.append(("In-Reply-To", in_reply_to))
    headers.append(("X-Amends-Reply", reply.id))
    if reply.is_automatic:
        headers += [("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All")]
    headers += [
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Transfer-Encoding", "quoted-printable"),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return head.encode("ascii") + b"\r\n" + _body(reply.text)


def _subject(subject: str, *, is_answer: bool) -> str:
    line = one_line(subject)[:_LONGEST_SUBJECT] or "Your message"
    return line if not is_answer or line.casefold().startswith("re:") else f"Re: {line}"


def _encoded(name: str, line: str) -> str:
    charset = "us-ascii" if line.isascii() else "utf-8"
    return Header(line, charset, header_name=name, maxlinelen=76).encode(linesep="\r\n")


def _thread(in_reply_to: str, references: tuple[str, ...]) -> list[str]:
    """Give the names of the thread in order, each once, the one answered last; what is no name is left out."""
    names = [name for name in (*references, in_reply_to) if _NAME.fullmatch(name) and name != in_reply_to]
    if _NAME.fullmatch(in_reply_to):
        names.append(in_reply_to)
    unique = list(dict.fromkeys(names))
    return unique if len(unique) <= _MOST_REFERENCES else [unique[0], *unique[1 - _MOST_REFERENCES :]]


def _body(text: str) -> bytes:
    lines = "\r\n".join(text.rstrip().splitlines()) + "\r\n"
    return binascii.b2a_qp(lines.encode("utf-8", "replace"), istext=True)

"""The thread that an outgoing mail belongs to, as far as the database knows it."""

from __future__ import annotations

from collections.abc import Sequence

from amends.domain.reply import Form, Reply
from amends.domain.secrets import reply_token
from amends.errors import NotFound
from amends.unit_of_work import UnitOfWork
from respond.senders.mail import Envelope, OwnAddresses, own_message_id

_MAIL = "mail:"


def envelopes_of(unit: UnitOfWork, replies: Sequence[Reply], *, secret: bytes) -> list[Envelope]:
    """Give what a sender needs of each: the mail that is answered, the mails before it, and the case's reply token.

    Raises:
        NotFound: the message that one of them answers is not there.
    """
    answered = unit.messages.get_many({reply.message_id for reply in replies})
    names = unit.threads.names_in_cases([reply.case_id for reply in replies])
    envelopes = []
    for reply in replies:
        if reply.message_id not in answered:
            raise NotFound(f"no message has the id {reply.message_id!r}")
        in_reply_to = [_bracketed(name) for name in answered[reply.message_id].message.names if _is_mail(name)]
        # The thread as its last writer tells it (nearest first), then what we know of the case (RFC 5322, 3.6.4).
        told = [*reversed(answered[reply.message_id].message.answers), *names.get(reply.case_id, ())]
        before = [_bracketed(name) for name in dict.fromkeys(told) if _is_mail(name)]
        envelopes.append(
            Envelope(
                in_reply_to=in_reply_to[0] if in_reply_to else "",
                references=tuple(name for name in before if name != reply.channel_name),
                reply_token=reply_token(secret, reply.case_id, reply.addressee),
            )
        )
    return envelopes


def name_before_sending(reply: Reply, *, own: OwnAddresses, secret: bytes) -> str:
    """Give the name that a reply will have in its channel: its Message-ID, or nothing where the channel gives names."""
    if reply.form is not Form.EMAIL:
        return ""
    return own_message_id(reply.id, reply_token(secret, reply.case_id, reply.addressee), own)


def thread_name(reply: Reply, channel_name: str) -> str:
    """Give the name under which answers to a reply are recognised, spelled as ingest spells it."""
    return f"{_MAIL}{channel_name.strip('<>')}" if reply.form is Form.EMAIL else f"{reply.channel}:{channel_name}"


def _is_mail(name: str) -> bool:
    return name.startswith(_MAIL)


def _bracketed(name: str) -> str:
    return f"<{name.removeprefix(_MAIL)}>"

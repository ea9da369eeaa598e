"""The thread that an outgoing mail belongs to, as far as the database knows it."""

from __future__ import annotations

from amends.domain.reply import Form, Reply
from amends.domain.secrets import reply_token
from amends.unit_of_work import UnitOfWork
from respond.senders.mail import Envelope, OwnAddresses, own_message_id

_MAIL = "mail:"


def envelope_of(unit: UnitOfWork, reply: Reply, *, secret: bytes) -> Envelope:
    """Give what a sender needs: the mail that is answered, the mails before it, and the case's reply token."""
    answered = [_bracketed(name) for name in unit.messages.get(reply.message_id).message.names if _is_mail(name)]
    before = [_bracketed(name) for name in unit.threads.names_in_case(reply.case_id) if _is_mail(name)]
    return Envelope(
        in_reply_to=answered[0] if answered else "",
        references=tuple(name for name in before if name != reply.channel_name),
        reply_token=reply_token(secret, reply.case_id, reply.addressee),
    )


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

"""Replies and contexts for tests, showing only what matters."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from amends.domain.channel import Channel
from amends.domain.contact import Identity, IdentityKind, email_identity
from amends.domain.reply import Approval, Form, Purpose, Reply, ReplyState, text_sha256
from amends.domain.verdict import Kind, Severity
from respond.draft import ReplyContext
from respond.senders.mail import OwnAddresses
from tests.support.clock import MONDAY

NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
OWN = OwnAddresses(name="Northwind Care", address="care@northwind.example", domain="northwind.example")


def a_reply(**changes: Any) -> Reply:
    """Build an automatic acknowledgement by mail that is on its way out."""
    reply = Reply(
        id="5f0c" * 8,
        case_id="AM-7KQ2-9XWD-4T",
        message_id="1a2b" * 8,
        purpose=Purpose.ACKNOWLEDGEMENT,
        form=Form.EMAIL,
        channel=Channel.EMAIL,
        addressee=email_identity("sam@customer.example"),
        subject="Re: Broken kettle [AM-7KQ2-9XWD-4T]",
        text="Hello,\n\nWe have your message.\n",
        parts=(),
        template="acknowledgement.email.complaint.v1",
        authors=("amends",),
        state=ReplyState.SENDING,
        is_automatic=True,
        drafted_at=NOON,
    )
    return replace(reply, **changes)


def a_post(**changes: Any) -> Reply:
    """Build a public reply that waits for a person."""
    return a_reply(
        **{
            "form": Form.PUBLIC_HOLDING,
            "channel": Channel.X,
            "addressee": Identity(kind=IdentityKind.X, value="900100"),
            "is_automatic": False,
            "state": ReplyState.IN_REVIEW,
            "text": "We are sorry to read this. Please send us a private message.",
        }
        | changes
    )


def an_approved_post(*, approved_at: datetime = MONDAY, **changes: Any) -> Reply:
    """Build a reply on X that tom approved and that is on its way out: a public one unless said otherwise."""
    reply = a_post(**changes)
    if reply.form is Form.PHONE_CALL:
        return reply
    approval = Approval(
        by="tom", at=approved_at, text_sha256=text_sha256(reply.text), expires_at=approved_at + timedelta(hours=1)
    )
    return replace(reply, state=ReplyState.SENDING, approval=approval)


def a_context(**changes: Any) -> ReplyContext:
    """Build what is known of a complaint by mail."""
    context = ReplyContext(
        case_id="AM-7KQ2-9XWD-4T",
        message_id="1a2b" * 8,
        channel=Channel.EMAIL,
        form=Form.EMAIL,
        kind=Kind.COMPLAINT,
        severity=Severity.LOW,
        received_at=NOON,
        organisation="Northwind Care",
    )
    return replace(context, **changes)

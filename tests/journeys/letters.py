"""Letters that invented customers write, for journeys from the mailbox to the reply."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

#: What a plain complaint says; no flag of high severity is in it.
COMPLAINT = (
    "I am very disappointed with your service. The kettle that I ordered from you stopped working after two days. "
    "Please send me a new one or give me my money back."
)
#: Nobody can be sure what this is; a person is asked at most.
ENQUIRY = "Could you tell me whether your shop in the high street is open on Sunday mornings, please?"
CRITICAL = (
    "Your heater caught fire in our living room last night and my daughter was burnt on her hand. "
    "We are at the hospital. This is dangerous and I am furious with you."
)


def a_letter(
    text: str = COMPLAINT,
    *,
    name: str = "Ines Okafor",
    address: str = "ines@customer.example",
    to: str = "complaints@shop.example",
    subject: str = "My kettle",
    message_id: str = "kettle-1@customer.example",
    answers: str = "",
    sent_at: datetime | None = None,
    headers: dict[str, str] | None = None,
) -> bytes:
    """Write a mail as its sender's program would."""
    mail = EmailMessage()
    mail["From"] = f"{name} <{address}>"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{message_id}>"
    mail["Date"] = format_datetime(sent_at or datetime.now(UTC) - timedelta(minutes=5))
    if answers:
        mail["In-Reply-To"] = answers
        mail["References"] = answers
    for field, value in (headers or {}).items():
        mail[field] = value
    mail.set_content(text)
    return mail.as_bytes()


def a_bounce_of(sent: bytes, *, failed: str, message_id: str = "bounce-1@relay.example") -> bytes:
    """Write the report of a mail server that could not deliver a mail of ours (RFC 3464)."""
    head = sent.partition(b"\r\n\r\n")[0].decode("ascii")
    return (
        "From: Mail Delivery System <MAILER-DAEMON@relay.example>\r\n"
        "To: complaints@shop.example\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\n"
        f"Message-ID: <{message_id}>\r\n"
        f"Date: {format_datetime(datetime.now(UTC))}\r\n"
        "Auto-Submitted: auto-replied\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="cut"\r\n\r\n'
        "--cut\r\nContent-Type: text/plain\r\n\r\n"
        f"<{failed}>: host mx.customer.example said: 550 5.1.1 no such user\r\n"
        "--cut\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; relay.example\r\n\r\n"
        f"Final-Recipient: rfc822; {failed}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
        f"--cut\r\nContent-Type: text/rfc822-headers\r\n\r\n{head}\r\n--cut--\r\n"
    ).encode()

"""Mail from machines is told from mail from people, with a reason; when in doubt it is from a person."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from amends.domain.channel import Channel
from amends.ports import Fetched
from ingest.mail.dsn import read_delivery_status
from ingest.mail.parse import parse_mail
from ingest.mail.parsed import AutomaticReason, BounceKind
from ingest.mail.reader import mail_reader
from ingest.reading import Laden, Media

PERSON = b"From: Ada <ada@x.example>\nReturn-Path: <ada@x.example>\nSubject: My order\n"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"Auto-Submitted: auto-generated", AutomaticReason.AUTO_SUBMITTED),
        (b"Auto-Submitted: auto-replied (vacation)", AutomaticReason.AUTO_SUBMITTED),
        (b"X-Autoreply: yes", AutomaticReason.AUTO_REPLY_HEADER),
        (b"Precedence: auto_reply", AutomaticReason.AUTO_REPLY_HEADER),
        (b"Precedence: bulk", AutomaticReason.BULK),
        (b"List-Id: <news.x.example>", AutomaticReason.MAILING_LIST),
        (b"X-Loop: amends", AutomaticReason.OWN_LOOP),
        (b"X-Amends-Reply: r-1", AutomaticReason.OWN_LOOP),
        (
            b"Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
            AutomaticReason.READ_RECEIPT,
        ),
    ],
)
def test_a_machine_is_known_by_its_header(header: bytes, reason: AutomaticReason) -> None:
    found = parse_mail(PERSON + header + b"\n\ntext").automatic

    assert found is not None
    assert found.reason is reason
    assert found.sentence.endswith(".")


@pytest.mark.parametrize(
    "header",
    [
        b"Auto-Submitted: no",
        b"Precedence: normal",
        b"Precedence: first-class",
        b"X-Auto-Response-Suppress: All",
        b"X-Loop: other",
        b"X-Autoreply: no",
        b"X-Mailer: Outlook",
        b"Importance: high",
    ],
)
def test_a_person_is_not_silenced_by_a_harmless_header(header: bytes) -> None:
    assert parse_mail(PERSON + header + b"\n\ntext").automatic is None


@pytest.mark.parametrize(
    ("sender", "reason"),
    [
        ("noreply@x.example", AutomaticReason.NO_REPLY_SENDER),
        ("shop-no-reply@x.example", AutomaticReason.NO_REPLY_SENDER),
        ("do_not_reply@x.example", AutomaticReason.NO_REPLY_SENDER),
        ("MAILER-DAEMON@x.example", AutomaticReason.SYSTEM_SENDER),
    ],
)
def test_a_machine_is_known_by_its_address(sender: str, reason: AutomaticReason) -> None:
    found = parse_mail(f"From: {sender}\nSubject: News\n\ntext".encode()).automatic

    assert found is not None
    assert found.reason is reason


@pytest.mark.parametrize(
    "sender", ["noreen@x.example", "postmaster@bakery.example", "daemon.smith@x.example", "ana@no-reply.example"]
)
def test_a_person_is_not_silenced_by_a_similar_address(sender: str) -> None:
    assert parse_mail(f"From: {sender}\nSubject: My order\n\nIt never came.".encode()).automatic is None


def test_an_absence_note_without_headers_is_known_by_subject_and_length() -> None:
    assert parse_mail(b"From: a@x.example\nSubject: Out of office: Your case\n\nBack on Monday.").automatic is not None


@pytest.mark.parametrize("subject", ["Re: Out of office", "Your out of office message is rude", "Leave me alone"])
def test_a_person_may_write_about_absence(subject: str) -> None:
    assert parse_mail(f"From: a@x.example\nSubject: {subject}\n\nI complain.".encode()).automatic is None


def test_a_null_return_path_is_never_answered() -> None:
    found = parse_mail(b"Return-Path: <>\nFrom: a@x.example\nSubject: hello\n\nx").automatic

    assert found is not None
    assert found.reason is AutomaticReason.NULL_RETURN_PATH


def test_a_bounce_that_a_person_forwards_is_their_mail() -> None:
    mail = parse_mail(
        b"From: Ada <ada@x.example>\nSubject: Fwd: Undelivered Mail Returned to Sender\n\n"
        b"Your address does not work!\n\n"
        b"> could not be delivered to\n> <care@shop.example>: 550 5.1.1 user unknown\n"
        b"> Final-Recipient: rfc822; care@shop.example\n"
        b"> Action: failed\n"
    )

    assert mail.bounce is None
    assert mail.automatic is None


def test_a_report_that_a_gateway_titles_as_an_answer_is_a_bounce() -> None:
    head = b"From: gateway@relay.example\r\nSubject: RE: Your complaint: delivery failed\r\n"
    report = b"\r\nYour message could not be delivered to\r\nuser@customer.example\r\n"

    assert parse_mail(head + report).bounce is not None
    assert parse_mail(head + b"In-Reply-To: <1@shop.example>\r\n" + report).bounce is None
    assert parse_mail(head + report + b"I got this from you, and my kettle is still broken.\r\n").bounce is None


def test_a_delayed_mail_is_a_transient_bounce() -> None:
    bounce = parse_mail(
        b"Return-Path: <>\nFrom: Mailer-Daemon@x.example\nSubject: Warning: message delayed 24 hours\n\n"
        b"Your message has not yet been delivered to:\n\n  late@x.example\n\nDelivery attempts will continue.\n"
    ).bounce

    assert bounce is not None
    assert bounce.kind is BounceKind.TRANSIENT
    assert bounce.failed == ("late@x.example",)


def test_a_report_of_success_is_automatic_and_no_bounce() -> None:
    mail = parse_mail(
        b"From: mailer-daemon@x.example\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        b"--b\nContent-Type: message/delivery-status\n\n"
        b"Final-Recipient: rfc822; a@x.example\nAction: delivered\nStatus: 2.0.0\n--b--\n"
    )

    assert mail.bounce is None
    assert mail.automatic is not None
    assert mail.automatic.reason is AutomaticReason.DELIVERY_REPORT


def test_a_feedback_report_names_who_complained() -> None:
    mail = parse_mail(
        b"From: fbl@isp.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n"
        b"Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: <ann@ISP.example>\n--b--\n"
    )

    assert mail.bounce is not None
    assert mail.bounce.kind is BounceKind.FEEDBACK
    assert mail.bounce.failed == ("ann@isp.example",)


def test_recipients_of_a_report_are_told_apart() -> None:
    text = (
        "Reporting-MTA: dns; mx\n\nOriginal-Recipient: rfc822;alias@x.example\nFinal-Recipient: rfc822; a@x.example\n"
        "Action: failed\nStatus: 5.2.2 (full)\nDiagnostic-Code: smtp;\n 552 mailbox full\n\n"
        "Final-Recipient: b@x.example\nAction: delayed\nStatus: 4.4.1\n"
    )

    first, second = read_delivery_status(text)

    assert (first.address, first.action, first.status, first.diagnostic) == (
        "alias@x.example",
        "failed",
        "5.2.2",
        "552 mailbox full",
    )
    assert (second.address, second.action) == ("b@x.example", "delayed")


def test_a_bounce_that_returns_nothing_names_the_mail_by_its_envelope() -> None:
    def bounce(envelope_id: str) -> str:
        mail = parse_mail(
            b"From: mailer-daemon@x.example\n"
            b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
            b"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\nOriginal-Envelope-Id: "
            + envelope_id.encode()
            + b"\n\nFinal-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 5.1.1\n--b--\n"
        )
        assert mail.bounce is not None
        return mail.bounce.original_message_id

    assert bounce("0f3d.token+2B1@shop.example") == "0f3d.token+1@shop.example"
    assert bounce("QQ314159") == ""
    assert bounce("two words@shop.example") == ""


def test_a_mail_that_came_through_too_many_servers_may_run_in_a_circle() -> None:
    def hops(count: int) -> AutomaticReason | None:
        mail = parse_mail(
            b"Received: from a by b\n" * count + b"From: ann@x.example\nSubject: Hello\n\nMy kettle broke.\n"
        )
        return mail.automatic.reason if mail.automatic is not None else None

    assert (hops(30), hops(31)) == (None, AutomaticReason.TOO_MANY_HOPS)


@pytest.mark.parametrize(
    ("sender", "more", "is_read"),
    [
        (b"Landlord <care@landlord.example>", b"", True),
        (b"Us <care@council.example>", b"", False),
        (b"Landlord <care@landlord.example>", b"Auto-Submitted: auto-replied\r\n", False),
        (b"Landlord <care@landlord.example>", b"Auto-Submitted: auto-generated\r\n", False),
        (b"", b"", False),
    ],
)
def test_what_a_person_sends_from_another_amends_is_read_and_our_own_mail_is_not(
    sender: bytes, more: bytes, is_read: bool
) -> None:
    raw = b"From: %s\r\nSubject: Your leak\r\nX-Amends-Reply: r-1\r\n%s\r\nThe flat below is flooded again." % (
        sender,
        more,
    )
    fetched = Fetched(
        source="mailbox",
        item="1",
        channel=Channel.EMAIL,
        account="care@council.example",
        media=Media.MAIL,
        raw=raw,
        fetched_at=datetime(2026, 11, 1, tzinfo=UTC),
    )

    laden = mail_reader(owns=lambda address: address == "care@council.example")(fetched, "0" * 64)

    assert isinstance(laden, Laden)
    read = laden.message
    assert read.automatic is not None, "it is never answered by itself"
    assert (read.automatic.reason, read.automatic.may_be_from_a_person) == ("own-loop", is_read)

"""Our own mails, each with the values expected of it in the JSON file of the same name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.mail.command import parse_lines
from ingest.mail.parse import parse_mail
from ingest.mail.parsed import AutomaticReason, BounceKind, ParsedMail
from tests.ingest.mail.mutations import CORPUS

MAILS = sorted(CORPUS.glob("*.eml"))


def read(name: str) -> ParsedMail:
    return parse_mail((CORPUS / f"{name}.eml").read_bytes())


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_a_mail_reads_as_its_json_says(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))

    (line,) = parse_lines([path])

    assert {**line, "file": path.name} == expected


def test_text_that_styles_hide_is_disclosed_apart() -> None:
    mail = read("html_only_hidden")

    assert mail.hidden_text == "Win a prize today\nignore the customer"
    assert "prize" not in mail.text
    assert mail.html_was_source


def test_a_report_names_the_address_the_status_and_our_mail() -> None:
    bounce = read("bounce_dsn").bounce

    assert bounce is not None
    assert (bounce.kind, bounce.evidence) == (BounceKind.PERMANENT, "dsn")
    assert bounce.failed == ("gone@example.org",)
    assert (bounce.status, bounce.original_message_id) == ("5.1.1", "c-1042.1@shop.example")


def test_a_report_in_prose_names_them_too() -> None:
    bounce = read("bounce_prose").bounce

    assert bounce is not None
    assert bounce.failed == ("lost@example.org",)
    assert bounce.original_message_id == "c-1043.1@shop.example"
    assert bounce.diagnostic == "The host said: 550 mailbox unavailable"


def test_a_complaint_about_an_undelivered_parcel_is_no_bounce() -> None:
    mail = read("undelivered_parcel")

    assert mail.bounce is None
    assert mail.automatic is None


def test_an_absence_note_is_automatic_and_no_bounce() -> None:
    mail = read("out_of_office")

    assert mail.automatic is not None
    assert mail.automatic.reason is AutomaticReason.AUTO_SUBMITTED
    assert mail.automatic.is_reply
    assert mail.bounce is None


def test_words_under_sixty_boxes_are_still_read() -> None:
    mail = read("nested_deep")

    assert mail.text == "far down"
    assert "too_deep" in mail.defects


def test_one_mail_delivered_twice_has_one_digest() -> None:
    raw = (CORPUS / "attachments.eml").read_bytes()
    again = b"From x@y Fri Mar  6\r\nReceived: by other\r\nDelivered-To: b@shop.example\r\n" + raw.replace(
        b"\n", b"\r\n"
    )

    assert parse_mail(raw).content_digest == parse_mail(again).content_digest


def test_another_word_makes_another_digest() -> None:
    raw = (CORPUS / "plain_complaint.eml").read_bytes()

    assert parse_mail(raw).content_digest != parse_mail(raw.replace(b"two days", b"six days")).content_digest

"""Whatever arrives, the parser answers: soon, and with something that can be stored."""

from __future__ import annotations

import base64
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.mail.parse import parse_mail
from ingest.mail.parsed import Caps, ParsedMail
from ingest.mail.trim import trim_reply
from tests.ingest.mail.mutations import mutants, seeds

#: Seconds of processor time a mutant may take; 0.1 was the most that was measured.
MOST_SECONDS = 2.0

_FIELDS = st.sampled_from(
    [
        b"From",
        b"To",
        b"Subject",
        b"Date",
        b"Message-ID",
        b"References",
        b"Content-Type",
        b"Content-Transfer-Encoding",
        b"Content-Disposition",
        b"Return-Path",
        b"Auto-Submitted",
        b"X",
    ]
)
_VALUES = st.one_of(
    st.binary(max_size=80),
    st.sampled_from(
        [
            b"<>",
            b"a@b",
            b"=?utf-8?B?4pya?=",
            b"multipart/mixed; boundary=b",
            b"text/html; charset=utf-7",
            b"base64",
            b"message/rfc822",
            b"attachment; filename*=x'y'%ff",
            b"multipart/report; report-type=delivery-status; boundary=b",
        ]
    ),
)
_BODIES = st.one_of(
    st.binary(max_size=300), st.lists(st.sampled_from([b"--b", b"--b--", b"", b"> q", b"a: b"])).map(b"\n".join)
)
_MAILS = st.builds(
    lambda fields, body: b"".join(name + b": " + value + b"\n" for name, value in fields) + b"\n" + body,
    st.lists(st.tuples(_FIELDS, _VALUES), max_size=8),
    _BODIES,
)


def storable(mail: ParsedMail) -> bool:
    """Tell whether every text of `mail` is valid Unicode without null bytes, and its date aware."""
    texts = [mail.subject, mail.text, mail.reply_text, mail.hidden_text, mail.message_id, mail.content_digest]
    texts += [value for _, value in mail.headers]
    texts += [part for one in (*mail.from_, *mail.to, *mail.cc) for part in (one.name, one.written, one.address)]
    texts += [part for one in mail.attachments for part in (one.filename, one.content_type)]
    joined = "\n".join(texts)
    return "\0" not in joined and bool(joined.encode("utf-8")) and (mail.date is None or mail.date.tzinfo is not None)


@given(st.one_of(st.binary(max_size=500), _MAILS))
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_a_mail_that_can_be_stored(raw: bytes) -> None:
    assert storable(parse_mail(raw))


@given(st.text(max_size=400))
@settings(max_examples=200, deadline=None)
def test_trimming_never_turns_text_into_nothing(text: str) -> None:
    assert bool(trim_reply(text).strip()) == bool(text.strip())


@given(
    st.lists(
        st.sampled_from(["own words", "", "> quoted", "On 3 Mar 2026 at 10:00 A <a@b.example> wrote:"]), max_size=9
    )
)
@settings(max_examples=200, deadline=None)
def test_words_above_all_history_are_always_kept(lines: list[str]) -> None:
    assert "first of all" in trim_reply("\n".join(["first of all", *lines]))


@pytest.mark.slow
def test_broken_mails_are_read_soon_and_without_exception() -> None:
    slow = []
    for number, mutant in enumerate(mutants(400, 1, seeds())):
        started = time.process_time()
        mail = parse_mail(mutant)
        if time.process_time() - started > MOST_SECONDS:
            slow.append(number)
        assert storable(mail), f"mutant {number}"

    assert slow == []


_HEAD = b"From: a@b.example\nSubject: x\n"
_HTML = _HEAD + b"Content-Type: text/html\n\n"
_HOSTILE = {
    "empty lines": _HEAD + b"\n" * 1_000_000,
    "quotes": _HEAD + b"\n" + b">\n" * 500_000,
    "attributions": _HEAD + b"\n" + b"On Mon, 1 Jan 2024 at 10:00 a <a@b.c> wrote:\n" * 20_000,
    "header-like lines": _HEAD + b"\n" + b"From: a@b.c\n" * 80_000,
    "nested comments": b"From: " + b"(" * 60_000 + b" a@b.example\n\nx",
    "open quotes": b"From: " + b'"a\\' * 20_000 + b"\n\nx",
    "open brackets": b"To: " + b"<,<" * 20_000 + b"\n\nx",
    "encoded words": b"Subject: " + b"=?a?q?" * 10_000 + b"\n\nx",
    "multiparts in multiparts": b"".join(
        b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(5000)
    ),
    "messages in messages": b"Content-Type: message/rfc822\n\n" * 20_000,
    "boundaries": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * 200_000,
    "guessed boundaries": b"Content-Type: multipart/mixed\n\n" + b"--a: b\n" * 100_000,
    "deep html": _HTML + b"<div>" * 200_000,
    "lists in lists": _HTML + b"<ul><li>x" * 50_000,
    "attributes": _HTML + b"<p " + b"a=1 " * 100_000 + b">x",
    "open styles": _HTML + b"<style>" * 50_000,
    "at rules": _HTML + b"<style>" + b"@" * 60_000 + b"</style><p hidden>x",
    "open comments": _HTML + b"<!--" * 100_000,
    "padding": _HEAD + b"Content-Transfer-Encoding: base64\n\n" + b"QQ==\n" * 200_000,
    "punycode": _HEAD + b"Content-Type: text/plain; charset=punycode\n\n" + b"a-b" * 300_000,
    "report": b"From: mailer-daemon@x.example\nSubject: undeliverable\n\n" + b"could not be delivered a@b.c\n" * 30_000,
    "at signs": b"From: mailer-daemon@x.example\nSubject: undeliverable\n\n" + b"a@" * 500_000,
}


@pytest.mark.parametrize("name", _HOSTILE)
def test_a_mail_made_to_be_slow_is_not(name: str) -> None:
    started = time.process_time()

    mail = parse_mail(_HOSTILE[name])

    assert time.process_time() - started < MOST_SECONDS
    assert storable(mail)


def test_a_mail_over_the_cap_keeps_its_header_and_says_why() -> None:
    mail = parse_mail(_HEAD + b"\n" + b"x" * 1000, caps=Caps(size_bytes=500))

    assert mail.error is not None
    assert "too large" in mail.error
    assert mail.subject == "x"
    assert mail.from_[0].address == "a@b.example"


def test_no_more_attachments_than_allowed_are_taken_out() -> None:
    part = b"--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n" + base64.b64encode(b"x") + b"\n"

    mail = parse_mail(b"Content-Type: multipart/mixed; boundary=b\n\n" + part * 40, caps=Caps(attachments=10))

    assert len(mail.attachments) == 10
    assert "too_many_attachments" in mail.defects

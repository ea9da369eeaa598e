"""A reply as the bytes of a mail: what servers, threads and other responders need, and nothing forged."""

from __future__ import annotations

from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.domain.contact import Identity, IdentityKind
from amends.domain.reply import ReplyState
from amends.errors import Misconfigured, Unprocessable
from respond.senders.mail import OwnAddresses, compose_mail, own_message_id, recipient
from tests.respond.builders import NOON, OWN, a_reply

TOKEN = "k3y0f7hec4se"  # noqa: S105 - a made-up one


def mail(reply: Any = None, **changes: Any) -> EmailMessage:
    raw = compose_mail(reply or a_reply(), own=OWN, at=NOON, **changes)
    parsed = message_from_bytes(raw, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def test_a_mail_says_who_writes_to_whom_and_when() -> None:
    parsed = mail()

    assert parsed["From"] == "Northwind Care <care@northwind.example>"
    assert parsed["To"] == "sam@customer.example"
    assert parsed["Date"].datetime == NOON
    assert parsed["X-Amends-Reply"] == a_reply().id


def test_a_mail_joins_the_customers_thread() -> None:
    parsed = mail(in_reply_to="<c@customer.example>", references=("<a@customer.example>", "<b@northwind.example>"))

    assert parsed["In-Reply-To"] == "<c@customer.example>"
    assert parsed["References"].split() == ["<a@customer.example>", "<b@northwind.example>", "<c@customer.example>"]


def test_a_name_in_a_thread_that_is_none_is_left_out() -> None:
    parsed = mail(
        in_reply_to="<c@customer.example>\r\nBcc: eve@elsewhere.example",
        references=("", "<a@x.example>", "broken", "<a@x.example>", "<b@x.example>\r\n"),
    )

    assert parsed["References"] == "<a@x.example>"
    assert parsed["In-Reply-To"] is None
    assert parsed["Bcc"] is None


def test_an_endless_thread_keeps_its_first_and_its_last_names() -> None:
    names = tuple(f"<{number}@customer.example>" for number in range(500))

    kept = mail(in_reply_to=names[-1], references=names)["References"].split()

    assert len(kept) == 100
    assert (kept[0], kept[-1]) == (names[0], names[-1])


def test_the_same_reply_always_has_the_same_name() -> None:
    first = mail(reply_token=TOKEN)

    assert first["Message-ID"] == mail(reply_token=TOKEN)["Message-ID"]
    assert first["Message-ID"] == own_message_id(a_reply().id, TOKEN, OWN)
    assert a_reply().id in first["Message-ID"]


def test_a_name_given_before_is_kept() -> None:
    assert mail(a_reply(channel_name="<given@northwind.example>"))["Message-ID"] == "<given@northwind.example>"


def test_an_answer_finds_its_case_by_the_token() -> None:
    assert mail(reply_token=TOKEN)["Reply-To"] == f"replies+{TOKEN}@northwind.example"
    assert mail()["Reply-To"] is None


def test_a_token_that_would_forge_a_header_is_refused() -> None:
    with pytest.raises(ValueError, match="token"):
        mail(reply_token="bad\r\nBcc: eve@elsewhere.example")  # noqa: S106 - a made-up one


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("care", "x.example"),
        ("a@x.example\r\nBcc: b@x.example", "x.example"),
        ("care@x.example", "x\r\n"),
        ("ä@x.example", "x"),
    ],
)
def test_own_addresses_that_cannot_be_are_refused_at_the_start(address: str, domain: str) -> None:
    with pytest.raises(Misconfigured):
        OwnAddresses(name="Northwind", address=address, domain=domain)


def test_a_name_of_ours_with_odd_letters_arrives_whole() -> None:
    own = OwnAddresses(name='Größe "&" Söhne,\nKundendienst', address="care@x.example", domain="x.example")

    parsed = message_from_bytes(compose_mail(a_reply(), own=own, at=NOON), policy=policy.default)

    assert parsed["From"].addresses[0].display_name == 'Größe "&" Söhne, Kundendienst'


def test_an_automatic_mail_says_so() -> None:
    parsed = mail()

    assert parsed["Auto-Submitted"] == "auto-replied"
    assert parsed["X-Auto-Response-Suppress"] == "All"
    assert parsed["Precedence"] is None


def test_a_mail_that_a_person_approved_does_not_call_itself_automatic() -> None:
    parsed = mail(a_reply(is_automatic=False, state=ReplyState.IN_REVIEW))

    assert parsed["Auto-Submitted"] is None
    assert parsed["X-Auto-Response-Suppress"] is None


@pytest.mark.parametrize(
    ("subject", "in_reply_to", "written"),
    [
        ("Broken kettle", "<a@x.example>", "Re: Broken kettle"),
        ("re: Broken kettle", "<a@x.example>", "re: Broken kettle"),
        ("Broken kettle", "", "Broken kettle"),
        ("", "", "Your message"),
        ("Größe, 日本語 \U0001f44b", "", "Größe, 日本語 \U0001f44b"),
    ],
)
def test_a_subject_arrives_as_it_was_meant(subject: str, in_reply_to: str, written: str) -> None:
    assert mail(a_reply(subject=subject), in_reply_to=in_reply_to)["Subject"] == written


@given(subject=st.text(max_size=400), text=st.text(min_size=1, max_size=400).filter(str.strip))
def test_no_subject_or_text_forges_a_header_or_an_illegal_line(subject: str, text: str) -> None:
    raw = compose_mail(a_reply(subject=subject, text=text), own=OWN, at=NOON, in_reply_to="<a@x.example>")
    parsed = message_from_bytes(raw, policy=policy.default)

    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert set(parsed.keys()) == {
        "Date", "From", "To", "Message-ID", "Subject", "References", "In-Reply-To", "X-Amends-Reply",
        "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
    }  # fmt: skip
    assert not parsed.defects


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=200), min_size=1))
def test_the_words_arrive_as_they_were_written(lines: list[str]) -> None:
    text = "\n".join(["Hello,", *lines]).rstrip()

    payload = mail(a_reply(text=text)).get_payload(decode=True)

    assert isinstance(payload, bytes)
    assert payload.decode() == "\r\n".join(text.split("\n")) + "\r\n"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("a@x.example,b@x.example", "no_address"),
        ("a@x.example b@x.example", "no_address"),
        ("Sam <a@x.example>", "no_address"),
        ("a@x.example\nBcc: b@x.example", "no_address"),
        ("a@" + "ü" * 70 + ".example", "bad_domain"),
        ("jürgen@x.example", "not_ascii"),
        ("CARE@northwind.example", "own_address"),
        ("replies+tok@NORTHWIND.example", "own_address"),
    ],
)
def test_an_address_that_cannot_take_one_mail_is_refused(value: str, reason: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        recipient(Identity(kind=IdentityKind.TYPED_EMAIL, value=value), OWN)

    assert refused.value.reason == reason


def test_a_domain_in_another_script_is_written_as_servers_take_it() -> None:
    address = recipient(Identity(kind=IdentityKind.EMAIL, value="sam@bücher.example"), OWN)

    assert address == "sam@xn--bcher-kva.example"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        compose_mail(a_reply(), own=OWN, at=datetime(2026, 3, 3))  # noqa: DTZ001

"""Headers, addresses, charsets, transfer encodings, structure and HTML, where mail breaks the rules."""

# Letters of other scripts are meant to be what they are.
# ruff: noqa: RUF001

from __future__ import annotations

import base64
import hashlib

import pytest

from ingest.mail.addresses import parse_addresses
from ingest.mail.charset import decode
from ingest.mail.flowed import unflow
from ingest.mail.headers import decode_words, parameters
from ingest.mail.html_text import read_html
from ingest.mail.parse import parse_mail
from ingest.mail.transfer import undo_transfer_encoding


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Ada <ada@Example.COM>", [("Ada", "ada@example.com")]),
        ("Ada.B@Example.com", [("", "Ada.B@example.com")]),
        ('"Brook, Ada" <ada@x.example>, bob@x.example', [("Brook, Ada", "ada@x.example"), ("", "bob@x.example")]),
        ("=?utf-8?Q?Brook,_Ada?= <ada@x.example>", [("Brook, Ada", "ada@x.example")]),
        (
            "Team: a@x.example, b@x.example;, c@x.example",
            [("", "a@x.example"), ("", "b@x.example"), ("", "c@x.example")],
        ),
        ("a@x.example; b@x.example", [("", "a@x.example"), ("", "b@x.example")]),
        ("ada@x.example (Ada Brook)", [("Ada Brook", "ada@x.example")]),
        ("Ada ada@x.example", [("Ada", "ada@x.example")]),
        ("Ada <ada@x.example", [("Ada", "ada@x.example")]),
        ('"Ada <ada@x.example>', [("Ada", "ada@x.example")]),
        ("Ada (unclosed <ada@x.example>", [("Ada (unclosed", "ada@x.example")]),
        ("<mailto:ada@x.example>", [("", "ada@x.example")]),
        ('"odd name"@x.example', [("", '"odd name"@x.example')]),
        ("undisclosed-recipients:;", []),
        ("Ada", [("Ada", "")]),
        ("<>", [("", "")]),
    ],
)
def test_addresses_are_found_in_what_mailers_write(value: str, expected: list[tuple[str, str]]) -> None:
    assert [(one.name, one.address) for one in parse_addresses(value)] == expected


def test_comments_stay_in_what_was_written_and_leave_what_is_sent_to() -> None:
    (found,) = parse_addresses(r"Pete(A nice \) chap) <pete(his account)@silly.test(his host)>")

    assert found.written == "pete(his account)@silly.test"
    assert found.address == "pete@silly.test"


def test_a_character_split_over_two_encoded_words_is_joined() -> None:
    assert decode_words("=?utf-8?B?4py=?= =?utf-8?B?hQ==?=".replace("4py=", "4pw=")) == "✅"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=?utf-8?Q?Hello world?=", "Hello world"),
        ("=?utf-8?Q?a_=C3=A9?= plain =?utf-8?Q?b?=", "a é plain b"),
        ("=?nonsense?Q?caf=E9?=", "café"),
        ("=?utf-8?B?Y2Fmw6k?=", "café"),
        ("=?utf-8?Q?no end", "=?utf-8?Q?no end"),
        ("=?utf-8*en?Q?tagged?=", "tagged"),
        ("=?iso-8859-1?Q?why=3F?=", "why?"),
        ("100 =? 200", "100 =? 200"),
    ],
)
def test_encoded_words_are_read_even_when_broken(value: str, expected: str) -> None:
    assert decode_words(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("attachment; filename*=utf-8''Ri%C3%9F.png", "Riß.png"),
        ('attachment; filename*0="long "; filename*1=name.pdf', "long name.pdf"),
        ("attachment; filename*0*=utf-8''a%20; filename*1*=b", "a b"),
        ("attachment; filename*=bogus''caf%E9", "café"),
        ('attachment; filename="open', "open"),
        ("attachment filename=x.txt", "x.txt"),
    ],
)
def test_parameters_are_read_in_every_way_they_are_written(value: str, expected: str) -> None:
    assert parameters(value)[1]["filename"] == expected


@pytest.mark.parametrize(
    ("data", "declared", "expected"),
    [
        ("快递".encode("gb18030"), "gb2312", "快递"),
        ("똠방각하".encode("cp949"), "ks_c_5601-1987", "똠방각하"),
        (b"caf\xe9 \x9620", "iso-8859-1", "café –20"),
        ("café".encode(), "iso-8859-1", "café"),
        ("café".encode(), "us-ascii", "café"),
        (b"caf\xe9", "utf-8", "café"),
        (b"caf\xe9", "x-nonsense", "café"),
        (b"caf\xe9", "punycode", "café"),
        (b"caf\xe9", "base64", "café"),
        ("日本".encode("iso2022_jp"), "ISO-2022-JP", "日本"),
        (b"a\0b\x07", "", "ab"),
        ("é".encode("utf-16"), "utf-16", "é"),
        (b"\x81\x8d", "", ""),
    ],
)
def test_the_charset_ladder_ends_in_words(data: bytes, declared: str, expected: str) -> None:
    assert decode(data, declared)[0] == expected


def test_a_long_russian_text_without_charset_is_guessed() -> None:
    text = "Здравствуйте, я хочу пожаловаться на доставку: посылка пришла разбитой, и никто не отвечает. " * 4

    assert decode(text.encode("koi8_r"))[0] == text


@pytest.mark.parametrize(
    ("data", "encoding", "expected"),
    [
        (b"Y2Fm\r\nw6k=\r\n", "base64", b"caf\xc3\xa9"),
        (b"Y2Fmw6k", "Base64", b"caf\xc3\xa9"),
        (b"Y2Fm!w6k=", "base64", b"caf\xc3\xa9"),
        (b"QQ==QQ==", "base64", b"AA"),
        (b"plain words, not encoded at all.", "base64", b"plain words, not encoded at all."),
        (b"caf=C3=A9=\n!", "quoted-printable", b"caf\xc3\xa9!"),
        (b"100=ZZ", "quoted-printable", b"100=ZZ"),
        (b"as is", "nonsense", b"as is"),
    ],
)
def test_transfer_encodings_are_undone_even_when_broken(data: bytes, encoding: str, expected: bytes) -> None:
    assert undo_transfer_encoding(data, encoding, is_text=True)[0] == expected


def test_a_list_footer_under_a_base64_text_stays_readable() -> None:
    data = base64.b64encode(b"My words") + b"\n____\nUnsubscribe: here, please!\n"

    assert undo_transfer_encoding(data, "base64", is_text=True)[0].startswith(b"My words\n")
    assert b"Unsubscribe" in undo_transfer_encoding(data, "base64", is_text=True)[0]


def test_flowed_text_joins_quotes_by_depth_and_keeps_the_signature_mark() -> None:
    assert unflow("> a \n> b\nown \nwords\n-- \nAda") == "> a b\nown words\n-- \nAda"


def test_html_reads_like_the_page_looks() -> None:
    html = "<p>One <b>bold</b></p><p>Two<br>lines</p><table><tr><td>a</td><td>b</td></tr></table><pre>x\n y</pre>"

    assert read_html(html).text == "One bold\n\nTwo\nlines\n\na\tb\n\nx\ny"


@pytest.mark.parametrize(
    "hiding",
    [
        "<p style='display : none'>",
        "<p hidden>",
        "<p style='VISIBILITY:hidden'>",
        "<p style='font-size:0'>",
        "<p style='opacity:0'>",
        "<p style='color:#fff;background-color:white'>",
        "<style>.h{display:none}</style><p class=h>",
        "<p style='max-height:0;overflow:hidden'>",
    ],
)
def test_what_styles_hide_is_told_apart(hiding: str) -> None:
    read = read_html(f"<p>shown</p>{hiding}secret</p>")

    assert read.text == "shown"
    assert read.hidden == "secret"


@pytest.mark.parametrize(
    "showing",
    [
        "<style>@media print{.h{display:none}}</style><p class=h>",
        "<td style='font-size:0'><p style='font-size:14px'>",
        "<p style='line-height:0.9;font-size:10px'>",
        "<p style='color:#fff;background-color:#000'>",
        "<p style='font-size:0.9em'>",
    ],
)
def test_what_a_reader_sees_is_not_called_hidden(showing: str) -> None:
    assert "seen" in read_html(f"{showing}seen</p>").text


def test_unseen_characters_break_no_words() -> None:
    assert read_html(
        "<p>com&shy;plaint \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 &zwnj;&nbsp;&zwnj;&nbsp;</p>"
    ).text == ("complaint \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645")


def test_three_hundred_nested_tags_lose_no_word() -> None:
    assert read_html("<div>" * 300 + "deep" + "</div>" * 300).text == "deep"


def test_the_same_bytes_attached_have_their_own_digest_and_size() -> None:
    content = b"\x89PNG\r\n"
    mail = parse_mail(
        b"Content-Type: image/png; name=../../etc/x.png\nContent-Transfer-Encoding: base64\n\n"
        + base64.b64encode(content)
    )

    (one,) = mail.attachments

    assert (one.filename, one.size_bytes, one.sha256) == ("x.png", 6, hashlib.sha256(content).hexdigest())


def test_a_placeholder_for_html_readers_gives_way_to_the_html() -> None:
    mail = parse_mail(
        b"Content-Type: multipart/alternative; boundary=b\n\n--b\n\nYour program does not support HTML.\n--b\n"
        b"Content-Type: text/html\n\n<p>" + b"I was charged twice and nobody answers my calls. " * 5 + b"</p>\n--b--\n"
    )

    assert mail.text.startswith("I was charged twice")


def test_an_inner_part_never_runs_past_its_container() -> None:
    mail = parse_mail(
        b"Content-Type: multipart/mixed; boundary=out\n\n"
        b"--out\nContent-Type: multipart/mixed; boundary=in\n\n--in\n\nfirst\n"
        b"--out\n\nsecond\n--out--\n"
    )

    assert mail.text == "first\n\nsecond"


def test_swapped_boundaries_lose_no_words() -> None:
    mail = parse_mail(
        b"Content-Type: multipart/mixed; boundary=a\n\n--B\nContent-Type: text/plain\n\nmy words\n--B--\n"
    )

    assert mail.text == "my words"
    assert "boundary_guessed" in mail.defects


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Tue, 03 Mar 2026 09:15:00 +0100", "2026-03-03T08:15:00+00:00"),
        ("Tue, 03 Mar 2026 09:15:00 -0000", "2026-03-03T09:15:00+00:00"),
        ("Tue (comment), 03 Mar 2026 09:15:00 GMT", "2026-03-03T09:15:00+00:00"),
    ],
)
def test_dates_are_told_in_utc(date: str, expected: str) -> None:
    found = parse_mail(f"Date: {date}\n\nx".encode()).date

    assert found is not None
    assert found.isoformat() == expected


@pytest.mark.parametrize(
    "date", ["yesterday", "Tue, 99 Mar 2026 09:15:00 +0100", "1 Jan 0000 00:00:00 +9999", "(" * 200]
)
def test_a_date_that_is_none_is_none(date: str) -> None:
    assert parse_mail(f"Date: {date}\n\nx".encode()).date is None


def test_references_keep_their_order_and_the_null_sender_is_not_a_missing_one() -> None:
    mail = parse_mail(b"References: <a@x> <b@x>\n <a@x>\nIn-Reply-To: <b@x>\nReturn-Path: <>\n\n")

    assert mail.references == ("a@x", "b@x")
    assert mail.in_reply_to == ("b@x",)
    assert mail.return_path == ""
    assert parse_mail(b"Subject: x\n\n").return_path is None

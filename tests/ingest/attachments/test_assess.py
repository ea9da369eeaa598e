"""Files that came with a message: what they are, and which are not kept."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.domain.message import Attachment
from ingest.attachments.archive import MIB
from ingest.attachments.assess import FileCaps, assess, assess_all
from ingest.attachments.sniff import sniff
from tests.ingest.attachments.archives import a_zip, a_zip_over_itself, zeros
from tests.support.builders import sha256_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
WORD = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}


def named(value: bytes | str) -> str:
    """Name a case by what is the same in every process: an archive holds the time at which it was made."""
    return value if isinstance(value, str) else f"{value[:8]!r}"


def claimed(content: bytes, name: str = "file", type_: str = "application/octet-stream") -> Attachment:
    return Attachment(filename=name, content_type=type_, size_bytes=len(content), sha256=sha256_of(content))


def assessed(content: bytes, name: str = "file", type_: str = "application/octet-stream") -> Attachment:
    return assess(claimed(content, name, type_), content, place=0)


@pytest.mark.parametrize(
    ("content", "type_"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "image/heic"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "video/mp4"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (b"MZ\x90\0", "application/vnd.microsoft.portable-executable"),
        (b"#!/bin/sh\n", "text/x-script"),
        (b"\n <!DOCTYPE html><html>", "text/html"),
        (b"<?xml version='1.0'?>\n<svg xmlns='x'>", "image/svg+xml"),
        (b"Received: from a\r\n\r\n", "message/rfc822"),
        ("Grüße aus Köln".encode(), "text/plain"),
        (bytes(range(256)), "application/octet-stream"),
        (b"", ""),
        (gzip.compress(b"words", mtime=0), "application/gzip"),
    ],
    ids=named,
)
def test_the_bytes_say_what_a_file_is(content: bytes, type_: str) -> None:
    assert assessed(content).sniffed_type == type_


def test_what_is_packed_into_a_zip_says_what_it_is() -> None:
    book = a_zip({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"}, packed=False)

    assert assessed(a_zip(WORD)).sniffed_type.endswith("wordprocessingml.document")
    assert assessed(book).sniffed_type == "application/vnd.oasis.opendocument.text"
    assert assessed(a_zip({"a.txt": b"a"})).sniffed_type == "application/zip"


def test_a_claim_stays_a_claim() -> None:
    one = assessed(b"MZ\x90\0", "invoice.pdf", "application/pdf")

    assert (one.filename, one.content_type) == ("invoice.pdf", "application/pdf")
    assert one.refused == ""
    assert "can act when it is opened" in one.note
    assert "calls it application/pdf" in one.note


@pytest.mark.parametrize(
    ("content", "type_"),
    [(b"a,b\n1,2\n", "text/csv"), (PNG, "image/png"), (a_zip(WORD), "application/octet-stream"), (b"hi", "text/plain")],
    ids=named,
)
def test_nothing_is_said_of_a_claim_that_agrees(content: bytes, type_: str) -> None:
    assert assessed(content, type_=type_).note == ""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (a_zip({"a": zeros(40)}), "archive_ratio"),
        (gzip.compress(zeros(40), mtime=0), "archive_ratio"),
        (lzma.compress(zeros(40)), "archive_ratio"),
        (a_zip_over_itself(2_000), "archive_overlap"),
        (a_zip({f"{number}": b"" for number in range(5_001)}), "archive_entries"),
        (a_zip({"lib.zip": a_zip({"a": zeros(4)}), "other": b"x"}), "archive_nested"),
        (a_zip({f"{number}.zip": bytes([number]) for number in range(12)}, packed=False), "archive_nested"),
    ],
    ids=named,
)
def test_an_archive_that_would_burst_is_refused_with_its_reason(content: bytes, reason: str) -> None:
    one = assessed(content, "photos.zip", "application/zip")

    assert one.refused == reason
    assert one.note


def test_a_bomb_costs_no_memory() -> None:
    bomb = a_zip({f"{number}": zeros(8) for number in range(40)})
    tracemalloc.start()
    try:
        assert assessed(bomb).refused == "archive_ratio"
        assert tracemalloc.get_traced_memory()[1] < 2 * MIB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (bz2.compress(b"words"), "does not say how large"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(30), "does not say how large"),
        (a_zip({"a": b"words"})[:-10], "damaged zip"),
        (b"PK\3\4" + bytes(100), "damaged zip"),
        (b"\xfd7zXZ\0" + bytes(40), "damaged xz"),
    ],
    ids=named,
)
def test_what_cannot_be_looked_into_is_kept_and_a_person_is_told(content: bytes, note: str) -> None:
    one = assessed(content, type_="application/octet-stream")

    assert one.refused == ""
    assert note in one.note


def test_an_ordinary_archive_is_kept() -> None:
    pictures = a_zip({f"{number}.jpg": b"\xff\xd8\xff" + os.urandom(10_000) for number in range(30)})

    assert (assessed(pictures).refused, assessed(pictures).note) == ("", "")
    assert assessed(a_zip({"inner.zip": pictures})).refused == ""
    assert assessed(lzma.compress(b"words" * 1000)).refused == ""


def test_so_many_are_kept_and_so_large_and_the_rest_is_named() -> None:
    caps = FileCaps(number=2, each_bytes=5)
    files = [(claimed(content, name), content) for name, content in (("a", b"aaaaaa"), ("b", b"b"), ("c", b"c"))]

    found = assess_all(files, caps=caps)

    assert [one.refused for one in found] == ["too_large", "", "too_many"]
    assert all(one.note for one in found if one.refused)


@given(st.binary(max_size=600))
def test_any_bytes_at_all_are_assessed(content: bytes) -> None:
    for beginning in (b"", b"PK\3\4", b"PK\5\6", b"\xfd7zXZ\0", b"\x1f\x8b"):
        assert assessed(beginning + content).sniffed_type == sniff(beginning + content) or beginning == b"PK\3\4"


@given(st.binary(max_size=300), st.integers(min_value=0, max_value=400), st.integers(min_value=0, max_value=255))
def test_a_zip_with_any_byte_changed_is_assessed(tail: bytes, at: int, byte: int) -> None:
    whole = bytearray(a_zip(WORD) + tail)
    whole[at % len(whole)] = byte

    assessed(bytes(whole))

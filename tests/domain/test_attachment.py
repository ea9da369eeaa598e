"""Names that attachments are saved under, and the headers that keep them out of our pages."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.domain.attachment import CaseAttachment, Download, safe_filename
from amends.domain.message import Attachment


def an_attachment(name: str, *, sniffed: str = "image/png", refused: str = "") -> CaseAttachment:
    attachment = Attachment(
        filename=name,
        content_type="image/png",
        size_bytes=1,
        sha256="00",
        sniffed_type=sniffed,
        refused=refused,
        note=refused,
    )
    return CaseAttachment(number=3, message_id="m", attachment=attachment)


@pytest.mark.parametrize(
    ("claimed", "saved"),
    [
        ("fire.png", "fire.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ines\\fire.png", "fire.png"),
        ("", "attachment-3"),
        (" .. ", "attachment-3"),
        ("con.txt", "attachment-3-con.txt"),
        ("-rf.png", "rf.png"),
        ("Grüße 1.pdf", "Grüße 1.pdf"),
        ("in\u202egnp.exe", "ingnp.exe"),
        ('a"b<c>|d?.png', "a_b_c__d_.png"),
        (f"{'a' * 300}.jpeg", f"{'a' * 108}.jpeg"),
    ],
)
def test_a_name_is_safe_on_any_machine(claimed: str, saved: str) -> None:
    assert safe_filename(an_attachment(claimed)) == saved


def test_what_could_act_gets_an_ending_that_nothing_opens() -> None:
    assert safe_filename(an_attachment("page.pdf", sniffed="text/html")) == "page.pdf.untrusted"


@given(st.text(max_size=400))
def test_any_name_becomes_one_that_can_be_written_and_sent(claimed: str) -> None:
    name = safe_filename(an_attachment(claimed))
    headers = Download(content=b"", filename=name).headers

    assert 0 < len(name) <= 140
    assert not re.search(r"[/\\\x00-\x1f\x7f]", name)
    assert name not in {".", ".."}
    for value in headers.values():
        assert value.isascii()
        assert value.isprintable()


def test_a_download_is_never_shown_in_a_page() -> None:
    headers = Download(content=b"<script>", filename="x.html").headers

    assert headers["Content-Disposition"].startswith("attachment; ")
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]


def test_what_was_refused_says_why() -> None:
    assert an_attachment("a.zip", refused="archive_ratio").why_not == "it was refused: archive_ratio"
    with pytest.raises(ValueError, match="says why"):
        Attachment(filename="a", content_type="b", size_bytes=1, sha256="0", refused="too_large")

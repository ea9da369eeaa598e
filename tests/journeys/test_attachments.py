"""Files that come with a mail, from the mail to the handler's disk."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from amends.rebuild import log_of_database, open_present, rebuild
from ingest.mail.parse import parse_mail
from tests.ingest.attachments.archives import a_zip, zeros
from tests.ingest.attachments.clamd import EICAR, Clamd, running
from tests.journeys.letters import COMPLAINT
from tests.journeys.running import a_house, work, written_mails
from tests.journeys.test_people import Desk
from tests.support.builders import sha256_of

PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20
FILES = {
    "../kettle.jpg": PHOTO,
    "photos.zip": a_zip({"a": zeros(40)}),
    "invoice.pdf": b"MZ\x90\0" + bytes(60),
    "virus.txt": EICAR,
}


def a_mail_with_files() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = "Ines <ines@customer.example>", "care@shop.example"
    mail["Subject"], mail["Message-ID"] = "The kettle", "<kettle-1@customer.example>"
    mail.set_content(COMPLAINT)
    for name, content in FILES.items():
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


@pytest.fixture
def clamd() -> Iterator[Clamd]:
    with running(Clamd()) as found:
        yield found


@pytest.fixture
def desk(tmp_path: Path, clamd: Clamd, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("AMENDS_CLAMD", clamd.address)
    letters = written_mails(tmp_path / "letters", [a_mail_with_files()])
    with a_house(tmp_path / "data") as house:
        desk = Desk(house, letters)
        desk.type("ingest", "files", str(letters))
        work(house)
        yield desk


def scan(desk: Desk) -> int:
    scanning = desk.house.scanning
    assert scanning is not None
    return scanning.scan_some()


def test_files_of_a_mail_are_listed_saved_and_scanned(desk: Desk, clamd: Clamd, tmp_path: Path) -> None:
    case = desk.case_of("ines@customer.example")
    listed = desk.type("case", "attachments", case, "--json").json

    assert [(one["number"], one["attachment"]["filename"]) for one in listed] == [
        (1, "kettle.jpg"),
        (2, "photos.zip"),
        (3, "invoice.pdf"),
        (4, "virus.txt"),
    ]
    assert [one["attachment"]["refused"] for one in listed] == ["", "archive_ratio", "", ""]
    assert [one["scan"] for one in listed] == [None] * 4
    shown = desk.type("case", "show", case).out
    assert "REFUSED (archive_ratio)" in shown
    assert "not scanned" in shown

    desk.type("case", "attachment", case, "1", "--out", str(tmp_path / "photo"))
    assert (tmp_path / "photo").read_bytes() == PHOTO
    assert "exists" in desk.refusal("case", "attachment", case, "1", "--out", str(tmp_path / "photo"))
    assert "times its size" in _refusal_of(desk, case, 2, tmp_path)
    assert desk.house.attachment(case, 3).filename == "invoice.pdf.untrusted"
    assert "no attachment 9" in _refusal_of(desk, case, 9, tmp_path)

    assert scan(desk) == 3
    assert sha256_of(EICAR) in {sha256_of(content) for content in clamd.seen}
    assert "Eicar-Test-Signature" in _refusal_of(desk, case, 4, tmp_path)
    assert "clean" in desk.type("case", "attachments", case).out


def test_what_was_refused_is_in_the_raw_mail(desk: Desk) -> None:
    [bomb] = [
        one
        for one in desk.type("case", "attachments", desk.case_of("ines@customer.example"), "--json").json
        if one["attachment"]["refused"]
    ]
    sha256 = bomb["attachment"]["sha256"]
    with desk.house.database.reading() as unit:
        raw = unit.messages.get(bomb["message_id"]).message.raw_sha256

    assert not desk.house.blobs.has(sha256)
    assert sha256 in {one.sha256 for one in parse_mail(desk.house.blobs.get(raw)).attachments}


def test_a_file_that_came_before_files_were_kept_is_taken_out_of_its_mail(desk: Desk) -> None:
    blobs = desk.house.settings.data_dir / "blobs"
    (blobs / sha256_of(PHOTO)[:2] / sha256_of(PHOTO)).unlink()

    assert desk.house.attachment(desk.case_of("ines@customer.example"), 1).content == PHOTO


def test_a_rebuild_knows_what_came_and_what_the_scanner_said(desk: Desk, tmp_path: Path) -> None:
    scan(desk)
    present = open_present(desk.house)

    again = rebuild(desk.house, str(tmp_path / "new.db"), log_=log_of_database(present), present=present)

    present.engine.dispose()
    assert again.differences == []
    assert again.is_proved


def test_doctor_says_whether_the_scanner_answers(desk: Desk, clamd: Clamd) -> None:
    found = desk.type("doctor", "--json", code=None).json
    assert ["ClamAV" in one["says"] for one in found if one["what"] == "scanner"] == [True]


def _refusal_of(desk: Desk, case: str, number: int, folder: Path) -> str:
    return desk.refusal("case", "attachment", case, str(number), "--out", str(folder / "out"))

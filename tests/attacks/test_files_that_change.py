"""Files that change under our eyes: what is new is taken in, what is not is not, and the proof sees both."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from amends.compose import House
from amends.domain.arrival import Fate
from amends.errors import Refused
from ingest.files import FilesConnector, Looks
from ingest.runner import take_in_all
from tests.journeys.running import a_house, type_in
from tests.support.clock import FakeClock


def a_mail(text: str) -> bytes:
    head = f"From: Ines <ines@example.org>\nSubject: Parcel\nMessage-ID: <{abs(hash(text))}@example.org>\n"
    return f"{head}Date: Mon, 16 Nov 2026 09:00:00 +0000\n\n{text}\n".encode()


def an_mbox(*texts: str) -> bytes:
    return b"".join(b"From ines@example.org Mon Nov 16 09:00:00 2026\n" + a_mail(text) + b"\n" for text in texts)


class Inbox:
    """A folder, and an installation that reads it."""

    def __init__(self, tmp_path: Path, house: House) -> None:
        self.folder = tmp_path / "inbox"
        self.folder.mkdir()
        self.data = house.settings.data_dir
        self.house = house

    def read(self, *, looks: Looks | None = None) -> Counter[Fate]:
        house = self.house
        connector = house.files(self.folder, looks=looks)
        with house.database.unit() as unit:
            unit.intake.remember_source(connector.source, json.dumps({"files": str(self.folder)}))
            unit.commit()
        return take_in_all(connector, house.database.unit, house.blobs, house.readers, stop=Event())

    def unexplained(self) -> list[list[str]]:
        said = type_in("reconcile", "--json", "--data-dir", str(self.data), code=None).json
        return [item for source in said["sources"] for item in source["unexplained"]]

    def put(self, name: str, content: bytes) -> Path:
        file = self.folder / name
        file.write_bytes(content)
        # As old as files are that nobody is writing any more.
        os.utime(file, (1_700_000_000, 1_700_000_000))
        return file


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    with a_house(tmp_path / "data") as house:
        yield Inbox(tmp_path, house)


def test_a_file_that_is_written_over_brings_another_mail(inbox: Inbox) -> None:
    inbox.put("last.eml", a_mail("My parcel never came."))
    assert inbox.read() == {Fate.INGESTED: 1}
    inbox.put("last.eml", a_mail("It came, and it was broken."))
    assert [item for item, _ in inbox.unexplained()] == [f"last.eml@{sha('It came, and it was broken.')}"]
    assert inbox.read() == {Fate.INGESTED: 1}
    assert inbox.read() == {}
    assert inbox.unexplained() == []


def sha(text: str) -> str:
    return hashlib.sha256(a_mail(text)).hexdigest()[:12]


def test_a_mail_that_takes_the_place_of_another_in_an_mbox_is_not_lost(inbox: Inbox) -> None:
    inbox.put("all.mbox", an_mbox("One.", "Two.", "Three."))
    assert inbox.read() == {Fate.INGESTED: 3}
    inbox.put("all.mbox", an_mbox("Two.", "Three.", "Four."))
    assert inbox.read() == {Fate.INGESTED: 1, Fate.DUPLICATE: 2}
    assert inbox.read() == {}
    assert inbox.unexplained() == []


def test_a_log_of_forms_that_is_begun_anew_is_read_anew(inbox: Inbox) -> None:
    def line(text: str) -> bytes:
        return json.dumps({"text": text, "submitted_at": "2026-11-16T09:00:00Z"}).encode() + b"\n"

    inbox.put("forms.jsonl", line("My parcel never came.") + line("I was charged twice."))
    assert inbox.read() == {Fate.INGESTED: 2}
    inbox.put("forms.jsonl", line("Nobody answers the telephone."))
    assert inbox.read() == {Fate.INGESTED: 1}


def test_a_file_that_is_renamed_is_the_same_mail_again(inbox: Inbox) -> None:
    inbox.put("a.eml", a_mail("My parcel never came.")).rename(inbox.folder / "b.eml")
    inbox.put("a.eml", a_mail("My parcel never came."))
    assert inbox.read() == {Fate.INGESTED: 1, Fate.DUPLICATE: 1}
    (inbox.folder / "a.eml").unlink()
    assert inbox.unexplained() == []


def test_whoever_watches_reads_what_stays_as_it_is_only_twice(inbox: Inbox) -> None:
    looks: Looks = {}
    file = inbox.put("last.eml", a_mail("My parcel never came."))
    assert inbox.read(looks=looks) == {Fate.INGESTED: 1}
    assert inbox.read(looks=looks) == {}
    read_at = file.stat().st_atime_ns
    assert list(looks) == [file.resolve()]
    inbox.put("last.eml", a_mail("It came, and it was broken."))
    assert inbox.read(looks=looks) == {Fate.INGESTED: 1}
    assert file.stat().st_atime_ns >= read_at


def test_whoever_watches_lets_a_file_be_that_is_still_written(inbox: Inbox) -> None:
    (inbox.folder / "half.eml").write_bytes(a_mail("My parcel")[:-5])
    assert inbox.read(looks={}) == {}
    inbox.put("half.eml", a_mail("My parcel never came."))
    assert inbox.read(looks={}) == {Fate.INGESTED: 1}


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_that_is_closed_to_us_is_named_and_not_passed_over(inbox: Inbox) -> None:
    closed = inbox.folder / "closed"
    closed.mkdir()
    (closed / "1.eml").write_bytes(a_mail("My parcel never came."))
    closed.chmod(0)
    assert inbox.read() == {Fate.PARKED: 1}
    closed.chmod(0o700)
    assert inbox.read() == {Fate.INGESTED: 1}


def test_pipes_sockets_and_links_that_lead_nowhere_hold_nobody_up(inbox: Inbox) -> None:
    os.mkfifo(inbox.folder / "pipe.eml")
    os.mknod(inbox.folder / "socket.eml", stat.S_IFSOCK | 0o600)
    (inbox.folder / "device.eml").symlink_to("/dev/zero")
    (inbox.folder / "nowhere.eml").symlink_to("nothing")
    (inbox.folder / "round.eml").symlink_to("round.eml")
    (inbox.folder / "up").symlink_to(inbox.folder)
    inbox.put("1.eml", a_mail("My parcel never came."))
    assert inbox.read() == {Fate.INGESTED: 1}
    assert inbox.unexplained() == []


def test_a_pipe_is_no_source(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Refused, match="neither a file nor a folder"):
        FilesConnector(tmp_path / "pipe", now=FakeClock())


def test_a_folder_whose_name_no_encoding_holds_is_a_source_like_any(inbox: Inbox) -> None:
    inbox.folder = Path(os.fsdecode(os.fsencode(inbox.folder) + b"\xff"))
    inbox.folder.mkdir()
    inbox.put("1.eml", a_mail("My parcel never came."))
    assert inbox.read() == {Fate.INGESTED: 1}
    assert inbox.unexplained() == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n \r\n"])
def test_json_is_read_as_windows_writes_it(inbox: Inbox, encoding: str, end: str) -> None:
    post = {"id": "7", "text": "Refund me!", "author_id": "5", "created_at": "2026-11-16T09:00:00Z"}
    form = {"text": "My parcel never came.", "submitted_at": "2026-11-16T09:00:00Z"}
    lines = [json.dumps({"post": post}), json.dumps(form), json.dumps({**post, "id": "8"})]
    inbox.put("all.jsonl", end.join(lines).encode(encoding))
    inbox.put("page.json", json.dumps({"data": [{**post, "id": "9"}]}).encode(encoding))
    assert inbox.read() == {Fate.INGESTED: 4}

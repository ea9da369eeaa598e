"""Disks and folders that say no: nothing is lost, the reason is told, and work goes on when they say yes."""

from __future__ import annotations

import shutil
from pathlib import Path
from threading import Event, Thread

import pytest

from amends.doctor import examine
from amends.domain.arrival import Fate
from amends.errors import Unavailable
from ingest.runner import take_in_all, watch
from storage.blobs import FolderBlobStore
from tests.journeys.running import a_house, wait_until, written_mails


def test_a_blob_folder_that_a_file_stands_in_the_way_of_keeps_nothing_and_says_so(tmp_path: Path) -> None:
    store = FolderBlobStore(tmp_path / "blobs")
    (name,) = store.put_many([b"first"])
    shutil.rmtree(tmp_path / "blobs")
    (tmp_path / "blobs").write_bytes(b"in the way")
    with pytest.raises(Unavailable):
        store.put_many([b"first"])
    (tmp_path / "blobs").unlink()
    (tmp_path / "blobs").mkdir()
    assert store.put_many([b"first"]) == [name]
    assert store.get(name) == b"first"


def test_mail_that_cannot_be_kept_is_taken_in_once_it_can(tmp_path: Path) -> None:
    inbox = written_mails(tmp_path / "inbox", [b"From: ines@example.org\n\nMy parcel never came.\n"])
    with a_house(tmp_path / "data") as house:

        def read() -> dict[Fate, int]:
            return take_in_all(house.files(inbox), house.database.unit, house.blobs, house.readers, stop=Event())

        _ = house.blobs
        shutil.rmtree(tmp_path / "data" / "blobs")
        (tmp_path / "data" / "blobs").write_bytes(b"in the way")
        with pytest.raises(Unavailable):
            read()
        (tmp_path / "data" / "blobs").unlink()
        (tmp_path / "data" / "blobs").mkdir()
        assert read() == {Fate.INGESTED: 1}


def test_a_watched_folder_that_goes_away_is_read_when_it_comes_back(tmp_path: Path) -> None:
    mail = [b"From: ines@example.org\n\nMy parcel never came.\n"]
    gone, stays = tmp_path / "gone", written_mails(tmp_path / "stays", mail)
    stop = Event()
    with a_house(tmp_path / "data") as house:

        def kept() -> int:
            with house.database.reading() as unit:
                found = unit.intake.fates(f"files:{gone}", ["mail-00000.eml"])
                return len(found) + len(unit.intake.fates(f"files:{stays}", ["mail-00000.eml"]))

        watcher = Thread(
            target=watch,
            args=(
                {str(path): lambda path=path: house.files(path) for path in (gone, stays)},
                house.database.unit,
                house.blobs,
                house.readers,
            ),
            kwargs={"stop": stop, "pause_s": 0.05},
        )
        watcher.start()
        try:
            wait_until(lambda: kept() == 1)
            written_mails(gone, mail)
            wait_until(lambda: kept() == 2)
        finally:
            stop.set()
            watcher.join()


def test_doctor_sees_that_replies_cannot_be_written(tmp_path: Path) -> None:
    with a_house(tmp_path / "data") as house:
        _ = house.database
        (tmp_path / "data" / "sent").write_bytes(b"in the way")
        found = {finding.what: finding for finding in examine(house.settings)}
    assert not found["sender"].is_well
    assert found["sender"].remedy

"""The blob stores keep their promises."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from zipfile import ZipFile

import fsspec
import pytest

from amends.errors import Misconfigured, Unavailable
from storage.blobs import Extent, FolderBlobStore, FsspecBlobStore, open_blob_store
from tests.contracts.blob_store import BlobStoreContract, StoreUnderTest
from tests.support.builders import sha256_of


class TestFsspecBlobStore(BlobStoreContract):
    """A store that fsspec reaches."""

    @pytest.fixture
    def house(self, tmp_path: Path) -> StoreUnderTest:
        address = f"memory://{tmp_path.name}"

        def overwrite(name: str, content: bytes) -> None:
            fsspec.filesystem("memory").pipe_file(f"/{tmp_path.name}/{name[:2]}/{name}", content)

        return StoreUnderTest(
            store=FsspecBlobStore(address), again=lambda: FsspecBlobStore(address), overwrite=overwrite
        )

    def test_an_address_of_no_known_kind_is_refused(self) -> None:
        with pytest.raises(Misconfigured, match="gopher"):
            FsspecBlobStore("gopher://blobs")

    def test_trying_it_out_leaves_nothing_behind(self, house: StoreUnderTest) -> None:
        assert isinstance(house.store, FsspecBlobStore)

        house.store.try_out()

        assert fsspec.filesystem("memory").find(house.store.root) == []
        assert house.store.extent() == Extent(blobs=0, size_bytes=0, is_estimate=False, free_bytes=None)

    def test_what_it_holds_is_estimated_from_some_of_its_folders(self, house: StoreUnderTest) -> None:
        assert isinstance(house.store, FsspecBlobStore)
        house.store.put_many([str(number).encode() * 10 for number in range(1000)])

        found = house.store.extent()

        assert found.is_estimate
        assert 700 < found.blobs < 1300

    def test_an_archive_that_was_opened_to_be_read_is_unavailable(self, tmp_path: Path) -> None:
        with ZipFile(tmp_path / "blobs.zip", "w") as archive:
            archive.writestr("blobs/ab/abcd", b"kept before")

        with pytest.raises(Unavailable, match="cannot be written"):
            FsspecBlobStore(f"zip://blobs::file://{tmp_path}/blobs.zip").try_out()


class TestFolderBlobStore(BlobStoreContract):
    """A folder of this machine."""

    @pytest.fixture
    def house(self, tmp_path: Path) -> StoreUnderTest:
        def overwrite(name: str, content: bytes) -> None:
            (tmp_path / "blobs" / name[:2] / name).write_bytes(content)

        return StoreUnderTest(
            store=FolderBlobStore(tmp_path / "blobs"),
            again=lambda: FolderBlobStore(tmp_path / "blobs"),
            overwrite=overwrite,
        )

    def test_what_a_crash_left_half_written_is_no_blob(self, tmp_path: Path) -> None:
        store = FolderBlobStore(tmp_path)
        name = sha256_of(b"a mail")
        (tmp_path / name[:2]).mkdir()
        half = tmp_path / name[:2] / f"{name}.{os.getpid()}.part"
        half.write_bytes(b"a m")
        assert not store.has(name)
        assert store.put(b"a mail") == name
        assert store.get(name) == b"a mail"

    def test_nothing_but_whole_blobs_is_left_behind(self, tmp_path: Path) -> None:
        names = FolderBlobStore(tmp_path).put_many([b"a", b"b"])
        assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == sorted(names)

    def test_many_threads_may_put_the_same_bytes_at_once(self, tmp_path: Path) -> None:
        store = FolderBlobStore(tmp_path)
        start, faults = threading.Barrier(8), []

        def put() -> None:
            for number in range(20):
                start.wait()
                content = str(number).encode() * 50_000
                try:
                    assert store.get(store.put(content)) == content
                except (Unavailable, AssertionError) as why:
                    faults.append(why)

        threads = [threading.Thread(target=put) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []

    def test_an_address_of_a_folder_is_as_safe_as_its_path(self, tmp_path: Path) -> None:
        store = open_blob_store(f"file://{tmp_path}/shared/blobs")

        assert isinstance(store, FolderBlobStore)
        assert store.get(store.put(b"a mail")) == b"a mail"
        assert (tmp_path / "shared" / "blobs" / sha256_of(b"a mail")[:2]).is_dir()

    def test_what_a_small_one_holds_is_counted(self, tmp_path: Path) -> None:
        store = FolderBlobStore(tmp_path)
        store.put_many([b"a", b"bc", b"def"])

        found = store.extent()

        assert (found.blobs, found.size_bytes, found.is_estimate) == (3, 6, False)
        assert found.free_bytes is not None
        assert found.free_bytes > 0

    def test_trying_it_out_notices_that_nothing_new_is_taken(self, tmp_path: Path) -> None:
        store = FolderBlobStore(tmp_path / "blobs")
        name = store.put(b"a mail")
        store.try_out()
        assert [path.name for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == [name]
        (tmp_path / "blobs").rename(tmp_path / "gone")
        (tmp_path / "blobs").write_bytes(b"a file stands where the folder was")

        with pytest.raises(Unavailable, match="cannot be written"):
            store.try_out()

    def test_a_folder_that_cannot_be_made_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "taken").write_text("a file")
        with pytest.raises(Misconfigured, match="choose another data folder"):
            FolderBlobStore(tmp_path / "taken" / "blobs")

    def test_a_folder_that_cannot_be_written_is_unavailable(self, tmp_path: Path) -> None:
        store = FolderBlobStore(tmp_path)
        (tmp_path / sha256_of(b"a mail")[:2]).write_text("a file where a folder should be")
        with pytest.raises(Unavailable, match="cannot be written"):
            store.put(b"a mail")

"""Raw bytes and attachments, kept under their SHA-256 in any store that fsspec reaches.

A name is the hash of what it names, so a blob is never changed, and writing one twice
is harmless. In a folder a blob is written beside its place, forced to disk and then
renamed, so that a crash leaves the whole of it or nothing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import get_ident
from typing import BinaryIO, TypeVar

import fsspec
from fsspec.implementations.local import LocalFileSystem

from amends.errors import Misconfigured, NotFound, Unavailable

T = TypeVar("T")

#: How many files are forced to disk at a time.
_THREADS = 4
#: How much of a file is held while it is copied.
_COPIED_BYTES = 256 * 1024
#: How many files are open at a time.
_OPEN_AT_MOST = 100
#: An estimate of what a store holds rests on this many blobs, and in a store elsewhere on this many of its 256 folders.
_COUNTED_AT_LEAST, _FOLDERS_ELSEWHERE = 2_000, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much a store holds. `free_bytes` is None where there is no disk to ask."""

    blobs: int
    size_bytes: int
    is_estimate: bool
    free_bytes: int | None


def open_blob_store(address: str) -> FsspecBlobStore:
    """Open a store by its fsspec address. A folder of this machine, `file:///srv/blobs`, is made safe against a crash.

    Raises:
        Misconfigured: fsspec knows no such kind of store, or the folder cannot be made.
    """
    store = FsspecBlobStore(address)
    return FolderBlobStore(Path(store.root)) if store.is_local else store


class FsspecBlobStore:
    """Blobs in a store named by an fsspec address (`s3://bucket/blobs`)."""

    def __init__(self, address: str) -> None:
        """Open the store.

        Raises:
            Misconfigured: fsspec knows no such kind of store.
        """
        self._root: str
        try:
            self._files, self._root = fsspec.core.url_to_fs(address)
        except (ImportError, ValueError) as why:
            raise Misconfigured(f"the blob store {address!r} cannot be opened: {why}") from why

    @property
    def root(self) -> str:
        """Where the blobs lie, in the words of the kind of store."""
        return self._root

    @property
    def is_local(self) -> bool:
        """Whether it is a folder of this machine."""
        return isinstance(self._files, LocalFileSystem)

    def try_out(self) -> None:
        """Write something new, read it back and remove it. Only that shows whether a store takes anything today.

        Raises:
            Unavailable: it does not.
        """
        path = f"{self._root}/.tried-{uuid.uuid4().hex}"
        content = path.encode()
        try:
            self._files.pipe_file(path, content)
            came_back = self._files.cat_file(path)
            self._files.rm_file(path)
        except Exception as why:
            # Each kind of store has its own words for no.
            raise Unavailable(f"the blob store {self._root} cannot be written: {why}") from why
        if came_back != content:
            raise Unavailable(f"the blob store {self._root} does not give back what it was given")

    def extent(self) -> Extent:
        """Say how much is kept: names are hashes and so spread evenly, and some folders tell of all.

        Raises:
            Unavailable: it cannot be read.
        """
        blobs = size_bytes = seen = 0
        most = 256 if self.is_local else _FOLDERS_ELSEWHERE
        try:
            folders = [one["name"] for one in self._files.ls(self._root, detail=True) if one["type"] == "directory"]
            # In the order of their names: some stores list the oldest first, which hold the most.
            for folder in sorted(folders):
                if blobs >= _COUNTED_AT_LEAST or seen >= most:
                    break
                held = self._files.ls(folder, detail=True)
                blobs, size_bytes, seen = blobs + len(held), size_bytes + sum(one["size"] for one in held), seen + 1
        except FileNotFoundError:
            # A store elsewhere has no folder before it has a blob.
            folders = []
        except OSError as why:
            raise Unavailable(f"the blob store cannot be read: {why}") from why
        share = len(folders) / seen if seen else 1
        return Extent(
            blobs=round(blobs * share),
            size_bytes=round(size_bytes * share),
            is_estimate=share > 1,
            free_bytes=shutil.disk_usage(self._root).free if self.is_local else None,
        )

    def put(self, content: bytes) -> str:
        """Keep `content` and return its SHA-256."""
        return self.put_many([content])[0]

    def put_many(self, contents: Sequence[bytes]) -> list[str]:
        """Keep several; returns their names in order."""
        names = []
        for content in contents:
            name = hashlib.sha256(content).hexdigest()
            if not self.has(name):
                self._write(name, content)
            names.append(name)
        return names

    def put_file(self, file: BinaryIO) -> tuple[str, int]:
        """Keep what a file holds; returns its name and its size."""
        name, size_bytes = _digest(file)
        if not self.has(name):
            try:
                file.seek(0)
                with self._files.open(self._path(name), "wb") as kept:
                    shutil.copyfileobj(file, kept, _COPIED_BYTES)
            except OSError as why:
                raise Unavailable(f"the blob store cannot be written: {why}") from why
        return name, size_bytes

    def get(self, sha256: str) -> bytes:
        """Give back the bytes, after checking that they are the ones that were put."""
        try:
            content: bytes = self._files.cat_file(self._path(sha256))
        except FileNotFoundError:
            raise NotFound(f"the blob store holds nothing under {sha256}") from None
        except OSError as why:
            raise Unavailable(f"the blob store cannot be read: {why}") from why
        if hashlib.sha256(content).hexdigest() != sha256:
            raise Unavailable(f"blob {sha256} is damaged: its bytes have another hash; restore it from a backup")
        return content

    def has(self, sha256: str) -> bool:
        """Whether it is kept."""
        found: bool = self._files.exists(self._path(sha256))
        return found

    def _path(self, sha256: str) -> str:
        return f"{self._root}/{sha256[:2]}/{sha256}"

    def _write(self, name: str, content: bytes) -> None:
        try:
            self._files.pipe_file(self._path(name), content)
        except OSError as why:
            raise Unavailable(f"the blob store cannot be written: {why}") from why


class FolderBlobStore(FsspecBlobStore):
    """Blobs in a folder of this machine, safe against a crash."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which is made when it is missing.

        Raises:
            Misconfigured: it cannot be made.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as why:
            raise Misconfigured(f"cannot make the blob folder {folder}: {why}; choose another data folder") from why
        super().__init__(f"file://{folder.resolve()}")
        self._folder = folder.resolve()
        #: Whose names in the folder above have been forced to disk by us.
        self._forced: set[Path] = set()

    def put_many(self, contents: Sequence[bytes]) -> list[str]:
        """Keep several: all are written before the first is forced, and the folders they lie in are forced once."""
        names = [hashlib.sha256(content).hexdigest() for content in contents]
        # Also where it is there already: whoever wrote it may not have come to forcing its name yet.
        folders = {self._folder / name[:2] for name in names}
        try:
            missing = {name: content for name, content in zip(names, contents, strict=True) if not self.has(name)}
            for folder in folders:
                folder.mkdir(exist_ok=True)
            for chunk in _chunks(list(missing.items())):
                self._keep(chunk)
            _at_once(_force, folders)
            if folders - self._forced:
                _force(self._folder)
        except OSError as why:
            raise Unavailable(f"the blob folder cannot be written: {why}") from why
        self._forced |= folders
        return names

    def put_file(self, file: BinaryIO) -> tuple[str, int]:
        """Keep what a file holds: written beside its place, forced to disk, renamed, and its name forced as well."""
        name, size_bytes = _digest(file)
        folder = self._folder / name[:2]
        try:
            folder.mkdir(exist_ok=True)
            if not self.has(name):
                beside = folder / f"{name}.{os.getpid()}.{get_ident()}.part"
                file.seek(0)
                with beside.open("wb") as kept:
                    shutil.copyfileobj(file, kept, _COPIED_BYTES)
                    kept.flush()
                    os.fsync(kept.fileno())
                beside.replace(folder / name)
            _force(folder)
            if folder not in self._forced:
                _force(self._folder)
        except OSError as why:
            raise Unavailable(f"the blob folder cannot be written: {why}") from why
        self._forced.add(folder)
        return name, size_bytes

    def try_out(self) -> None:
        """Write, read back and remove; and look whether every folder of blobs may be written, whoever made it.

        Raises:
            Unavailable: it may not.
        """
        super().try_out()
        for folder in self._folder.iterdir():
            if folder.is_dir() and not os.access(folder, os.W_OK | os.X_OK):
                raise Unavailable(f"the blob folder {folder} cannot be written by this user")

    def has(self, sha256: str) -> bool:
        """Whether it is kept."""
        return (self._folder / sha256[:2] / sha256).exists()

    def _keep(self, missing: Sequence[tuple[str, bytes]]) -> None:
        with ExitStack() as opened:
            written = []
            for name, content in missing:
                path = self._folder / name[:2] / name
                # A name of its own for each writer: two that write the same bytes at once must not share a half of it.
                beside = path.with_name(f"{name}.{os.getpid()}.{get_ident()}.part")
                file = opened.enter_context(beside.open("wb"))
                file.write(content)
                file.flush()
                written.append((file.fileno(), beside, path))
            _at_once(os.fsync, [handle for handle, _, _ in written])
            for _, beside, path in written:
                beside.replace(path)


def _digest(file: BinaryIO) -> tuple[str, int]:
    """Give the name of what a file holds, and its size, without holding it."""
    file.seek(0)
    digest = hashlib.sha256()
    size_bytes = 0
    while piece := file.read(_COPIED_BYTES):
        digest.update(piece)
        size_bytes += len(piece)
    return digest.hexdigest(), size_bytes


def _force(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _chunks(listed: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(listed), _OPEN_AT_MOST):
        yield listed[start : start + _OPEN_AT_MOST]


def _at_once(do: Callable[[T], None], to: Collection[T]) -> None:
    """Do something to each, several at a time: a disk forces four files in little more time than one."""

    def do_all(share: Sequence[T]) -> None:
        for one in share:
            do(one)

    if len(to) <= _THREADS:
        do_all(list(to))
        return
    with ThreadPoolExecutor(_THREADS) as pool:
        listed = list(to)
        # One share a thread: handing files over one by one costs more than forcing them.
        for _ in pool.map(do_all, [listed[start::_THREADS] for start in range(_THREADS)]):
            pass

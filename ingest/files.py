"""Reads mail, posts and forms from files: `.eml`, mbox, Maildir, JSON Lines, pages of the X API.

A folder has no order that new files respect, so there is no checkpoint to go on from:
each pass looks at every name and asks the ledger which of them it knows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from amends.domain.channel import Channel
from amends.domain.ids import derived_id
from amends.errors import NotFound, Unavailable
from amends.ports import Fetched, Now
from ingest.reading import Media
from ingest.social.x import posts_of_page

#: A larger file is not read into memory: it is accounted for and stays where it is.
MAX_FILE_BYTES = 200 * 1024 * 1024

_JSON = {".json", ".jsonl", ".ndjson"}
_MBOX = {".mbox", ".mbx"}
_MAIL = {".eml", *_MBOX}
_HEADER_LINE = re.compile(rb"^[!-9;-~]+[ \t]*:")
#: Flags at the end of a Maildir name change when somebody reads the mail; the name before them does not.
_MAILDIR_FLAGS = re.compile(r":2,[A-Za-z]*$")
#: Where a mail of an mbox begins: at a From line that bears a time, or that a header follows. A customer's own
#: words may begin a paragraph with "From" too.
_MBOX_START = re.compile(
    rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From (?:[^\n]*\d\d:\d\d[^\n]*(?:\n|\Z)|[^\n]*\n(?=[!-9;-~]+[ \t]*:))"
)
#: The longest name of an item; of a longer one the end is a digest of the whole.
_NAME_AT_MOST = 600


class FilesConnector:
    """The files under one path, once through."""

    def __init__(
        self, path: Path, *, now: Now, known: Callable[[str, Collection[str]], Collection[str]] | None = None
    ) -> None:
        """Read what is under `path`; `known(source, items)` says which items the ledger has, to be passed over.

        Raises:
            NotFound: there is nothing at that path.
        """
        if not path.exists():
            raise NotFound(f"there is no file or folder at {path}")
        self._root = path.resolve()
        self._now = now
        self._known = known
        self._rest: Iterator[Fetched] | None = None

    @property
    def source(self) -> str:
        """The source's name: the path it reads."""
        return f"files:{self._root}"

    def fetch(self, checkpoint: str, *, limit: int) -> tuple[list[Fetched], str]:
        """Fetch the next things of this pass. The checkpoint is the last item's name, for a person to read."""
        if self._rest is None:
            self._rest = self._all()
        batch: list[Fetched] = []
        size = 0
        for fetched in self._rest:
            batch.append(fetched)
            size += len(fetched.raw)
            if len(batch) == limit or size > MAX_FILE_BYTES:
                break
        return batch, batch[-1].item if batch else checkpoint

    def holdings(self) -> Iterator[str]:
        """Name every item that is there now."""
        for path in self._files():
            yield from (item for item, _ in self._items(path, read=False))

    def _all(self) -> Iterator[Fetched]:
        for path in self._files():
            name = self._name(path)
            if self._known is not None and name in self._known(self.source, [name]):
                continue
            at = self._now()
            items = self._items(path, read=True)
            if self._known is None:
                yield from (self._fetched(item, content, at) for item, content in items)
                continue
            listed = list(items)
            known = self._known(self.source, [item for item, _ in listed])
            yield from (self._fetched(item, content, at) for item, content in listed if item not in known)

    def _files(self) -> Iterator[Path]:
        if self._root.is_file():
            yield self._root
            return
        try:
            found = sorted(path for path in self._root.rglob("*") if path.is_file() and not _is_being_written(path))
        except OSError as why:
            raise Unavailable(f"the folder {self._root} cannot be listed: {why}") from why
        yield from found

    def _name(self, path: Path) -> str:
        name = path.name if path == self._root else str(path.relative_to(self._root))
        if path.parent.name in {"cur", "new"} and _is_maildir(path.parent.parent):
            # A mail moves from new to cur when somebody looks at it: the name stays the same without both.
            name = _MAILDIR_FLAGS.sub("", str(Path(name).parent.parent / Path(name).name))
        name = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        return name if len(name) <= _NAME_AT_MOST - 20 else f"{name[: _NAME_AT_MOST - 60]}…{derived_id('name', name)}"

    def _items(self, path: Path, *, read: bool) -> Iterator[tuple[str, tuple[str, bytes]]]:
        """List what one file holds: each item's name, how to read it, and its bytes."""
        name = self._name(path)
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                yield name, (Media.TOO_LARGE, b"")
                return
            content = path.read_bytes() if read or path.suffix.lower() not in {".eml"} else b""
        except FileNotFoundError:
            # It went while we were reading the others: the folder no longer holds it.
            return
        except OSError:
            yield name, (Media.UNREADABLE, b"")
            return
        suffix = path.suffix.lower()
        if suffix == ".json":
            yield from _page_items(name, content)
        elif suffix in _JSON:
            yield from _line_items(name, content)
        elif suffix in _MBOX or (suffix not in _MAIL and _is_mbox(content)):
            yield from _mbox_items(name, content)
        elif suffix in _MAIL or _looks_like_mail(content):
            yield name, (Media.MAIL, content)
        else:
            yield name, (Media.UNKNOWN, content)

    def _fetched(self, item: str, content: tuple[str, bytes], at: datetime) -> Fetched:
        media, raw = content
        channel = {Media.X_POST: Channel.X, Media.FORM: Channel.WEB_FORM}.get(media, Channel.EMAIL)
        return Fetched(
            source=self.source,
            item=item,
            channel=channel,
            account="" if channel is Channel.EMAIL else "files",
            media=media,
            raw=raw,
            fetched_at=at,
        )


def _looks_like_mail(content: bytes) -> bool:
    first = content.lstrip(b"\r\n\t \x00")[:1000]
    return first.startswith(b"From ") or _HEADER_LINE.match(first) is not None


@lru_cache(maxsize=64)
def _is_maildir(folder: Path) -> bool:
    # An ordinary folder may be called "new" too, and hold files of the same names as the one above it.
    return sum((folder / part).is_dir() for part in ("cur", "new", "tmp")) >= 2


def _is_being_written(path: Path) -> bool:
    # A mail lies in a Maildir's `tmp` until the whole of it is there.
    return path.parent.name == "tmp" and _is_maildir(path.parent.parent)


def _is_mbox(content: bytes) -> bool:
    return content.startswith(b"From ") and (b"\n\nFrom " in content or b"\r\n\r\nFrom " in content)


def _mbox_items(name: str, content: bytes) -> Iterator[tuple[str, tuple[str, bytes]]]:
    starts = [match.start() for match in _MBOX_START.finditer(content)]
    if not starts:
        yield name, (Media.MAIL, content)
        return
    if content[: starts[0]].strip():
        yield f"{name}#0", (Media.MAIL, content[: starts[0]])
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(content)], strict=True), start=1):
        _, _, mail = content[start:end].partition(b"\n")
        yield f"{name}#{number}", (Media.MAIL, re.sub(rb"(?m)^>(>*From )", rb"\1", mail))


def _line_items(name: str, content: bytes) -> Iterator[tuple[str, tuple[str, bytes]]]:
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.strip():
            yield f"{name}#{number}", _line_item(line)


def _line_item(line: bytes) -> tuple[str, bytes]:
    media = _media_of(line)
    if media is Media.X_POST and "post" not in (found := _loaded(line)):
        (_, line), *_ = posts_of_page({"data": [found]})
    return media, line


def _page_items(name: str, content: bytes) -> Iterator[tuple[str, tuple[str, bytes]]]:
    page = _loaded(content)
    if isinstance(page, dict) and isinstance(page.get("data"), list):
        for post, raw in posts_of_page(page):
            yield f"{name}#{post}", (Media.X_POST, raw)
    elif isinstance(page, dict) and isinstance(page.get("data"), dict):
        for post, raw in posts_of_page({**page, "data": [page["data"]]}):
            yield f"{name}#{post}", (Media.X_POST, raw)
    else:
        yield name, (_media_of(content), content)


def _media_of(line: bytes) -> str:
    found = _loaded(line)
    if isinstance(found, dict):
        if "author_id" in found or "post" in found:
            return Media.X_POST
        if "text" in found:
            return Media.FORM
    return Media.FORM if found is None else Media.UNKNOWN


def _loaded(content: bytes) -> Any:
    if len(content) > MAX_FILE_BYTES:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None

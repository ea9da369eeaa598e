"""Reads mail, posts and forms from files: `.eml`, mbox, Maildir, JSON Lines, pages of the X API.

A folder has no order that new files respect, so there is no checkpoint to go on from:
each pass looks at every file and asks the ledger which of its items it knows, and with
which bytes. A name proves nothing: a file may be written over, a mail program takes
mails out of the middle of its mbox, and then old names stand for new mails. What has a
known name and other bytes is an item of its own, named after both.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from stat import S_ISREG
from typing import Any, TypeAlias

from amends.domain.channel import Channel
from amends.domain.ids import derived_id
from amends.errors import NotFound, Refused, Unavailable
from amends.ports import Fetched, Now
from ingest.reading import Media
from ingest.social.pages import is_bluesky_page, is_mastodon_page, posts_of_notifications, statuses_of_page
from ingest.social.x import posts_of_page

#: A larger file is not read into memory: it is accounted for and stays where it is.
MAX_FILE_BYTES = 200 * 1024 * 1024

#: What is no mail, by its media.
_CHANNEL_OF = {
    Media.X_POST: Channel.X,
    Media.MASTODON_STATUS: Channel.MASTODON,
    Media.BLUESKY_POST: Channel.BLUESKY,
    Media.FORM: Channel.WEB_FORM,
}
#: Items of these kinds say nothing of the bytes that are in the file.
_NO_BYTES = {Media.UNREADABLE, Media.TOO_LARGE}
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
#: The longest name of a file; of a longer one the end is a digest of the whole. What stands inside adds to it.
_NAME_AT_MOST = 500
#: How long a watched file must have been left alone, in seconds: one that still grows would come in pieces. Times of
#: files are coarse, too: one changed twice within this time may bear one time.
_SETTLED_S = 1.0

#: Says which of these items of a source the ledger has, and the SHA-256 of the bytes that each had, if it is noted.
Known: TypeAlias = Callable[[str, Collection[str]], Mapping[str, str]]
#: Remembers from pass to pass how files looked in which nothing was new: they are not read again.
Looks: TypeAlias = dict[Path, tuple[int, int, int, int]]


class FilesConnector:
    """The files under one path, once through."""

    def __init__(self, path: Path, *, now: Now, known: Known | None = None, looks: Looks | None = None) -> None:
        """Read what is under `path`, except what is `known`. `looks` is for who watches it, and is kept by the caller.

        Raises:
            NotFound: there is nothing at that path.
            Refused: it is neither a file nor a folder.
        """
        if not path.exists():
            raise NotFound(f"there is no file or folder at {path}")
        if not (path.is_file() or path.is_dir()):
            raise Refused(f"{path} is neither a file nor a folder")
        self._root = path.resolve()
        self._now = now
        self._known = known
        self._looks = looks
        self._rest: Iterator[Fetched] | None = None

    @property
    def source(self) -> str:
        """The source's name: the path it reads."""
        return f"files:{_text(str(self._root))}"

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
            yield from (item for item, _, _ in self._told_apart(path))

    def _all(self) -> Iterator[Fetched]:
        for path in self._files():
            look = _look(path) if self._looks is not None else None
            if self._looks is not None and look is not None:
                if self._looks.get(path) == look:
                    continue
                if not _is_settled(look):
                    continue
            at = self._now()
            new = [(item, content) for item, content, is_known in self._told_apart(path) if not is_known]
            if self._looks is not None and look is not None and not new:
                self._looks[path] = look
            yield from (self._fetched(item, content, at) for item, content in new)

    def _told_apart(self, path: Path) -> Iterator[tuple[str, tuple[str, bytes], bool]]:
        """List what one file holds: each item's name, how to read it and its bytes, and whether the ledger has it."""
        listed = list(self._items(path))
        if self._known is None:
            yield from ((item, content, False) for item, content in listed)
            return
        known = self._known(self.source, [item for item, _ in listed])
        changed: dict[str, tuple[str, bytes]] = {}
        for item, (media, raw) in listed:
            if item not in known:
                yield item, (media, raw), False
            elif media in _NO_BYTES or known[item] in {"", (sha256 := hashlib.sha256(raw).hexdigest())}:
                yield item, (media, raw), True
            else:
                changed[f"{item}@{sha256[:12]}"] = media, raw
        if changed:
            known = self._known(self.source, changed)
            yield from ((item, content, item in known) for item, content in changed.items())

    def _files(self) -> Iterator[Path]:
        """Name every file, and every folder that cannot be listed."""
        if self._root.is_file():
            yield self._root
            return
        closed: list[OSError] = []
        for folder, below, names in os.walk(self._root, onerror=closed.append):
            below.sort()
            here = (Path(folder) / name for name in sorted(names))
            yield from (path for path in here if _is_file(path) and not _is_being_written(path))
        for why in closed:
            if Path(why.filename) == self._root:
                raise Unavailable(f"the folder {self._root} cannot be listed: {why.strerror}") from why
            if not isinstance(why, FileNotFoundError):
                yield Path(why.filename)

    def _name(self, path: Path) -> str:
        name = path.name if path == self._root else str(path.relative_to(self._root))
        if path.parent.name in {"cur", "new"} and _is_maildir(path.parent.parent):
            # A mail moves from new to cur when somebody looks at it: the name stays the same without both.
            name = _MAILDIR_FLAGS.sub("", str(Path(name).parent.parent / Path(name).name))
        name = _text(name)
        return name if len(name) <= _NAME_AT_MOST else f"{name[: _NAME_AT_MOST - 40]}…{derived_id('name', name)}"

    def _items(self, path: Path) -> Iterator[tuple[str, tuple[str, bytes]]]:
        """List what one file holds: each item's name, how to read it, and its bytes."""
        name = self._name(path)
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                yield name, (Media.TOO_LARGE, b"")
                return
            content = path.read_bytes()
        except FileNotFoundError:
            # It went while we were reading the others: the folder no longer holds it.
            return
        except OSError:
            yield name, (Media.UNREADABLE, b"")
            return
        suffix = path.suffix.lower()
        if suffix == ".json":
            yield from _page_items(name, _utf8(content))
        elif suffix in _JSON:
            yield from _line_items(name, _utf8(content))
        elif suffix in _MBOX or (suffix not in _MAIL and _is_mbox(content)):
            yield from _mbox_items(name, content)
        elif suffix in _MAIL or _looks_like_mail(content):
            yield name, (Media.MAIL, content)
        else:
            yield name, (Media.UNKNOWN, content)

    def _fetched(self, item: str, content: tuple[str, bytes], at: datetime) -> Fetched:
        media, raw = content
        channel = _CHANNEL_OF.get(media, Channel.EMAIL)
        return Fetched(
            source=self.source,
            item=item,
            channel=channel,
            account="" if channel is Channel.EMAIL else "files",
            media=media,
            raw=raw,
            fetched_at=at,
        )


def _text(name: str) -> str:
    """Write the name of a file as text that can be stored, whatever its bytes are."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _utf8(content: bytes) -> bytes:
    """Give JSON as UTF-8: programs on Windows write UTF-16, and put a mark before either."""
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return content.decode("utf-16", "replace").encode("utf-8", "replace")
    return content.removeprefix(BOM_UTF8)


def _is_file(path: Path) -> bool:
    """Whether there is a file to be read; one whose folder is closed to us counts, for it is there."""
    try:
        return S_ISREG(path.stat().st_mode)
    except PermissionError:
        return True
    except OSError:
        # A link that leads nowhere, or round in a circle.
        return False


def _look(path: Path) -> tuple[int, int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def _is_settled(look: tuple[int, int, int, int]) -> bool:
    # What was copied from another machine may lie in the future.
    return not 0 <= time.time() - look[0] / 1e9 < _SETTLED_S


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
    elif is_mastodon_page(page):
        yield from ((f"{name}#{status}", (Media.MASTODON_STATUS, raw)) for status, raw in statuses_of_page(page))
    elif is_bluesky_page(page):
        yield from ((f"{name}#{post}", (Media.BLUESKY_POST, raw)) for post, raw in posts_of_notifications(page))
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

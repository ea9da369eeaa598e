"""What a request brings: its body, or the boxes and files of a form in parts. Files go to disk as they arrive."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, BinaryIO

from fastapi import Depends, Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from amends.web.http import MULTIPART
from ingest.web_form.cleaning import clean_line
from ingest.web_form.settings import FormSettings
from ingest.web_form.typed import Problem

_MOST_FIELDS = 50
#: More parts with files than this are no form of ours; up to it, too many are said to be so on the page.
_MOST_FILE_PARTS = 30
_TYPE_CHARS = 150
_NAME_CHARS = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One file as it was sent. `file` lies on disk, or in memory while it is small, and is gone after the request."""

    filename: str
    content_type: str
    size_bytes: int
    file: BinaryIO


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a request brings. `body` is empty where it came in several parts."""

    media: str
    body: bytes = b""
    boxes: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Upload, ...] = ()


async def _read_sent(request: Request) -> AsyncIterator[Sent]:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != MULTIPART:
        yield Sent(media=media, body=await request.body())
        return
    settings: FormSettings = request.app.state.form_settings
    try:
        form = await request.form(
            max_files=_MOST_FILE_PARTS, max_fields=_MOST_FIELDS, max_part_size=settings.max_body_bytes
        )
    except HTTPException as why:
        # The parser has one code for all that it refuses.
        if why.status_code != 400 or "exceeded maximum size" not in str(why.detail):
            raise
        raise HTTPException(413, headers={"Connection": "close"}) from why
    try:
        boxes, files = {}, []
        for name, value in form.multi_items():
            if not isinstance(value, UploadFile):
                boxes[name] = value
            elif value.filename or value.size:
                files.append(_upload(value))
        yield Sent(media=media, boxes=boxes, files=tuple(files))
    finally:
        await form.close()


#: What a request brings, read under the cap that `BodyCap` sets.
SentForm = Annotated[Sent, Depends(_read_sent)]


def _upload(part: UploadFile) -> Upload:
    # Some browsers of old send the whole path.
    name = clean_line(part.filename or "").replace("\\", "/").rpartition("/")[2]
    return Upload(
        filename=name[:_NAME_CHARS],
        content_type=clean_line(part.content_type or "")[:_TYPE_CHARS].lower(),
        size_bytes=part.size or 0,
        file=part.file,
    )


def file_problems(files: tuple[Upload, ...], settings: FormSettings) -> tuple[Problem, ...]:
    """Find what is wrong with the files of a form."""
    says = ""
    large = next((one for one in files if one.size_bytes > settings.max_file_bytes), None)
    if len(files) > settings.max_files:
        says = f"These are {len(files)} files, and the form takes {settings.max_files}. Send the rest in another form."
    elif large is not None:
        says = (
            f"{large.filename or 'A file'} has {_mib(large.size_bytes)} and may have {_mib(settings.max_file_bytes)}. "
            "Choose a smaller one, or tell us about it and we find another way."
        )
    elif sum(one.size_bytes for one in files) > settings.max_files_bytes:
        says = f"Together the files have more than {_mib(settings.max_files_bytes)}. Send some of them in another form."
    return (Problem(field="files", code="too_large", says=says),) if says else ()


def _mib(size_bytes: int) -> str:
    return f"{size_bytes / 1024 / 1024:.3g} MiB"

"""Replies into a folder instead of the world: for a try-out, and to show what would go where."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from amends.domain.reply import Form, Reply
from amends.errors import Unavailable, Unprocessable
from amends.ports import Delivered, DeliveryReport, Now
from respond.senders.mail import Envelope, OwnAddresses, compose_mail, mail_name

_FILE_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
#: How many files are forced to the disk at the same time.
_THREADS = 4
_IN_PERSON = frozenset({Form.PHONE_CALL, Form.LETTER})


class FolderSender:
    """Writes each reply into a folder, once.

    A mail becomes `<reply id>.eml`. Whatever has no mail (a public reply, a private
    message, the text of a status page) becomes `<reply id>.json`, so that a try-out
    without any account shows what was published. A file is there whole or not at all,
    and a file that is there means that the reply went.
    """

    def __init__(
        self,
        folder: Path,
        now: Now,
        own: OwnAddresses,
        envelopes_for: Callable[[Sequence[Reply]], Sequence[Envelope]],
    ) -> None:
        self._folder = folder
        self._now = now
        self._own = own
        self._envelopes_for = envelopes_for

    def send(self, reply: Reply) -> DeliveryReport:
        """Write the reply down, unless its file is there already.

        Raises:
            Unavailable: the folder cannot be written to; nothing was sent.
        """
        return self.send_many([reply])[0]

    def send_many(self, replies: Sequence[Reply]) -> list[DeliveryReport]:
        """Write replies down, but for those whose files are there already, and wait for the disk once for all.

        Raises:
            Unavailable: the folder cannot be written to; some may be there all the same.
        """
        refused = {
            reply.id: f"a {reply.form.value.replace('_', ' ')} is made by a person"
            for reply in replies
            if reply.form in _IN_PERSON
        }
        to_write = [reply for reply in replies if reply.id not in refused]
        names: dict[str, str] = {}
        contents: dict[Path, bytes] = {}
        for reply, envelope in zip(to_write, self._envelopes_for(to_write), strict=True):
            try:
                content = self._written(reply, envelope)
            except Unprocessable as why:
                refused[reply.id] = str(why)
                continue
            contents[self._path(reply)] = content
            names[reply.id] = self._name(reply, envelope)
        try:
            new = _write_once(self._folder, contents) if contents else set()
        except OSError as cause:
            raise Unavailable(f"the folder of sent replies cannot be written to: {cause.strerror}") from cause
        return [
            _refused(reply, refused[reply.id])
            if reply.id in refused
            else self._arrived(reply, names[reply.id], is_new=self._path(reply) in new)
            for reply in replies
        ]

    def look_up(self, reply: Reply) -> DeliveryReport:
        """Say whether the reply's file is there."""
        path = self._path(reply)
        [envelope] = self._envelopes_for([reply])
        name = self._name(reply, envelope)
        try:
            path.stat()
        except FileNotFoundError:
            return DeliveryReport(delivered=Delivered.NO, channel_name=name, says=f"there is no {path.name}")
        except OSError as cause:
            says = f"the folder of sent replies cannot be read: {cause.strerror}"
            return DeliveryReport(delivered=Delivered.UNKNOWN, channel_name=name, says=says)
        return DeliveryReport(delivered=Delivered.YES, channel_name=name, says=f"{path.name} is there")

    def _arrived(self, reply: Reply, name: str, *, is_new: bool) -> DeliveryReport:
        file = self._path(reply).name
        says = f"written to {file}" if is_new else f"{file} was there already; nothing was sent again"
        return DeliveryReport(delivered=Delivered.YES, channel_name=name, says=says)

    def _path(self, reply: Reply) -> Path:
        if not _FILE_NAME.fullmatch(reply.id):
            raise ValueError(f"{reply.id!r} cannot name a file")
        return self._folder / f"{reply.id}{'.eml' if reply.form is Form.EMAIL else '.json'}"

    def _name(self, reply: Reply, envelope: Envelope) -> str:
        return mail_name(reply, envelope, self._own) if reply.form is Form.EMAIL else reply.id

    def _written(self, reply: Reply, envelope: Envelope) -> bytes:
        if reply.form is Form.EMAIL:
            return compose_mail(
                reply,
                own=self._own,
                in_reply_to=envelope.in_reply_to,
                references=envelope.references,
                reply_token=envelope.reply_token,
                at=self._now(),
            )
        post = {
            "reply": reply.id,
            "channel": reply.channel.value,
            "form": reply.form.value,
            "in_reply_to": envelope.in_reply_to,
            "to": reply.addressee.value,
            "at": self._now().isoformat(),
            "text": reply.text,
        }
        return (json.dumps(post, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace")


def _refused(reply: Reply, says: str) -> DeliveryReport:
    return DeliveryReport(delivered=Delivered.NO, channel_name=reply.channel_name, says=says)


def _write_once(folder: Path, contents: Mapping[Path, bytes]) -> set[Path]:
    """Put whole files in their places and on the disk; gives the new ones: what is there already stays as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    new = set()
    with ExitStack() as unfinished:
        files = {
            path: unfinished.enter_context(NamedTemporaryFile(dir=folder, prefix=".", suffix=".tmp"))
            for path in contents
        }
        for path, file in files.items():
            file.write(contents[path])
            file.flush()
        _force([file.fileno() for file in files.values()])
        for path, file in files.items():
            with suppress(FileExistsError):
                os.link(file.name, path)
                new.add(path)
    # Also where all were there already: whoever wrote them may not have come to this.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return new


def _force(handles: Sequence[int]) -> None:
    """Force files to the disk, several at a time: four take little longer than one."""

    def force_all(share: Sequence[int]) -> None:
        for handle in share:
            os.fsync(handle)

    if len(handles) == 1:
        force_all(handles)
        return
    with ThreadPoolExecutor(_THREADS) as pool:
        for _ in pool.map(force_all, [handles[start::_THREADS] for start in range(_THREADS)]):
            pass

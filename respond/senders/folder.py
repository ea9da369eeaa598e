"""Replies into a folder instead of the world: for a try-out, and to show what would go where."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from amends.domain.reply import Form, Reply
from amends.errors import Unavailable, Unprocessable
from amends.ports import Delivered, DeliveryReport, Now
from respond.senders.mail import Envelope, OwnAddresses, compose_mail, mail_name

_FILE_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
_IN_PERSON = frozenset({Form.PHONE_CALL, Form.LETTER})


class FolderSender:
    """Writes each reply into a folder, once.

    A mail becomes `<reply id>.eml`. Whatever has no mail (a public reply, a private
    message, the text of a status page) becomes `<reply id>.json`, so that a try-out
    without any account shows what was published. A file is there whole or not at all,
    and a file that is there means that the reply went.
    """

    def __init__(self, folder: Path, now: Now, own: OwnAddresses, envelope_for: Callable[[Reply], Envelope]) -> None:
        self._folder = folder
        self._now = now
        self._own = own
        self._envelope_for = envelope_for

    def send(self, reply: Reply) -> DeliveryReport:
        """Write the reply down, unless its file is there already.

        Raises:
            Unavailable: the folder cannot be written to; nothing was sent.
        """
        if reply.form in _IN_PERSON:
            return _refused(reply, f"a {reply.form.value.replace('_', ' ')} is made by a person")
        envelope = self._envelope_for(reply)
        try:
            content = self._written(reply, envelope)
        except Unprocessable as why:
            return _refused(reply, str(why))
        path = self._path(reply)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            is_new = _write_once(path, content)
        except OSError as cause:
            raise Unavailable(f"the folder of sent replies cannot be written to: {cause.strerror}") from cause
        says = f"written to {path.name}" if is_new else f"{path.name} was there already; nothing was sent again"
        return DeliveryReport(delivered=Delivered.YES, channel_name=self._name(reply, envelope), says=says)

    def look_up(self, reply: Reply) -> DeliveryReport:
        """Say whether the reply's file is there."""
        path = self._path(reply)
        name = self._name(reply, self._envelope_for(reply))
        try:
            path.stat()
        except FileNotFoundError:
            return DeliveryReport(delivered=Delivered.NO, channel_name=name, says=f"there is no {path.name}")
        except OSError as cause:
            says = f"the folder of sent replies cannot be read: {cause.strerror}"
            return DeliveryReport(delivered=Delivered.UNKNOWN, channel_name=name, says=says)
        return DeliveryReport(delivered=Delivered.YES, channel_name=name, says=f"{path.name} is there")

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


def _write_once(path: Path, content: bytes) -> bool:
    """Put a whole file in its place and on the disk; False if one is there already, which stays as it is."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".tmp") as unfinished:
        unfinished.write(content)
        unfinished.flush()
        os.fsync(unfinished.fileno())
        try:
            os.link(unfinished.name, path)
        except FileExistsError:
            return False
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True

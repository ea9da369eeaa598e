"""The folder sender beyond the contract: what lies there is whole, and shows public replies too."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from amends.domain.contact import Identity, IdentityKind
from amends.domain.reply import Form, Reply, ReplyState
from amends.ports import Delivered
from respond.senders.folder import FolderSender
from respond.senders.mail import Envelope
from tests.respond.builders import NOON, OWN, a_post, a_reply

TOKEN = "k3y0f7hec4se"  # noqa: S105 - a made-up one


def sender(folder: Path) -> FolderSender:
    def envelopes_for(replies: Sequence[Reply]) -> list[Envelope]:
        return [Envelope(in_reply_to="<c@customer.example>", reply_token=TOKEN) for _ in replies]

    return FolderSender(folder, lambda: NOON, OWN, envelopes_for)


def test_a_mail_lies_there_under_its_replys_id(tmp_path: Path) -> None:
    sender(tmp_path).send(a_reply())

    [path] = tmp_path.iterdir()
    assert path.name == f"{a_reply().id}.eml"
    assert f"Reply-To: replies+{TOKEN}@northwind.example".encode() in path.read_bytes()


def test_a_public_reply_lies_there_as_it_was_published(tmp_path: Path) -> None:
    report = sender(tmp_path).send(a_post())

    [path] = tmp_path.iterdir()
    post = json.loads(path.read_text(encoding="utf-8"))
    assert report.delivered is Delivered.YES
    assert path.name == f"{a_post().id}.json"
    assert (post["text"], post["to"], post["form"]) == (a_post().text, "900100", "public_holding")


def test_a_reply_sent_again_leaves_the_first_as_it_was(tmp_path: Path) -> None:
    sender(tmp_path).send(a_reply(text="first"))
    report = sender(tmp_path).send(a_reply(text="second"))

    [path] = tmp_path.iterdir()
    assert b"first" in path.read_bytes()
    assert "already" in report.says


def test_nothing_unfinished_stays_behind(tmp_path: Path) -> None:
    for _ in range(3):
        sender(tmp_path).send(a_reply())

    assert [path.suffix for path in tmp_path.iterdir()] == [".eml"]


def test_what_was_never_sent_is_not_there(tmp_path: Path) -> None:
    assert sender(tmp_path / "none").look_up(a_reply()).delivered is Delivered.NO


def test_an_id_that_would_leave_the_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot name a file"):
        sender(tmp_path).send(a_reply(id="../escape"))


def test_replies_written_together_have_their_reports_in_order(tmp_path: Path) -> None:
    """One that has no address, or was there before, holds up no other."""
    there, nowhere, *new = (a_reply(id=f"{number:032x}", text=f"reply {number}") for number in range(8))
    nowhere = replace(nowhere, addressee=Identity(kind=IdentityKind.ANONYMOUS, value="form-1"))
    call = a_reply(id="ca11" * 8, form=Form.PHONE_CALL, is_automatic=False, state=ReplyState.IN_REVIEW)
    sender(tmp_path).send(there)

    reports = sender(tmp_path).send_many([*new, nowhere, call, replace(there, text="other words")])

    assert [report.delivered for report in reports] == [Delivered.YES] * 6 + [Delivered.NO] * 2 + [Delivered.YES]
    assert "already" in reports[-1].says
    assert {path.name for path in tmp_path.iterdir()} == {f"{reply.id}.eml" for reply in (there, *new)}
    for number, reply in enumerate(new, start=2):
        assert f"reply {number}".encode() in (tmp_path / f"{reply.id}.eml").read_bytes()
    assert b"reply 0" in (tmp_path / f"{there.id}.eml").read_bytes()


def test_what_cannot_be_sent_touches_no_folder(tmp_path: Path) -> None:
    nobody = Identity(kind=IdentityKind.ANONYMOUS, value="form-1")

    [report] = sender(tmp_path / "none").send_many([a_reply(addressee=nobody)])

    assert report.delivered is Delivered.NO
    assert not (tmp_path / "none").exists()

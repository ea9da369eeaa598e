"""What is said of a mailbox: nothing goes unprotected, and secrets are asked for anew."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from amends.errors import Misconfigured, Unavailable
from ingest.mail.imap.mailbox import Handled, Mailbox, Security, said_secret, secret_in_file, secret_of_command


def a_mailbox(**said: Any) -> Mailbox:
    usual: dict[str, Any] = {"name": "care", "host": "mail.example", "user": "care", "secret": said_secret("s")}
    return Mailbox(**{**usual, **said})


@pytest.mark.parametrize("host", ["mail.example", "192.0.2.7", "localhost.example"])
def test_a_password_goes_to_no_other_machine_unprotected(host: str) -> None:
    with pytest.raises(Misconfigured, match="tls or starttls"):
        a_mailbox(host=host, security=Security.PLAIN)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_this_machine_may_be_reached_in_plain(host: str) -> None:
    assert a_mailbox(host=host, security=Security.PLAIN).at_port == 143


def test_the_usual_port_is_that_of_tls() -> None:
    assert a_mailbox().at_port == 993
    assert a_mailbox(security=Security.STARTTLS).at_port == 143


@pytest.mark.parametrize("flag", ["", "two words", r"\Deleted", r"\Draft", "a\r\nb", "a)b"])
def test_no_flag_is_taken_that_would_delete_a_mail_or_break_the_command(flag: str) -> None:
    with pytest.raises(Misconfigured, match=r"\$Amends"):
        a_mailbox(handled=Handled.FLAG, flag=flag)


def test_a_password_in_a_file_is_read_anew_each_time(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(" first one\n", "utf-8")
    secret = secret_in_file(file, mailbox="care")
    assert secret() == " first one"
    file.write_text("second", "utf-8")
    assert secret() == "second"


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_a_file_without_a_password_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Misconfigured, match=str(file)):
        secret_in_file(file, mailbox="care")()


def test_a_token_is_what_its_command_writes() -> None:
    assert secret_of_command([sys.executable, "-c", "print('token-7')"], mailbox="care")() == "token-7"


@pytest.mark.parametrize("program", ["print('no'); raise SystemExit(3)", "pass"])
def test_a_token_that_cannot_be_had_now_is_asked_for_again_later(program: str) -> None:
    with pytest.raises(Unavailable, match="run it by hand"):
        secret_of_command([sys.executable, "-c", program], mailbox="care")()


def test_a_command_that_is_not_there_needs_a_person(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be run"):
        secret_of_command([str(tmp_path / "none")], mailbox="care")()

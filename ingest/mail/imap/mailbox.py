"""One account on a mail server: how it is reached and signed in to, and what becomes of mail that was taken in."""

from __future__ import annotations

import ipaddress
import re
import ssl
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from amends.errors import Misconfigured, Unavailable

#: How long the command that gives a token may take, in seconds.
_COMMAND_S = 30.0
#: A keyword (RFC 3501, `flag-keyword`), or one of the three flags that say nothing of deleting.
_FLAG = re.compile(r"[^\s(){%*\"\\\]\x00-\x1f\x7f-\U0010ffff]{1,60}|\\(Seen|Flagged|Answered)")


class Security(StrEnum):
    """How the connection is protected."""

    TLS = "tls"
    STARTTLS = "starttls"
    #: Not at all: to this very machine only.
    PLAIN = "plain"


class Handled(StrEnum):
    """What becomes of a mail in its mailbox once it was taken in."""

    LEAVE = "leave"
    FLAG = "flag"
    MOVE = "move"


#: Gives the password or the token of an account; asked at each sign-in, so that a new one is taken up.
#: Raises Misconfigured where there is none, Unavailable where it cannot be had now.
Secret = Callable[[], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """One account. `name` is what the ledger calls it, whatever server it lies on.

    `secret` is a password, or a token for XOAUTH2 if `has_token`. `size_at_most` is in
    bytes: a larger mail is not fetched. `poll_s` is how often the folder is looked at
    where the server cannot say that something came; where it can, every `idle_s` it is
    looked at all the same. `timeout_s` is how long the server may be silent when it was
    asked something.

    Raises:
        Misconfigured: the connection would not be protected, or what becomes of handled mail is not said.
    """

    name: str
    host: str
    user: str
    secret: Secret
    has_token: bool = False
    port: int = 0
    security: Security = Security.TLS
    ca_file: Path | None = None
    size_at_most: int = 50 * 1024 * 1024
    handled: Handled = Handled.LEAVE
    flag: str = "$Amends"
    move_to: str = ""
    poll_s: float = 30.0
    idle_s: float = 240.0
    connect_s: float = 15.0
    timeout_s: float = 60.0

    def __post_init__(self) -> None:
        if self.security is Security.PLAIN and not _is_this_machine(self.host):
            raise Misconfigured(
                f"mailbox {self.name}: password and mails would go to {self.host} unprotected; set its security to "
                "tls or starttls. Only a server on this machine may be reached in plain."
            )
        if self.handled is Handled.FLAG and not _FLAG.fullmatch(self.flag):
            raise Misconfigured(
                f"mailbox {self.name}: {self.flag!r} is no flag for handled mail; take a word like $Amends, or "
                r"\Seen, \Flagged or \Answered"
            )
        if self.handled is Handled.MOVE and not self.move_to:
            raise Misconfigured(f"mailbox {self.name}: handled mail is to be moved; say with move_to into which folder")

    @property
    def at_port(self) -> int:
        """The port, or else the one that is usual for its security."""
        return self.port or (993 if self.security is Security.TLS else 143)

    def trust(self) -> ssl.SSLContext:
        """Say whose certificates are believed.

        Raises:
            Misconfigured: the file of authorities cannot be read.
        """
        context = ssl.create_default_context()
        if self.ca_file is not None:
            try:
                context.load_verify_locations(self.ca_file)
            except OSError as why:
                raise Misconfigured(
                    f"mailbox {self.name}: the file of trusted authorities cannot be read ({self.ca_file}): {why}"
                ) from why
        return context


def said_secret(value: str) -> Secret:
    """Give a secret that was said outright."""
    return lambda: value


def secret_in_file(path: Path, *, mailbox: str) -> Secret:
    """Give a secret that stands in a file, without the end of its line."""

    def read() -> str:
        try:
            secret = path.read_text("utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError) as why:
            raise Misconfigured(
                f"mailbox {mailbox}: the file of its password or token cannot be read ({path}): {why}"
            ) from why
        if not secret:
            raise Misconfigured(f"mailbox {mailbox}: the file of its password or token is empty: {path}")
        return secret

    return read


def secret_of_command(command: Sequence[str], *, mailbox: str) -> Secret:
    """Give a secret that a command writes to its standard output: what refreshes an OAuth 2 token, say."""

    def ask() -> str:
        try:
            # The command is the operator's own, and no shell reads it.
            done = subprocess.run(list(command), capture_output=True, text=True, timeout=_COMMAND_S, check=False)  # noqa: S603
        except (OSError, ValueError) as why:
            raise Misconfigured(f"mailbox {mailbox}: the command of its token cannot be run: {why}") from why
        except subprocess.TimeoutExpired as why:
            raise Unavailable(f"mailbox {mailbox}: the command of its token took more than {_COMMAND_S:.0f} s") from why
        secret = done.stdout.strip()
        if done.returncode != 0 or not secret:
            raise Unavailable(
                f"mailbox {mailbox}: the command of its token ended with {done.returncode}"
                f"{'' if secret else ' and wrote none'}; run it by hand to see why"
            )
        return secret

    return ask


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

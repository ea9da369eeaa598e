"""Replies to a mail server (RFC 5321), with an honest word on what became of each.

    nothing was sent, all wait       no connection, no TLS, a refused login, 4xx to the sender; 530: we are to sign in
    nothing was sent, this one       4xx to the recipient or the text; a break between the two: if the server has gone,
      waits (LATER)                  the next reply finds out
    never (NO)                       5xx to the sender, the recipient or the text; no usable address
    went (YES)                       250 after the text
    nobody knows (UNKNOWN)           the text began to go, and the server's word on it never came

The server's word after the text is the one moment at which it becomes responsible, so
only there can it be unknown whether a mail went. Where a mailbox of ours gets a copy
(`copy_to`), that copy tells later on: both were taken together.

A server that offers it (RFC 3461) is told the Message-ID as the envelope's id, so that a
bounce names the mail even where it returns nothing of it.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from amends.domain.reply import Form, Reply
from amends.errors import Misconfigured, Unavailable, Unprocessable
from amends.ports import Delivered, DeliveryReport, Now
from respond.restating import one_line
from respond.senders.mail import Envelope, OwnAddresses, compose_mail, mail_name, recipient


class Security(StrEnum):
    """How the connection is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    #: Not at all: to this very machine only.
    PLAIN = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """Where the mail server is and how to talk to it. Times are in seconds.

    `answer_timeout_s` is for the server's word after the text, which may take long: RFC
    5321, 4.5.3.2, asks for ten minutes. `ca_file` names further authorities to trust,
    `copy_to` a mailbox of our own that gets a copy of each mail.

    Raises:
        Misconfigured: the connection would not be protected, or a name comes without its password.
    """

    host: str
    port: int
    security: Security = Security.STARTTLS
    username: str = ""
    password: str = field(default="", repr=False)
    timeout_s: float = 30.0
    answer_timeout_s: float = 600.0
    ca_file: Path | None = None
    copy_to: str = ""

    def __post_init__(self) -> None:
        if self.security is Security.PLAIN and not _is_this_machine(self.host):
            raise Misconfigured(
                f"mail to {self.host} would go unprotected; set the security to starttls or tls. "
                "Only a server on this machine may be reached in plain."
            )
        if bool(self.username) != bool(self.password):
            raise Misconfigured("the mail server's user name and password go together; set both or neither")


class SmtpSender:
    """Hands mails to one server, one recipient and one connection each.

    SMTP keeps no memory: the same reply sent twice arrives twice, under one Message-ID.
    The delivery stage therefore never sends again what is `UNKNOWN`.
    """

    def __init__(
        self, settings: SmtpSettings, now: Now, own: OwnAddresses, envelope_for: Callable[[Reply], Envelope]
    ) -> None:
        self._settings = settings
        self._trust = _trust(settings)
        self._now = now
        self._own = own
        self._envelope_for = envelope_for

    def send(self, reply: Reply) -> DeliveryReport:
        """Hand the reply to the mail server.

        Raises:
            Unavailable: nothing was sent; it is safe to try again.
        """
        if reply.form is not Form.EMAIL:
            return _report(Delivered.NO, reply.channel_name, f"a {reply.form.value.replace('_', ' ')} is no mail")
        envelope = self._envelope_for(reply)
        name = mail_name(reply, envelope, self._own)
        try:
            address = recipient(reply.addressee, self._own)
            content = compose_mail(
                reply,
                own=self._own,
                in_reply_to=envelope.in_reply_to,
                references=envelope.references,
                reply_token=envelope.reply_token,
                at=self._now(),
            )
        except Unprocessable as why:
            return _report(Delivered.NO, name, str(why))
        try:
            with contextlib.closing(self._connect()) as server:
                self._announce(server, name)
                return self._hand_over(server, name, content, self._offer(server, address))
        except _Answered as why:
            return _report(why.delivered, name, str(why))
        except (OSError, smtplib.SMTPException) as cause:
            raise Unavailable(f"the mail server cannot be used now: {_said(cause)}") from cause

    def look_up(self, reply: Reply) -> DeliveryReport:
        """Say that nobody can say: a mail server does not tell what it took."""
        name = mail_name(reply, self._envelope_for(reply), self._own)
        return _report(Delivered.UNKNOWN, name, "a mail server does not tell afterwards what it took")

    def _connect(self) -> smtplib.SMTP:
        to, name, wait = (self._settings.host, self._settings.port), self._own.domain, self._settings.timeout_s
        if self._settings.security is Security.TLS:
            return self._ready(smtplib.SMTP_SSL(*to, local_hostname=name, timeout=wait, context=self._trust))
        return self._ready(smtplib.SMTP(*to, local_hostname=name, timeout=wait))

    def _ready(self, server: smtplib.SMTP) -> smtplib.SMTP:
        try:
            if self._settings.security is Security.STARTTLS:
                # Raises where the server offers no TLS: plain is never fallen back to.
                server.starttls(context=self._trust)
            if self._settings.username:
                server.login(self._settings.username, self._settings.password)
            server.ehlo_or_helo_if_needed()
        except BaseException:
            server.close()
            raise
        return server

    def _announce(self, server: smtplib.SMTP, name: str) -> None:
        """Tell the server that we want to send.

        Raises:
            _Answered: it refuses this mail for good.
            Unavailable: it takes no mail now, or none from us.
        """
        wanted = ["RET=HDRS", f"ENVID={_xtext(name.strip('<>'))}"] if server.has_extn("dsn") else []
        code, answer = server.mail(self._own.address, wanted)
        if code // 100 == 4 or code == _SIGN_IN_FIRST:
            raise Unavailable(f"the mail server takes nothing now: {_quoted(code, answer)}")
        _check(code, answer)

    def _offer(self, server: smtplib.SMTP, address: str) -> str:
        """Tell the server to whom, and ask to go on with the text; says what became of our copy.

        Raises:
            _Answered: it refuses, or puts this mail off.
        """
        reports, copy_to, with_us = server.has_extn("dsn"), self._settings.copy_to, ""
        try:
            _check(
                *server.rcpt(address, ["NOTIFY=FAILURE,DELAY", f"ORCPT=rfc822;{_xtext(address)}"] if reports else [])
            )
            if copy_to and copy_to.casefold() != address.casefold():
                code, answer = server.rcpt(copy_to, ["NOTIFY=NEVER"] if reports else [])
                taken = code // 100 == 2
                with_us = "; our copy went with it" if taken else f"; our copy did not: {_quoted(code, answer)}"
            _check(*server.docmd("DATA"))
        except (OSError, smtplib.SMTPException) as cause:
            raise _Answered(f"the connection broke before the text: {_said(cause)}", Delivered.LATER) from cause
        return with_us

    def _hand_over(self, server: smtplib.SMTP, name: str, content: bytes, with_us: str) -> DeliveryReport:
        if server.sock is not None:
            server.sock.settimeout(self._settings.answer_timeout_s)
        try:
            server.send(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
            code, answer = server.getreply()
        except (OSError, smtplib.SMTPException) as cause:
            says = (
                f"the mail was on its way when the connection broke; look before anything is sent again: {_said(cause)}"
            )
            return _report(Delivered.UNKNOWN, name, says)
        _check(code, answer)
        # The mail has gone; a server that hangs up without a goodbye changes nothing.
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.quit()
        return _report(Delivered.YES, name, f"{_quoted(code, answer)}{with_us}")


#: RFC 4954, 6: whoever wants to send has to sign in first.
_SIGN_IN_FIRST = 530


class _Answered(Exception):
    """The server does not take a mail: never, or not now."""

    def __init__(self, says: str, delivered: Delivered) -> None:
        super().__init__(says)
        self.delivered = delivered


def _check(code: int, answer: bytes) -> None:
    """Let an answer pass that says yes.

    Raises:
        _Answered: it says no, to this mail.
    """
    if code // 100 == 5:
        raise _Answered(_quoted(code, answer), Delivered.NO)
    if code // 100 not in {2, 3}:
        raise _Answered(f"put off: {_quoted(code, answer)}", Delivered.LATER)


def _xtext(text: str) -> str:
    """Write a parameter of the envelope (RFC 3461, 4)."""
    return "".join(char if char not in "+=" and "!" <= char <= "~" else f"+{ord(char):02X}" for char in text)


def _trust(settings: SmtpSettings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        try:
            context.load_verify_locations(settings.ca_file)
        except OSError as cause:
            says = f"the file of trusted authorities cannot be read ({settings.ca_file}): {cause}"
            raise Misconfigured(says) from cause
    return context


def _report(delivered: Delivered, name: str, says: str) -> DeliveryReport:
    return DeliveryReport(delivered=delivered, channel_name=name, says=says)


def _quoted(code: int, answer: bytes) -> str:
    return f"the server answered {code} {one_line(answer.decode('utf-8', 'replace'))[:200]}"


def _said(cause: Exception) -> str:
    return one_line(str(cause))[:200] or type(cause).__name__


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""Every sender against the one contract, and what only a mail server can do to us."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from amends.domain.reply import Form, Reply
from amends.errors import Misconfigured, Unavailable
from amends.ports import Delivered, Sender
from respond.senders.folder import FolderSender
from respond.senders.mail import Envelope as ThreadEnvelope
from respond.senders.smtp import Security, SmtpSender, SmtpSettings
from tests.contracts.sender import ChannelUnderTest, MailSenderContract, SenderContract
from tests.respond.builders import NOON, OWN, a_reply, an_approved_post
from tests.servers.certificate import a_certificate
from tests.servers.x import x_server
from tests.support.networks import BLUESKY, MASTODON
from tests.support.x import sender_of


def no_thread(_reply: object) -> ThreadEnvelope:
    return ThreadEnvelope()


def no_threads(replies: Sequence[object]) -> list[ThreadEnvelope]:
    return [ThreadEnvelope() for _ in replies]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def smtp_sender(
    port: int, security: Security = Security.PLAIN, *, ca_file: Path | None = None, copy_to: str = ""
) -> SmtpSender:
    settings = SmtpSettings(
        host="127.0.0.1" if ca_file is None else "localhost",
        port=port,
        security=security,
        timeout_s=5,
        answer_timeout_s=1,
        ca_file=ca_file,
        copy_to=copy_to,
    )
    return SmtpSender(settings, lambda: NOON, OWN, no_thread)


class Mailbox:
    """Takes mail, or answers with what it was told to."""

    def __init__(self, *, to_recipient: str = "", to_text: str = "") -> None:
        self.mails: list[bytes] = []
        self.recipients: list[list[str]] = []
        self._to_recipient = to_recipient
        self._to_text = to_text

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if not self._to_recipient:
            envelope.rcpt_tos.append(address)
        return self._to_recipient or "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self._to_text:
            return self._to_text
        assert isinstance(envelope.original_content, bytes)
        self.mails.append(envelope.original_content)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 taken"

    def arrived(self) -> list[bytes]:
        return self.mails


@contextmanager
def mail_server(mailbox: Mailbox) -> Iterator[int]:
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@contextmanager
def scripted_server(*answers: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Answer each line or text of one client with the next of these, then hang up. Yields the port and what came."""
    came: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 here\r\n")
            for answer in answers:
                taken = lines.readline()
                if came and came[-1].upper() == b"DATA\r\n":
                    while not taken.endswith(b"\r\n.\r\n"):
                        taken += lines.readline()
                came.append(taken)
                if answer:
                    connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield int(listener.getsockname()[1]), came
    finally:
        thread.join(timeout=5)
        listener.close()


class TestFolderSender(MailSenderContract):
    @pytest.fixture
    def channel(self, tmp_path: Path) -> ChannelUnderTest:
        folder = tmp_path / "sent"
        return ChannelUnderTest(
            sender=FolderSender(folder, lambda: NOON, OWN, no_threads),
            arrived=lambda: [path.read_bytes() for path in sorted(folder.glob("*"))],
        )

    @pytest.fixture
    def broken(self, tmp_path: Path) -> Sender:
        (tmp_path / "file").write_text("in the way")
        return FolderSender(tmp_path / "file" / "sent", lambda: NOON, OWN, no_threads)


class TestSmtpSender(MailSenderContract):
    @pytest.fixture
    def channel(self) -> Iterator[ChannelUnderTest]:
        mailbox = Mailbox()
        with mail_server(mailbox) as port:
            yield ChannelUnderTest(sender=smtp_sender(port), arrived=mailbox.arrived)

    @pytest.fixture
    def broken(self) -> Sender:
        return smtp_sender(free_port())

    @pytest.mark.xfail(strict=True, reason="SMTP keeps no memory; the delivery stage never sends twice by itself")
    def test_sending_the_same_reply_twice_reaches_the_customer_once(self, channel: ChannelUnderTest) -> None:
        super().test_sending_the_same_reply_twice_reaches_the_customer_once(channel)


class TestXSender(SenderContract):
    """Public replies on a test server of X."""

    def reply(self, **changes: Any) -> Reply:
        return an_approved_post(**changes)

    @pytest.fixture
    def channel(self) -> Iterator[ChannelUnderTest]:
        with x_server() as server:
            post = server.post("@NorthmoorHelp my parcel is late")
            yield ChannelUnderTest(
                sender=sender_of(server, post),
                arrived=lambda: [json.dumps(one, ensure_ascii=False).encode() for one in server.ours()],
            )

    @pytest.fixture
    def broken(self) -> Sender:
        with x_server() as server:
            sender = sender_of(server, server.post("@NorthmoorHelp my parcel is late"))
        # The server is gone.
        return sender

    @pytest.mark.xfail(strict=True, reason="a post on X has no room for an id that nobody reads")
    def test_the_id_of_a_reply_travels_inside_what_arrives(self, channel: ChannelUnderTest) -> None:
        super().test_the_id_of_a_reply_travels_inside_what_arrives(channel)


class TestXSenderInPrivate(SenderContract):
    """Private messages on a test server of X."""

    def reply(self, **changes: Any) -> Reply:
        return an_approved_post(**{"form": Form.DIRECT_MESSAGE, **changes})

    @pytest.fixture
    def channel(self) -> Iterator[ChannelUnderTest]:
        with x_server() as server:
            yield ChannelUnderTest(
                sender=sender_of(server, ""),
                arrived=lambda: [json.dumps(one, ensure_ascii=False).encode() for one in server.messages],
            )

    @pytest.fixture
    def broken(self) -> Sender:
        with x_server() as server:
            sender = sender_of(server, "")
        # The server is gone.
        return sender

    @pytest.mark.xfail(strict=True, reason="a private message has no room for an id that nobody reads")
    def test_the_id_of_a_reply_travels_inside_what_arrives(self, channel: ChannelUnderTest) -> None:
        super().test_the_id_of_a_reply_travels_inside_what_arrives(channel)


class TestMastodonSender(SenderContract):
    """Public replies on a test server of Mastodon."""

    def reply(self, **changes: Any) -> Reply:
        return an_approved_post(**{"channel": MASTODON.channel, **changes})

    @pytest.fixture
    def channel(self) -> Iterator[ChannelUnderTest]:
        with MASTODON.serve() as server:
            post = server.post(f"{MASTODON.handle} my parcel is late")
            yield ChannelUnderTest(
                sender=MASTODON.sender_of(server, post),
                arrived=lambda: [json.dumps(one, ensure_ascii=False).encode() for one in server.ours()],
            )

    @pytest.fixture
    def broken(self) -> Sender:
        with MASTODON.serve() as server:
            sender = MASTODON.sender_of(server, server.post(f"{MASTODON.handle} my parcel is late"))
        # The server is gone.
        return sender


class TestBlueskySender(SenderContract):
    """Public replies on a test server of Bluesky."""

    def reply(self, **changes: Any) -> Reply:
        return an_approved_post(**{"channel": BLUESKY.channel, **changes})

    @pytest.fixture
    def channel(self) -> Iterator[ChannelUnderTest]:
        with BLUESKY.serve() as server:
            post = server.post(f"{BLUESKY.handle} my parcel is late")
            yield ChannelUnderTest(
                sender=BLUESKY.sender_of(server, post),
                arrived=lambda: [json.dumps(one, ensure_ascii=False).encode() for one in server.ours()],
            )

    @pytest.fixture
    def broken(self) -> Sender:
        with BLUESKY.serve() as server:
            sender = BLUESKY.sender_of(server, server.post(f"{BLUESKY.handle} my parcel is late"))
        # The server is gone.
        return sender

    @pytest.mark.xfail(strict=True, reason="a record's key is derived from the reply's id and does not hold it")
    def test_the_id_of_a_reply_travels_inside_what_arrives(self, channel: ChannelUnderTest) -> None:
        super().test_the_id_of_a_reply_travels_inside_what_arrives(channel)


class TestMailServerFaults:
    @pytest.mark.parametrize("where", ["to_recipient", "to_text"])
    def test_a_refusal_for_good_is_reported_and_quoted(self, where: str) -> None:
        with mail_server(Mailbox(**{where: "550 5.1.1 no such mailbox"})) as port:
            report = smtp_sender(port).send(a_reply())

        assert report.delivered is Delivered.NO
        assert "550" in report.says
        assert "no such mailbox" in report.says

    @pytest.mark.parametrize("where", ["to_recipient", "to_text"])
    @pytest.mark.parametrize("answer", ["451 4.3.0 try later", "421 4.7.0 too many from you"])
    def test_a_refusal_for_now_puts_off_this_mail_alone(self, where: str, answer: str) -> None:
        mailbox = Mailbox(**{where: answer})
        with mail_server(mailbox) as port:
            report = smtp_sender(port).send(a_reply())

        assert report.delivered is Delivered.LATER
        assert answer in report.says
        assert mailbox.mails == []

    @pytest.mark.parametrize(
        "answer", [b"452 4.3.1 no room\r\n", b"421 closing\r\n", b"530 5.7.0 sign in first\r\n", b""]
    )
    def test_a_server_that_takes_nothing_from_us_now_is_unavailable(self, answer: bytes) -> None:
        with scripted_server(b"250 hello\r\n", answer) as (port, came), pytest.raises(Unavailable):
            smtp_sender(port).send(a_reply())

        assert not any(b"RCPT" in taken.upper() for taken in came)

    @pytest.mark.parametrize("asked", [2, 3])
    def test_a_break_before_the_text_puts_off_this_mail_alone(self, asked: int) -> None:
        answers = (b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n")[:asked]
        with scripted_server(*answers) as (port, came):
            report = smtp_sender(port).send(a_reply())

        assert report.delivered is Delivered.LATER
        assert not any(b"We have your message" in taken for taken in came)

    def test_a_server_that_reports_is_told_what_to_call_the_mail_in_a_bounce(self) -> None:
        answers = (b"250-hello\r\n250 DSN\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n", b"250 taken\r\n")
        with scripted_server(*answers) as (port, came):
            report = smtp_sender(port).send(a_reply())

        sender, recipient_ = (line.decode().strip() for line in came[1:3])
        assert sender.endswith(f"RET=HDRS ENVID={report.channel_name.strip('<>')}")
        assert recipient_ == "rcpt TO:<sam@customer.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;sam@customer.example"

    def test_a_mailbox_of_ours_gets_a_copy_in_the_same_envelope(self) -> None:
        mailbox = Mailbox()
        with mail_server(mailbox) as port:
            report = smtp_sender(port, copy_to="sent@northwind.example").send(a_reply())

        assert mailbox.recipients == [["sam@customer.example", "sent@northwind.example"]]
        assert "our copy went with it" in report.says

    def test_a_copy_that_is_refused_keeps_no_mail_from_its_customer(self) -> None:
        answers = (
            b"250 hello\r\n",
            b"250 ok\r\n",
            b"250 ok\r\n",
            b"550 no copy\r\n",
            b"354 go on\r\n",
            b"250 taken\r\n",
        )
        with scripted_server(*answers) as (port, _came):
            report = smtp_sender(port, copy_to="sent@northwind.example").send(a_reply())

        assert report.delivered is Delivered.YES
        assert "our copy did not: the server answered 550 no copy" in report.says

    def test_a_break_after_the_text_leaves_it_unknown(self) -> None:
        answers = (b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n", b"")
        with scripted_server(*answers) as (port, came):
            report = smtp_sender(port).send(a_reply())

        assert report.delivered is Delivered.UNKNOWN
        assert b"We have your message" in came[-1]

    def test_silence_after_the_text_leaves_it_unknown(self) -> None:
        hold = threading.Event()
        listener = socket.create_server(("127.0.0.1", 0))

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as lines:
                connection.sendall(b"220 here\r\n")
                for answer in (b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"):
                    lines.readline()
                    connection.sendall(answer)
                hold.wait(10)

        thread = threading.Thread(target=serve)
        thread.start()
        report = smtp_sender(listener.getsockname()[1]).send(a_reply())
        hold.set()
        thread.join(timeout=5)
        listener.close()

        assert report.delivered is Delivered.UNKNOWN

    def test_a_server_that_hangs_up_without_goodbye_still_has_the_mail(self) -> None:
        answers = (b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n", b"250 taken\r\n")
        with scripted_server(*answers) as (port, _came):
            assert smtp_sender(port).send(a_reply()).delivered is Delivered.YES

    def test_a_server_that_refuses_the_sender_is_not_told_the_recipient(self) -> None:
        with scripted_server(b"250 hello\r\n", b"550 not you\r\n") as (port, came):
            report = smtp_sender(port).send(a_reply())

        assert report.delivered is Delivered.NO
        assert not any(b"RCPT" in taken.upper() for taken in came)

    def test_a_mail_has_one_recipient_and_dots_survive(self) -> None:
        mailbox = Mailbox()
        with mail_server(mailbox) as port:
            smtp_sender(port).send(a_reply(text="One.\n.\n..two\nEnd"))

        assert mailbox.recipients == [["sam@customer.example"]]
        assert message_from_bytes(mailbox.mails[0]).get_payload(decode=True) == b"One.\r\n.\r\n..two\r\nEnd\r\n"


class TestProtectedConnections:
    def test_a_server_elsewhere_is_not_reached_in_plain(self) -> None:
        with pytest.raises(Misconfigured, match="starttls"):
            SmtpSettings(host="mail.northwind.example", port=25, security=Security.PLAIN)

    def test_a_user_name_without_a_password_is_refused(self) -> None:
        with pytest.raises(Misconfigured, match="password"):
            SmtpSettings(host="mail.northwind.example", port=587, username="care")

    def test_a_password_is_not_shown(self) -> None:
        settings = SmtpSettings(host="mail.northwind.example", port=587, username="care", password="hunter2")  # noqa: S106

        assert "hunter2" not in repr(settings)

    def test_a_missing_file_of_authorities_is_refused_at_the_start(self, tmp_path: Path) -> None:
        with pytest.raises(Misconfigured, match="authorities"):
            smtp_sender(25, Security.STARTTLS, ca_file=tmp_path / "none.pem")

    def test_a_server_without_tls_gets_no_mail_when_tls_is_asked_for(self) -> None:
        mailbox = Mailbox()
        with mail_server(mailbox) as port, pytest.raises(Unavailable, match="STARTTLS"):
            smtp_sender(port, Security.STARTTLS).send(a_reply())

        assert mailbox.mails == []

    def test_a_server_with_an_unknown_certificate_gets_no_mail(self, certificate: tuple[Path, Path]) -> None:
        mailbox = Mailbox()
        with tls_server(mailbox, certificate) as port, pytest.raises(Unavailable, match=r"(?i)certificate"):
            smtp_sender(port, Security.STARTTLS).send(a_reply())

        assert mailbox.mails == []

    def test_a_server_with_a_known_certificate_gets_the_mail(self, certificate: tuple[Path, Path]) -> None:
        mailbox = Mailbox()
        with tls_server(mailbox, certificate) as port:
            report = smtp_sender(port, Security.STARTTLS, ca_file=certificate[0]).send(a_reply())

        assert report.delivered is Delivered.YES
        assert len(mailbox.mails) == 1


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Make a certificate for this machine; gives its file and that of its key."""
    try:
        return a_certificate(tmp_path)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")


@contextmanager
def tls_server(mailbox: Mailbox, certificate: tuple[Path, Path]) -> Iterator[int]:

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*map(str, certificate))
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()

"""One connection to one folder of a mailbox: the only home of imapclient.

Whatever the server or the line does becomes one of these:

    Unavailable      no connection, no TLS, a stall, a line that broke, a server that is busy
    ServerSaidNo     the server refused this one command; the connection goes on
    Misconfigured    it refused the sign-in, or cannot do what the settings ask for

Mails are asked for by UID and with BODY.PEEK, so that looking at one marks nothing. No
line of ours makes the library hold more than `most` bytes of one mail.
"""

from __future__ import annotations

import contextlib
import imaplib
import logging
import re
import ssl
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientError, LoginError, ProtocolError

from amends.errors import Misconfigured, Unavailable
from ingest.mail.imap.mailbox import Mailbox, Security

#: imaplib takes no line of more than a million bytes: the answer to one question about UIDs stays well below.
_UIDS_AT_ONCE = 50_000
#: RFC 5530: the account is right, and the server cannot do it now.
_FOR_NOW = re.compile(r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\]", re.IGNORECASE)
_SAYS_AT_MOST = 200


class ServerSaidNo(Unavailable):
    """The server refused one command; the connection can still be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the server says of a mail: its size in bytes, and when the mailbox got it."""

    size_bytes: int
    received_at: datetime | None


class Session:
    """A connection that has one folder selected. Used by one thread."""

    def __init__(self, mailbox: Mailbox, folder: str, *, read_only: bool) -> None:
        """Connect, sign in and select the folder.

        Raises:
            Unavailable: the server cannot be used now, or the folder is not there.
            Misconfigured: the server refuses the sign-in, or offers no TLS.
        """
        # The library writes every line of the connection to its log: mails, and all.
        logging.getLogger("imapclient").setLevel(logging.WARNING)
        self._mailbox = mailbox
        self._is_idle = False
        secret = mailbox.secret()
        with _told(mailbox):
            self._client = _connected(mailbox)
        try:
            with _told(mailbox):
                self._secure()
                self._sign_in(secret)
            self._count_changes()
            self._select(folder, read_only=read_only)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the connection. A mailbox keeps its place without a farewell."""
        with contextlib.suppress(OSError, IMAPClientError):
            self._client.shutdown()

    @property
    def can_idle(self) -> bool:
        """Whether the server says by itself that mail came."""
        return self._can("IDLE")

    def changed(self, last: int, *, since: int) -> list[int]:
        """List the mails up to UID `last` that came or changed after the folder's state `since` (RFC 7162)."""
        self._leave_idle()
        with _told(self._mailbox):
            found = self._client.search(["UID", f"1:{last}", "MODSEQ", str(since + 1)])
        return sorted(uid for uid in found if uid <= last)

    def uids(self, first: int, *, but_flagged: str = "") -> Iterator[int]:
        """List the mails from UID `first` on, in order; only those without a flag, if one is named."""
        self._leave_idle()
        while first + _UIDS_AT_ONCE < self.uid_next:
            yield from self._search(f"{first}:{first + _UIDS_AT_ONCE - 1}", first, but_flagged)
            first += _UIDS_AT_ONCE
        with _told(self._mailbox):
            # What came since the last question is told now, and not after the answer to the next one.
            self._client.noop()
        yield from self._search(f"{first}:*", first, but_flagged)

    def facts(self, uids: Collection[int]) -> dict[int, Facts]:
        """Ask how large mails are, and since when they are there. One that is gone is left out."""
        self._leave_idle()
        with _told(self._mailbox):
            found = self._client.fetch(sorted(uids), ["RFC822.SIZE", "INTERNALDATE"])
        return {
            uid: Facts(size_bytes=one[b"RFC822.SIZE"], received_at=_in_utc(one.get(b"INTERNALDATE")))
            for uid, one in found.items()
            if isinstance(one.get(b"RFC822.SIZE"), int)
        }

    def mails(self, uids: Collection[int], *, most: int) -> dict[int, bytes]:
        """Fetch mails, of each no more than `most` bytes. One that is gone is left out."""
        return self._parts(uids, "", most)

    def headers(self, uids: Collection[int], *, most: int) -> dict[int, bytes]:
        """Fetch the headers of mails, of each no more than `most` bytes."""
        return self._parts(uids, "HEADER", most)

    def flag(self, uids: Collection[int], flag: str) -> None:
        """Put a flag on mails; one that has it keeps it.

        Raises:
            ServerSaidNo: this folder takes no such flag, or none at all.
        """
        self._leave_idle()
        if not self._takes(flag):
            raise ServerSaidNo(f"the folder takes no flag {flag}; let handled mail be moved or left")
        with _told(self._mailbox):
            self._client.add_flags(sorted(uids), [flag], silent=True)

    def move(self, uids: Collection[int], folder: str) -> None:
        """Move mails into another folder, which is made if it is missing; those that are gone are passed over.

        Raises:
            ServerSaidNo: it cannot be done safely, or not now.
        """
        self._leave_idle()
        with _told(self._mailbox):
            if not self._client.folder_exists(folder):
                self._client.create_folder(folder)
            if self._can("MOVE"):
                self._client.move(sorted(uids), folder)
            elif self._can("UIDPLUS"):
                # Each by its UID: a plain EXPUNGE would delete what somebody else has marked.
                self._client.copy(sorted(uids), folder)
                self._client.add_flags(sorted(uids), [r"\Deleted"], silent=True)
                self._client.uid_expunge(sorted(uids))
            else:
                raise ServerSaidNo("the server can neither MOVE nor delete by UID; let handled mail be flagged or left")

    def wait(self, seconds: float) -> bool:
        """Wait for the server to say that a mail came; False after so many seconds of silence.

        Raises:
            Unavailable: the connection is gone.
        """
        with _told(self._mailbox):
            if not self._is_idle:
                self._client.idle()
                self._is_idle = True
                if self._said_meanwhile():
                    return True
            began = time.monotonic()
            said = self._client.idle_check(timeout=seconds)
            if not said and time.monotonic() - began < seconds / 2:
                # It had something to say, and that was not a line: the line is dead. DONE finds out.
                self._leave_idle()
        if any(b"BYE" in line[:1] for line in said):
            raise Unavailable("the server ended the connection")
        return any(b"EXISTS" in line[1:2] for line in said)

    def _secure(self) -> None:
        if self._mailbox.security is Security.STARTTLS:
            try:
                self._client.starttls(self._mailbox.trust())
            except CapabilityError as why:
                raise self._no_tls() from why
            except imaplib.IMAP4.error as why:
                if "not supported" in str(why):
                    raise self._no_tls() from why
                raise

    def _no_tls(self) -> Misconfigured:
        return Misconfigured(
            f"mailbox {self._mailbox.name}: {self._mailbox.host} offers no STARTTLS, and nothing goes unprotected; "
            "set its security to tls if the server has a port for that, or ask who runs it"
        )

    def _sign_in(self, secret: str) -> None:
        user = self._mailbox.user
        try:
            if self._mailbox.has_token:
                self._client.oauth2_login(user, secret)
            elif self._can("AUTH=PLAIN"):
                # In UTF-8, whatever letters a password has.
                self._client.plain_login(user, secret)
            else:
                self._client.login(user, secret)
        except LoginError as why:
            if isinstance(why.__context__, imaplib.IMAP4.abort) or _FOR_NOW.search(str(why)):
                raise Unavailable(f"the mail server cannot sign anybody in now: {_said(why)}") from why
            what = "token" if self._mailbox.has_token else "password"
            raise Misconfigured(
                f"mailbox {self._mailbox.name}: {self._mailbox.host} refuses the sign-in ({_said(why)}); check its "
                f"user and its {what}, and that the account may be read by IMAP"
            ) from why

    def _count_changes(self) -> None:
        if self._can("CONDSTORE") and self._can("ENABLE"):
            # Who offers it and then refuses is read as one without.
            with contextlib.suppress(ServerSaidNo), _told(self._mailbox):
                self._client.enable("CONDSTORE")

    def _select(self, folder: str, *, read_only: bool) -> None:
        try:
            with _told(self._mailbox):
                selected = self._client.select_folder(folder, readonly=read_only)
        except ServerSaidNo as why:
            raise Unavailable(f"mailbox {self._mailbox.name}: folder {folder} cannot be opened: {why}") from why
        self.uid_validity: int = selected.get(b"UIDVALIDITY", 0)
        #: The next mail gets this UID or a higher one; 0 where the server does not say.
        self.uid_next: int = selected.get(b"UIDNEXT", 0)
        #: The folder's state when it was selected; 0 where the server counts no changes (CONDSTORE).
        self.state: int = selected.get(b"HIGHESTMODSEQ", 0)
        self._flags: tuple[bytes, ...] = selected.get(b"PERMANENTFLAGS", (rb"\*",))
        if not self.uid_validity:
            raise Unavailable(f"mailbox {self._mailbox.name}: the server gives folder {folder} no UIDVALIDITY")

    def _search(self, which: str, first: int, but_flagged: str) -> list[int]:
        criteria = ["UID", which]
        if but_flagged.startswith("\\"):
            criteria += ["NOT", but_flagged[1:].upper()]
        elif but_flagged:
            criteria += ["UNKEYWORD", but_flagged]
        self._client._imap.untagged_responses.pop("EXISTS", None)
        with _told(self._mailbox):
            # Asked for n:*, a server gives its last mail, even where that has a lower UID.
            return sorted(uid for uid in self._client.search(criteria) if uid >= first)

    def _parts(self, uids: Collection[int], section: str, most: int) -> dict[int, bytes]:
        if not uids:
            return {}
        self._leave_idle()
        with _told(self._mailbox):
            found = self._client.fetch(sorted(uids), [f"BODY.PEEK[{section}]<0.{most}>"])
        named = f"BODY[{section}]<0>".encode()
        return {uid: one[named] for uid, one in found.items() if isinstance(one.get(named), bytes)}

    def _takes(self, flag: str) -> bool:
        return any(
            (kept == rb"\*" and not flag.startswith("\\")) or kept.lower() == flag.encode().lower()
            for kept in self._flags
        )

    def _can(self, capability: str) -> bool:
        with _told(self._mailbox):
            return bool(self._client.has_capability(capability))

    def _leave_idle(self) -> None:
        if self._is_idle:
            self._is_idle = False
            with _told(self._mailbox):
                self._client.idle_done()

    def _said_meanwhile(self) -> bool:
        """Whether the server said something between our last question and the beginning of IDLE.

        The library looks at the socket alone, and not at what it has read from it already.
        """
        imap = self._client._imap
        if "EXISTS" in imap.untagged_responses:
            return True
        sock = self._client.socket()
        sock.setblocking(False)
        try:
            return bool(imap.file.peek(1))
        except OSError:
            return False
        finally:
            sock.settimeout(self._mailbox.timeout_s)


def _connected(mailbox: Mailbox) -> Any:
    client = IMAPClient(
        mailbox.host,
        port=mailbox.at_port,
        ssl=mailbox.security is Security.TLS,
        ssl_context=mailbox.trust() if mailbox.security is Security.TLS else None,
        timeout=SocketTimeout(connect=mailbox.connect_s, read=mailbox.timeout_s),
    )
    # Times with their zone, and no copy of every line for a log that nobody keeps.
    client.normalise_times = False
    client._imap.debug = 0
    return client


@contextlib.contextmanager
def _told(mailbox: Mailbox) -> Iterator[None]:
    """Turn what the library raises into one of our three.

    An answer that it cannot read leaves the rest of the line in doubt: that is a broken connection.
    """
    where = f"mailbox {mailbox.name}: the server at {mailbox.host}:{mailbox.at_port}"
    try:
        yield
    except (Unavailable, Misconfigured):
        raise
    except ssl.SSLCertVerificationError as why:
        raise Unavailable(
            f"{where} shows a certificate that is not trusted ({_said(why)}); correct the host, or name the file of "
            "its authority with ca_file"
        ) from why
    except (imaplib.IMAP4.abort, OSError, EOFError) as why:
        raise Unavailable(f"{where} cannot be used now: {_said(why)}") from why
    except (ProtocolError, ValueError, LookupError, TypeError, AttributeError) as why:
        raise Unavailable(f"{where} gave an answer that cannot be read: {_said(why)}") from why
    except IMAPClientError as why:
        raise ServerSaidNo(f"{where} refused it: {_said(why)}") from why


def _said(why: Exception) -> str:
    words = "".join(letter if letter.isprintable() else " " for letter in str(why))
    return " ".join(words.split())[:_SAYS_AT_MOST] or type(why).__name__


def _in_utc(at: object) -> datetime | None:
    if not isinstance(at, datetime) or at.tzinfo is None:
        return None
    return at.astimezone(UTC)

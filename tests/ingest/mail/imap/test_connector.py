"""A mailbox on a real Dovecot: every mail is accounted for, whatever people and the server do meanwhile."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from amends.domain.arrival import Fate, ParkedState
from amends.errors import Misconfigured, Unavailable
from ingest.mail.imap import connector as connector_module
from ingest.mail.imap import session as session_module
from ingest.mail.imap.connector import ImapConnector
from ingest.mail.imap.mailbox import Security, secret_in_file
from ingest.mail.imap.session import Facts, Session
from tests.ingest.house import IngestHouse
from tests.servers.dovecot import USER, Dovecot
from tests.servers.ports import HOST
from tests.support.builders import a_mail
from tests.support.mailboxes import a_mailbox

pytestmark = pytest.mark.dovecot

Open = Callable[..., ImapConnector]


def mails(count: int, *, first: int = 0) -> list[bytes]:
    return [a_mail(f"Parcel {n} never came.", message_id=f"{n}@mail.example") for n in range(first, first + count)]


@pytest.fixture
def open_(dovecot: Dovecot, ingest_house: IngestHouse) -> Iterator[Open]:
    """Opens the mailbox, as a process that starts anew would; what is said is said of the mailbox."""
    with ExitStack() as closing:

        def opened(folder: str = "INBOX", **said: Any) -> ImapConnector:
            server = said.pop("server", dovecot)
            mailbox = a_mailbox(server, **said)
            connector = ImapConnector(mailbox, folder, now=lambda: datetime.now(UTC), known=ingest_house.fetched_whole)
            closing.callback(connector.close)
            return connector

        yield opened


def test_a_mailbox_is_taken_in_once_and_what_comes_later_later(
    dovecot: Dovecot, ingest_house: IngestHouse, open_: Open
) -> None:
    dovecot.put(mails(7))
    connector = open_()
    assert ingest_house.take_in_mailbox(connector) == {Fate.INGESTED: 7}
    dovecot.put(mails(2, first=7))
    assert ingest_house.take_in_mailbox(connector) == {Fate.INGESTED: 2}
    assert ingest_house.take_in_mailbox(open_()) == {}
    assert ingest_house.unexplained(connector) == []


def test_a_mail_was_received_when_the_mailbox_got_it(dovecot: Dovecot, ingest_house: IngestHouse, open_: Open) -> None:
    at = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
    dovecot.put([a_mail()], at=at)
    ingest_house.take_in_mailbox(open_())
    (message,) = ingest_house.published()
    assert message.received_at == at


def test_a_mail_that_somebody_has_read_is_taken_in_and_reading_marks_none(
    dovecot: Dovecot, ingest_house: IngestHouse, open_: Open
) -> None:
    dovecot.put(mails(3))
    with dovecot.client() as person:
        person.fetch([1], ["BODY[]"])
        assert ingest_house.take_in_mailbox(open_()) == {Fate.INGESTED: 3}
        person.noop()
        seen = {uid: rb"\Seen" in flags for uid, flags in person.get_flags([1, 2, 3]).items()}
    assert seen == {1: True, 2: False, 3: False}


def test_a_mail_that_is_deleted_between_the_list_and_the_fetch_is_parked(
    dovecot: Dovecot, ingest_house: IngestHouse, open_: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    dovecot.put(mails(3))
    listed = Session.facts

    def delete_then_ask(self: Any, uids: Any) -> Any:
        with dovecot.client() as person:
            person.delete_messages([2])
            person.expunge()
        return listed(self, uids)

    monkeypatch.setattr(Session, "facts", delete_then_ask)
    fates = ingest_house.take_in_mailbox(open_())
    assert fates == {Fate.INGESTED: 2, Fate.PARKED: 1}
    assert [one.reason for one in ingest_house.parked()] == ["gone"]


def test_a_mail_that_is_deleted_after_its_size_was_asked_is_parked(
    dovecot: Dovecot, ingest_house: IngestHouse, open_: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    dovecot.put(mails(3))
    fetch = Session.mails

    def delete_then_fetch(self: Any, uids: Any, *, most: int) -> Any:
        with dovecot.client() as person:
            person.delete_messages([2])
            person.expunge()
        return fetch(self, uids, most=most)

    monkeypatch.setattr(Session, "mails", delete_then_fetch)
    connector = open_()
    fates = ingest_house.take_in_mailbox(connector)
    # A server may still give a mail to whoever had the folder open when it was deleted.
    assert fates in ({Fate.INGESTED: 2, Fate.PARKED: 1}, {Fate.INGESTED: 3})
    assert ingest_house.unexplained(connector) == []


def test_a_mail_that_is_too_large_is_parked_unread_and_taken_in_when_it_may_be(
    dovecot: Dovecot, ingest_house: IngestHouse, open_: Open
) -> None:
    large = a_mail("word " * 100_000, message_id="large@mail.example")
    dovecot.put([*mails(1), large, *mails(1, first=1)])
    connector = open_(size_at_most=20_000)
    assert ingest_house.take_in_mailbox(connector) == {Fate.INGESTED: 2, Fate.PARKED: 1}
    (parked,) = ingest_house.parked()
    kept = ingest_house.blobs.get(parked.raw_sha256)
    assert (parked.reason, b"large@mail.example" in kept, len(kept) < 1_000) == ("over_size", True, True)
    assert ingest_house.unexplained(connector) == []

    assert ingest_house.take_in_mailbox(open_(size_at_most=20_000)) == {}
    assert ingest_house.take_in_mailbox(open_(size_at_most=1_000_000)) == {Fate.INGESTED: 1}
    with ingest_house.database.reading() as unit:
        assert [one.state for one in unit.intake.parked(state=None)] == [ParkedState.RETRIED]


def test_a_server_that_is_wrong_about_a_size_brings_no_more_than_allowed(
    dovecot: Dovecot, ingest_house: IngestHouse, open_: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    dovecot.put([a_mail("word " * 100_000)])
    facts = Session.facts

    def lie(self: Any, uids: Any) -> Any:
        return {uid: Facts(size_bytes=10, received_at=one.received_at) for uid, one in facts(self, uids).items()}

    monkeypatch.setattr(Session, "facts", lie)
    assert ingest_house.take_in_mailbox(open_(size_at_most=20_000)) == {Fate.PARKED: 1}
    assert [one.reason for one in ingest_house.parked()] == ["over_size"]


def test_few_large_mails_are_held_at_once(dovecot: Dovecot, open_: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    dovecot.put([a_mail("word " * 2_000, message_id=f"{n}@mail.example") for n in range(6)])
    monkeypatch.setattr(connector_module, "BATCH_BYTES", 25_000)
    connector = open_()
    sizes, checkpoint = [], ""
    while True:
        batch, checkpoint = connector.fetch(checkpoint, limit=200)
        if not batch:
            break
        sizes.append(len(batch))
    assert sizes == [2, 2, 2]


@pytest.mark.parametrize("how", ["deleted and made again", "renamed and made again"])
def test_a_folder_that_is_made_again_is_taken_in_anew_and_old_mail_is_a_duplicate(
    dovecot: Dovecot, ingest_house: IngestHouse, open_: Open, how: str
) -> None:
    dovecot.put(mails(3), folder="Complaints")
    connector = open_("Complaints")
    assert ingest_house.take_in_mailbox(connector) == {Fate.INGESTED: 3}
    with dovecot.client() as person:
        if how == "deleted and made again":
            person.delete_folder("Complaints")
        else:
            person.rename_folder("Complaints", "Old")
        person.create_folder("Complaints")
    dovecot.put([*mails(3), *mails(2, first=3)], folder="Complaints")

    # The connection that had it open is told in its own time, or reads the folder that was renamed.
    connector.close()
    assert ingest_house.take_in_mailbox(connector) == {Fate.DUPLICATE: 3, Fate.INGESTED: 2}
    assert len(ingest_house.published()) == 5
    assert ingest_house.unexplained(connector) == []


def test_a_folder_that_is_deleted_while_it_is_open_is_a_broken_connection(
    dovecot: Dovecot, ingest_house: IngestHouse, open_: Open
) -> None:
    dovecot.put(mails(2), folder="Complaints")
    connector = open_("Complaints")
    ingest_house.take_in_mailbox(connector)
    with dovecot.client() as person:
        person.delete_folder("Complaints")
    with pytest.raises(Unavailable):
        keep_up(ingest_house, connector)
    connector.close()
    with pytest.raises(Unavailable, match="folder Complaints cannot be opened"):
        ingest_house.take_in_mailbox(connector)
    dovecot.put(mails(3), folder="Complaints")
    assert ingest_house.take_in_mailbox(connector) == {Fate.DUPLICATE: 2, Fate.INGESTED: 1}


def test_a_folder_that_counts_anew_under_the_same_uidvalidity_is_refused(
    dovecot: Dovecot, ingest_house: IngestHouse, open_: Open
) -> None:
    dovecot.put(mails(1))
    connector = open_()
    _, checkpoint = connector.fetch("", limit=1)
    ahead = f"{checkpoint.partition('/')[0]}/70"
    connector.close()
    with pytest.raises(Unavailable, match="another name"):
        connector.fetch(ahead, limit=1)


def test_a_mail_without_a_ledger_row_below_the_position_is_found_at_the_next_connection(
    dovecot: Dovecot, ingest_house: IngestHouse, open_: Open
) -> None:
    dovecot.put(mails(4))
    connector = open_()
    _, checkpoint = connector.fetch("", limit=4)
    with ingest_house.database.unit() as unit:
        unit.intake.save_checkpoint(connector.source, checkpoint)
        unit.commit()
    assert ingest_house.take_in_mailbox(connector) == {}
    assert len(ingest_house.unexplained(connector)) == 4

    assert ingest_house.take_in_mailbox(open_()) == {Fate.INGESTED: 4}
    assert ingest_house.unexplained(connector) == []


@pytest.mark.parametrize(("capabilities", "compared"), [("", [1, 3]), ("IMAP4rev1 IDLE UIDPLUS", [1, 2, 3, 4, 5])])
def test_a_connection_that_is_made_again_compares_what_changed_where_the_server_counts_changes(
    ingest_house: IngestHouse, capabilities: str, compared: list[int]
) -> None:
    server, asked = Dovecot(capabilities=capabilities), list[int]()

    def known(source: str, items: Collection[str]) -> Collection[str]:
        asked.extend(int(item.rpartition("/")[2]) for item in items)
        return ingest_house.fetched_whole(source, items)

    def connector() -> ImapConnector:
        return ImapConnector(a_mailbox(server), "INBOX", now=lambda: datetime.now(UTC), known=known)

    try:
        server.start().put(mails(5))
        first = connector()
        assert ingest_house.take_in_mailbox(first) == {Fate.INGESTED: 5}
        first.close()
        with server.client() as person:
            person.add_flags([1, 3], [rb"\Seen"])
        assert asked == []

        assert ingest_house.take_in_mailbox(first) == {}
        assert asked == compared
        asked.clear()
        first.close()
        # Another process knows nothing of what this one saw.
        second = connector()
        assert ingest_house.take_in_mailbox(second) == {}
        assert asked == [1, 2, 3, 4, 5]
        second.close()
    finally:
        server.remove()


def test_what_a_broken_connection_left_unflagged_or_unfetched_is_not_taken_for_unchanged(
    dovecot: Dovecot, ingest_house: IngestHouse, open_: Open
) -> None:
    connector = open_(handled="flag", size_at_most=20_000)
    dovecot.put(mails(2))
    ingest_house.take_in_mailbox(connector)
    dovecot.put([*mails(1, first=2), a_mail("word " * 10_000, message_id="large@mail.example")])
    connector.close()
    # Committed, and the connection breaks before the flag.
    assert ingest_house.take_in_all(connector).total() == 2
    connector.close()

    for _ in range(2):
        asked_again = ingest_house.take_in_mailbox(connector)
        assert asked_again.total() <= 1
        connector.close()
    assert flags_of(dovecot) == {1: {b"$Amends"}, 2: {b"$Amends"}, 3: {b"$Amends"}, 4: set()}
    connector._mailbox = a_mailbox(dovecot, handled="flag")
    assert ingest_house.take_in_mailbox(connector) == {Fate.INGESTED: 1}


def test_a_mail_that_a_person_moves_to_another_folder_that_is_read_is_one_message(
    dovecot: Dovecot, ingest_house: IngestHouse, open_: Open
) -> None:
    dovecot.put(mails(2))
    dovecot.put([], folder="Later")
    ingest_house.take_in_mailbox(open_())
    with dovecot.client() as person:
        person.move([1], "Later")
    assert ingest_house.take_in_mailbox(open_("Later")) == {Fate.DUPLICATE: 1}
    assert len(ingest_house.published()) == 2


def flags_of(dovecot: Dovecot, folder: str = "INBOX") -> dict[int, set[bytes]]:
    with dovecot.client(folder=folder) as person:
        uids = person.search("ALL")
        return {uid: set(flags) - {rb"\Recent"} for uid, flags in person.get_flags(uids).items()}


@pytest.mark.parametrize("flag", ["$Amends", r"\Seen"])
def test_handled_mail_gets_its_flag_after_the_commit_and_after_a_crash_too(
    dovecot: Dovecot, ingest_house: IngestHouse, open_: Open, flag: str
) -> None:
    dovecot.put([*mails(2), a_mail("word " * 10_000, message_id="large@mail.example")])
    # A process that dies between the commit and the flag.
    assert ingest_house.take_in_all(open_(handled="flag", flag=flag, size_at_most=20_000)).total() == 3
    assert flags_of(dovecot) == {1: set(), 2: set(), 3: set()}

    dovecot.put(mails(1, first=2))
    ingest_house.take_in_mailbox(open_(handled="flag", flag=flag, size_at_most=20_000))
    marked = {flag.encode()}
    assert flags_of(dovecot) == {1: marked, 2: marked, 3: set(), 4: marked}


@pytest.mark.parametrize("capabilities", ["", "IMAP4rev1 UIDPLUS", "IMAP4rev1"])
def test_handled_mail_is_moved_or_stays_and_nothing_else_is_deleted(
    ingest_house: IngestHouse, open_: Open, capabilities: str
) -> None:
    server = Dovecot(capabilities=capabilities)
    try:
        server.start()
        server.put([*mails(3), a_mail("word " * 10_000, message_id="large@mail.example")])
        with server.client() as person:
            person.add_flags([4], [r"\Deleted"])
        connector = open_(server=server, handled="move", move_to="Amends", size_at_most=20_000)
        assert ingest_house.take_in_mailbox(connector) == {Fate.INGESTED: 3, Fate.PARKED: 1}
        with server.client() as person:
            left = person.search("ALL")
            moved = person.folder_status("Amends", ["MESSAGES"])[b"MESSAGES"]
        assert (left, moved) == (([1, 2, 3, 4], 0) if capabilities == "IMAP4rev1" else ([4], 3))
        assert ingest_house.unexplained(connector) == []
        assert ingest_house.take_in_mailbox(open_(server=server, handled="move", move_to="Amends")) == {
            Fate.INGESTED: 1
        }
    finally:
        server.remove()


def test_a_mail_that_the_server_cannot_read_holds_up_no_other(ingest_house: IngestHouse, open_: Open) -> None:
    server = Dovecot(layout="maildir")
    try:
        server.start()
        server.put(mails(4))
        broken = sorted((server.folder / "mail" / "anna").glob("*/*S=*"))[1]
        content = broken.read_bytes()
        broken.write_bytes(b"")
        broken.chmod(0)
        connector = open_(server=server)
        fates = take_in_with_patience(ingest_house, connector)
        assert fates[Fate.INGESTED] == 3
        assert [one.reason for one in ingest_house.parked()] == ["not_given"]
        assert ingest_house.unexplained(connector) == []

        broken.chmod(0o600)
        broken.write_bytes(content)
        assert take_in_with_patience(ingest_house, open_(server=server)) == {Fate.INGESTED: 1}
        assert ingest_house.parked() == []
    finally:
        server.remove()


def test_a_mail_that_breaks_the_connection_is_passed_over_and_the_others_are_taken_in(
    dovecot: Dovecot, ingest_house: IngestHouse, open_: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    dovecot.put(mails(4))
    fetch = Session.mails

    def break_at_the_second(self: Session, uids: Collection[int], *, most: int) -> dict[int, bytes]:
        if 2 in uids:
            raise Unavailable("the line broke")
        return fetch(self, uids, most=most)

    monkeypatch.setattr(Session, "mails", break_at_the_second)
    connector = open_()
    assert take_in_with_patience(ingest_house, connector) == {Fate.INGESTED: 3, Fate.PARKED: 1}
    assert [one.reason for one in ingest_house.parked()] == ["not_given"]
    # It stays passed over while this process lives, and a new one asks for it again.
    connector.close()
    assert ingest_house.take_in_mailbox(connector) == {}
    monkeypatch.undo()
    assert ingest_house.take_in_mailbox(open_()) == {Fate.INGESTED: 1}


def test_a_folder_of_many_mails_is_listed_piece_by_piece(
    dovecot: Dovecot, ingest_house: IngestHouse, open_: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "_UIDS_AT_ONCE", 2)
    dovecot.put(mails(7))
    with dovecot.client() as person:
        person.delete_messages([2, 3, 4])
        person.expunge()
    connector = open_()
    assert ingest_house.take_in_mailbox(connector) == {Fate.INGESTED: 4}
    assert [item.rpartition("/")[2] for item in connector.holdings()] == ["1", "5", "6", "7"]


def keep_up(ingest_house: IngestHouse, connector: ImapConnector) -> None:
    """Wait and take in, again and again, for some seconds."""
    for _ in range(20):
        connector.wait(0.5)
        ingest_house.take_in_mailbox(connector)


def take_in_with_patience(ingest_house: IngestHouse, connector: ImapConnector) -> Counter[Fate]:
    """Take in as `ingest.live` does: after a broken connection once more."""
    for _ in range(8):
        try:
            return ingest_house.take_in_mailbox(connector)
        except Unavailable:
            connector.close()
    raise AssertionError("it never came to an end")


def test_a_wrong_password_is_told_with_what_to_do(dovecot: Dovecot, open_: Open) -> None:
    with pytest.raises(Misconfigured, match="check its user and its password") as told:
        open_(secret=lambda: "wrong").fetch("", limit=1)
    assert "wrong" not in str(told.value)


def test_a_connection_that_is_ended_by_the_server_is_noticed_and_made_again(
    dovecot: Dovecot, ingest_house: IngestHouse, open_: Open
) -> None:
    dovecot.put(mails(1))
    connector = open_()
    ingest_house.take_in_mailbox(connector)
    assert not connector.wait(0.2)
    dovecot.kick()
    with pytest.raises(Unavailable):
        keep_up(ingest_house, connector)
    connector.close()
    dovecot.put(mails(1, first=1))
    assert ingest_house.take_in_mailbox(connector) == {Fate.INGESTED: 1}


def test_a_server_that_restarts_costs_nothing(dovecot: Dovecot, ingest_house: IngestHouse, open_: Open) -> None:
    dovecot.put(mails(2))
    connector = open_()
    ingest_house.take_in_mailbox(connector)
    dovecot.stop()
    with pytest.raises(Unavailable):
        ingest_house.take_in_mailbox(connector)
    connector.close()
    with pytest.raises(Unavailable, match="cannot be used now"):
        ingest_house.take_in_mailbox(connector)
    dovecot.start()
    dovecot.put(mails(1, first=2))
    assert ingest_house.take_in_mailbox(connector) == {Fate.INGESTED: 1}


def test_a_server_that_falls_silent_is_given_up_after_a_while(
    dovecot: Dovecot, ingest_house: IngestHouse, open_: Open
) -> None:
    dovecot.put(mails(1))
    connector = open_(timeout_s=1.0)
    ingest_house.take_in_mailbox(connector)
    for pid in dovecot.serving():
        os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable, match="timed out"):
            ingest_house.take_in_mailbox(connector)
    finally:
        for pid in dovecot.serving():
            os.kill(pid, signal.SIGCONT)
    connector.close()
    assert ingest_house.take_in_mailbox(connector) == {}


def test_a_server_without_idle_is_asked_every_so_often(ingest_house: IngestHouse, open_: Open) -> None:
    server = Dovecot(capabilities="IMAP4rev1 UIDPLUS")
    try:
        server.start()
        server.put(mails(1))
        connector = open_(server=server, poll_s=1.0)
        ingest_house.take_in_mailbox(connector)
        server.put(mails(1, first=1))
        assert not connector.wait(0.3)
        assert connector.wait(2.0)
        assert ingest_house.take_in_mailbox(connector) == {Fate.INGESTED: 1}
    finally:
        server.remove()


def test_with_idle_the_folder_is_looked_at_now_and_then_all_the_same(dovecot: Dovecot, open_: Open) -> None:
    connector = open_(idle_s=0.5)
    connector.fetch("", limit=1)
    assert not connector.wait(0.2)
    assert connector.wait(2.0)


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_connection_is_protected_and_the_certificate_looked_at(
    ingest_house: IngestHouse, open_: Open, security: Security
) -> None:
    server = Dovecot(has_tls=True)
    try:
        server.start()
        server.put(mails(1))
        port = server.tls_port if security is Security.TLS else server.port
        stranger = open_(server=server, security=security, port=port)
        with pytest.raises(Unavailable, match="not trusted"):
            stranger.fetch("", limit=1)
        trusted = open_(server=server, security=security, port=port, ca_file=server.ca_file)
        assert ingest_house.take_in_mailbox(trusted) == {Fate.INGESTED: 1}
        assert not trusted.wait(0.3)
        server.put(mails(1, first=1))
        assert any(trusted.wait(1.0) for _ in range(10))
    finally:
        server.remove()


def test_a_server_without_starttls_gets_no_password(dovecot: Dovecot, open_: Open) -> None:
    with pytest.raises(Misconfigured, match="offers no STARTTLS"):
        open_(security=Security.STARTTLS).fetch("", limit=1)


def test_a_file_of_authorities_that_is_not_there_is_named(dovecot: Dovecot, open_: Open, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"none\.pem"):
        open_(security=Security.STARTTLS, ca_file=tmp_path / "none.pem").fetch("", limit=1)


class _Introspection(BaseHTTPRequestHandler):
    """Tells a mail server whose token it was shown, as an OAuth 2 service does."""

    def do_GET(self) -> None:
        is_good = self.path.endswith("good-token")
        body = json.dumps({"username": USER, "active": True} if is_good else {"error": "invalid_token"}).encode()
        self.send_response(200 if is_good else 400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def oauth_server() -> Iterator[Dovecot]:
    """A mail server that takes tokens."""
    with ThreadingHTTPServer((HOST, 0), _Introspection) as service:
        thread = Thread(target=service.serve_forever)
        thread.start()
        server = Dovecot(
            oauth2=f"tokeninfo_url = http://{HOST}:{service.server_port}/?token=\nusername_attribute = username\n"
        )
        try:
            yield server.start()
        finally:
            server.remove()
            service.shutdown()
            thread.join()


def test_a_token_signs_in_with_xoauth2_and_a_fresh_one_is_asked_for_each_time(
    oauth_server: Dovecot, ingest_house: IngestHouse, open_: Open, tmp_path: Path
) -> None:
    oauth_server.put(mails(1))
    file = tmp_path / "token"
    file.write_text("old-token\n")
    connector = open_(server=oauth_server, has_token=True, secret=secret_in_file(file, mailbox="care"))
    with pytest.raises(Misconfigured, match="check its user and its token"):
        connector.fetch("", limit=1)
    connector.close()
    file.write_text("good-token\n")
    assert ingest_house.take_in_mailbox(connector) == {Fate.INGESTED: 1}

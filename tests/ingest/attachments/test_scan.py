"""A scanner beside the intake: over clamd's own protocol, and with nothing that waits for it."""

from __future__ import annotations

import pytest

from amends.domain.attachment import CaseAttachment, ScanResult
from amends.domain.message import Attachment, Message
from amends.errors import Misconfigured, Unavailable
from amends.unit_of_work import JudgedMessage
from ingest.attachments.clamd import ClamdScanner
from ingest.attachments.scan import Scanning
from storage.unit_of_work import Database
from tests.ingest.attachments.clamd import EICAR, Clamd, running
from tests.support.builders import a_message, a_verdict, sha256_of
from tests.support.clock import MONDAY, FakeClock


def test_a_scanner_says_what_it_finds() -> None:
    with running(Clamd()) as clamd:
        scanner = ClamdScanner(clamd.address)

        assert scanner.scan(b"words") == (ScanResult.CLEAN, "")
        assert scanner.scan(EICAR) == (ScanResult.INFECTED, "Eicar-Test-Signature")
        assert scanner.scan(b"") == (ScanResult.CLEAN, "")
        assert scanner.check().startswith("ClamAV")
        assert clamd.seen == [b"words", EICAR, b""]


def test_a_large_file_travels_whole() -> None:
    large = bytes(range(256)) * 2_000
    with running(Clamd()) as clamd:
        assert ClamdScanner(clamd.address).scan(large)[0] is ScanResult.CLEAN
        assert clamd.seen == [large]


def test_a_file_that_is_too_long_for_the_scanner_is_one_of_which_it_cannot_say_anything() -> None:
    with running(Clamd(limit_bytes=1_000)) as clamd:
        result, says = ClamdScanner(clamd.address).scan(bytes(4_000_000))

    # It hangs up while we still send: whether its word arrives before the line is cut is up to the system.
    assert (result, says) == (ScanResult.CANNOT_SAY, "INSTREAM size limit exceeded. ERROR")


def test_a_scanner_that_is_down_is_unavailable() -> None:
    with running(Clamd()) as clamd:
        address = clamd.address
    with pytest.raises(Unavailable, match="does not answer"):
        ClamdScanner(address, timeout_s=1).scan(b"words")
    with pytest.raises(Unavailable, match="does not answer"):
        ClamdScanner("unix:/nowhere/clamd.ctl").check()


@pytest.mark.parametrize(
    "address", ["clamd", "http://127.0.0.1:3310", "tcp://127.0.0.1", "tcp://:1", "tcp://a:b", "unix:"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Misconfigured, match=r"unix:/run/clamav/clamd\.ctl"):
        ClamdScanner(address)


class Desk:
    """Messages with files, and the scanning of them."""

    def __init__(self, database: Database, clock: FakeClock, clamd: Clamd) -> None:
        self.database = database
        self.bytes: dict[str, bytes] = {}
        self.clamd = clamd
        self.stored = 0
        self.clock = clock
        self.scanning = Scanning(
            ClamdScanner(clamd.address, timeout_s=2),
            database.unit,
            reading=database.reading,
            content_of=lambda one: self.bytes[one.attachment.sha256],
            now=clock,
        )

    def store(self, *contents: bytes, refused: str = "") -> Message:
        self.bytes |= {sha256_of(content): content for content in contents}
        files = tuple(
            Attachment(
                filename="a",
                content_type="text/plain",
                size_bytes=len(content),
                sha256=sha256_of(content),
                refused=refused,
                note=refused,
            )
            for content in contents
        )
        self.stored += 1
        plain = a_message(f"Letter {self.stored}.")
        message = Message(
            **{name: getattr(plain, name) for name in plain.__slots__ if name != "attachments"}, attachments=files
        )
        with self.database.unit() as unit:
            unit.messages.add([JudgedMessage(message=message, verdict=a_verdict(), case_id=None)])
            unit.commit()
        return message

    def of(self, message: Message) -> list[CaseAttachment]:
        with self.database.reading() as unit:
            return unit.attachments.of_messages([message.id])[message.id]

    def scan_all(self) -> int:
        done = 0
        while some := self.scanning.scan_some():
            done += some
        return done


def test_each_content_is_scanned_once_and_every_attachment_with_it_knows(database: Database, clock: FakeClock) -> None:
    with running(Clamd()) as clamd:
        desk = Desk(database, clock, clamd)
        one, two = desk.store(b"words", EICAR), desk.store(b"words")

        assert desk.scan_all() == 2
        assert sorted(clamd.seen) == sorted([b"words", EICAR])
        assert [row.scan and row.scan.result for row in desk.of(one)] == [ScanResult.CLEAN, ScanResult.INFECTED]
        assert [row.scan and row.scan.at for row in desk.of(two)] == [MONDAY]
        assert "Eicar-Test-Signature" in desk.of(one)[1].why_not
        with database.reading() as unit:
            assert ["attachment.infected" in entry.happening_json for entry in unit.audit.entries()] == [True]


def test_while_the_scanner_is_down_files_are_unscanned_and_later_they_are_scanned(
    database: Database, clock: FakeClock
) -> None:
    clamd = Clamd()
    with running(clamd):
        desk = Desk(database, clock, clamd)
    message = desk.store(b"words")

    with pytest.raises(Unavailable):
        desk.scanning.scan_some()
    assert desk.of(message)[0].scan is None
    assert desk.of(message)[0].why_not == ""

    with running(clamd):
        assert desk.scan_all() == 1
    assert desk.of(message)[0].scan is not None


def test_a_file_that_breaks_the_scanner_holds_up_no_other_and_is_given_up(database: Database, clock: FakeClock) -> None:
    with running(Clamd(hangs_up_on=b"poison")) as clamd:
        desk = Desk(database, clock, clamd)
        poison, good = desk.store(b"poison"), desk.store(b"words")
        for _ in range(4):
            try:
                desk.scanning.scan_some()
            except Unavailable:
                continue

        assert desk.of(good)[0].scan is not None
        assert (scan := desk.of(poison)[0].scan) is not None
        assert scan.result is ScanResult.CANNOT_SAY


def test_what_was_refused_is_not_shown_to_the_scanner(database: Database, clock: FakeClock) -> None:
    with running(Clamd()) as clamd:
        desk = Desk(database, clock, clamd)
        desk.store(b"a bomb", refused="archive_ratio")

        assert desk.scan_all() == 0

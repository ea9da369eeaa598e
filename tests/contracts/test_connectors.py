"""The connectors keep their promises."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from amends.ports import Connector
from ingest.files import FilesConnector
from ingest.mail.imap.connector import ImapConnector
from tests.contracts.connector import ConnectorContract, SourceUnderTest
from tests.contracts.live_connector import LiveConnectorContract
from tests.servers.dovecot import Dovecot
from tests.servers.x import OUR_HANDLE, XServer, x_server
from tests.support.builders import a_fetched, a_mail
from tests.support.clock import FakeClock
from tests.support.fakes import FakeConnector, FakeLiveConnector
from tests.support.mailboxes import a_mailbox
from tests.support.networks import NETWORKS, Network
from tests.support.x import mentions_of


class TestFilesConnector(ConnectorContract):
    """Files of three kinds under one folder."""

    @pytest.fixture
    def source(self, tmp_path: Path, clock: FakeClock) -> SourceUnderTest:
        root = tmp_path / "inbox"
        (root / "deep" / "down").mkdir(parents=True)
        (root / "1.eml").write_bytes(a_mail())
        (root / "deep" / "down" / "1.eml").write_bytes(a_mail())
        lines = [json.dumps({"text": "Hello", "submitted_at": "2026-11-22T09:15:00Z"})] * 2
        (root / "forms.jsonl").write_text("\n".join(lines))
        (root / "what.bin").write_bytes(b"\x00\x01")

        def open_(known: set[str]) -> Connector:
            return FilesConnector(root, now=clock, known=lambda _, items: dict.fromkeys(known & set(items), ""))

        def add() -> None:
            (root / "0.eml").write_bytes(a_mail())

        return SourceUnderTest(open=open_, add=add)


@pytest.mark.dovecot
class TestImapConnector(LiveConnectorContract):
    """A folder of a mailbox, in which another lies below it."""

    @pytest.fixture(params=["leave", "flag", "move"])
    def source(self, request: pytest.FixtureRequest, dovecot: Dovecot, clock: FakeClock) -> Iterator[SourceUnderTest]:
        dovecot.put([a_mail() for _ in range(5)])
        mailbox = a_mailbox(dovecot, handled=request.param)

        def open_(known: set[str]) -> Connector:
            connector = ImapConnector(mailbox, "INBOX", now=clock, known=lambda _, items: known & set(items))
            closing.callback(connector.close)
            return connector

        with ExitStack() as closing:
            yield SourceUnderTest(open=open_, add=lambda: dovecot.put([a_mail()]))


class TestFakeLiveConnector(LiveConnectorContract):
    """The fake behaves as the real ones do."""

    @pytest.fixture
    def source(self) -> SourceUnderTest:
        things = [a_fetched(b"mail", item=str(number), source="fake:inbox") for number in range(5)]
        return SourceUnderTest(
            open=lambda _known: FakeLiveConnector(things),
            add=lambda: things.append(a_fetched(b"mail", item="later", source="fake:inbox")),
        )


class TestFakeConnector(ConnectorContract):
    """The fake behaves as the real ones do."""

    @pytest.fixture
    def source(self) -> SourceUnderTest:
        things = [a_fetched(b"mail", item=str(number), source="fake:inbox") for number in range(5)]
        return SourceUnderTest(
            open=lambda _known: FakeConnector(things),
            add=lambda: things.append(a_fetched(b"mail", item="later", source="fake:inbox")),
        )


class TestXMentionsConnector(ConnectorContract):
    """Mentions on a test server of X, one of them our own."""

    @pytest.fixture
    def server(self) -> Iterator[XServer]:
        with x_server() as found:
            yield found

    @pytest.fixture
    def source(self, server: XServer) -> SourceUnderTest:
        for number in range(4):
            server.post(f"@NorthmoorHelp number {number}")
        server.post("@NorthmoorHelp is us", by=OUR_HANDLE)
        server.post("somebody else", mentions=False)

        def add() -> None:
            server.post("@NorthmoorHelp one more")

        return SourceUnderTest(open=lambda _known: mentions_of(server), add=add)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.channel.value)
class TestMentionsConnector(ConnectorContract):
    """Mentions on a test server of each other network."""

    @pytest.fixture
    def source(self, network: Network) -> Iterator[SourceUnderTest]:
        with network.serve() as server:
            for number in range(5):
                server.post(f"{network.handle} number {number}")
                server.at += timedelta(minutes=10)
            server.post("somebody else", mentions=False)

            def add() -> None:
                server.at += timedelta(minutes=10)
                server.post(f"{network.handle} one more")

            yield SourceUnderTest(open=lambda _known: network.mentions_of(server, pause_s=0), add=add)

"""What every connector that stays connected promises (`amends.ports.LiveConnector`)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from amends.ports import LiveConnector
from tests.contracts.connector import ConnectorContract, SourceUnderTest, fetch_all, items


class LiveConnectorContract(ConnectorContract):
    """The promises, beside those of every connector."""

    @pytest.fixture
    def connector(self, source: SourceUnderTest) -> Iterator[LiveConnector]:
        opened = source.open(set())
        assert isinstance(opened, LiveConnector)
        with closing(opened):
            yield opened

    def test_what_is_settled_twice_is_as_if_it_were_settled_once(
        self, source: SourceUnderTest, connector: LiveConnector
    ) -> None:
        fetched, checkpoint = fetch_all(connector)
        connector.settle(items(fetched))
        connector.settle(items(fetched))
        source.add()
        later, _ = fetch_all(connector, checkpoint=checkpoint)
        assert len(later) == 1

    def test_a_closed_connector_connects_again_and_goes_on(
        self, source: SourceUnderTest, connector: LiveConnector
    ) -> None:
        first, checkpoint = connector.fetch("", limit=3)
        connector.close()
        connector.close()
        again = source.open(set(items(first)))
        rest, _ = fetch_all(again, checkpoint=checkpoint)
        assert len({*items(first), *items(rest)}) == 5

    def test_waiting_ends_in_time_when_nothing_comes(self, connector: LiveConnector) -> None:
        fetch_all(connector)
        began = time.monotonic()
        assert not connector.wait(0.5)
        assert 0.3 < time.monotonic() - began < 5

    def test_waiting_ends_when_something_comes(self, source: SourceUnderTest, connector: LiveConnector) -> None:
        fetch_all(connector)
        connector.wait(0.2)
        source.add()
        assert any(connector.wait(1.0) for _ in range(10))

"""The logs keep their promises."""

from __future__ import annotations

import pytest

from amends.bus.local import CLAIM_TTL, LocalLog
from storage.unit_of_work import Database
from tests.conftest import PARTITIONS
from tests.contracts.log import TOPIC, LogContract, LogUnderTest
from tests.support.clock import FakeClock


class TestLocalLog(LogContract):
    """The table in the database of the cases."""

    @pytest.fixture
    def house(self, database: Database, clock: FakeClock) -> LogUnderTest:
        def open_log() -> LocalLog:
            return LocalLog(database, partitions=PARTITIONS, now=clock)

        return LogUnderTest(
            log=open_log(),
            open_unit=database.unit,
            another_process=open_log,
            partitions=PARTITIONS[TOPIC],
            clock=clock,
            claim_ttl=CLAIM_TTL,
        )

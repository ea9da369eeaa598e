"""The house that these tests take things into."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.unit_of_work import Database
from tests.ingest.house import IngestHouse
from tests.support.clock import FakeClock


@pytest.fixture
def ingest_house(database: Database, clock: FakeClock, tmp_path: Path) -> IngestHouse:
    """An empty house."""
    return IngestHouse(database=database, clock=clock, folder=tmp_path / "house")

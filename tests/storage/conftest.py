"""Storage is tested on each kind of database that it works with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from storage.engine import open_engine
from storage.unit_of_work import Database
from tests.conftest import PARTITIONS


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database with all tables."""
    engine = open_engine(database_url)
    yield Database(engine, partitions=PARTITIONS)
    engine.dispose()

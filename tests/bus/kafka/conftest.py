from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.blobs import FolderBlobStore
from storage.engine import open_engine
from storage.unit_of_work import Database
from tests.bus.kafka.works import PARTITIONS, Works
from tests.support.kafka import a_connection


@pytest.fixture
def works(postgres_url: str, tmp_path: Path) -> Iterator[Works]:
    """A log's table, topics of this test's own, and everything that is opened on them."""
    engine = open_engine(postgres_url)
    database = Database(engine, partitions=PARTITIONS)
    with (
        a_connection(PARTITIONS) as connection,
        Works(
            connection=connection,
            database=database,
            database_url=postgres_url,
            blobs=FolderBlobStore(tmp_path / "blobs"),
        ) as made,
    ):
        yield made
    engine.dispose()

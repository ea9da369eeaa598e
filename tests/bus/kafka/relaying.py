"""A relay in a process of its own, to be killed at any moment."""

from __future__ import annotations

import tempfile
from pathlib import Path
from threading import Event

from amends.bus.kafka.connection import Connection
from amends.bus.kafka.shipper import KafkaShipper
from amends.bus.relay import Relay
from storage.blobs import FolderBlobStore
from storage.engine import open_engine
from storage.unit_of_work import Database
from tests.bus.kafka.works import PARTITIONS


def relay_for_ever(connection: Connection, database_url: str) -> None:
    """Ship until killed, a few records at a time."""
    database = Database(open_engine(database_url), partitions=PARTITIONS)
    blobs = FolderBlobStore(Path(tempfile.gettempdir()))
    Relay(KafkaShipper(connection, blobs), database.shipping, batch=3).run(Event())

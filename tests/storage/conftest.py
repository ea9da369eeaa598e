"""Storage is tested on each kind of database that it works with."""

from __future__ import annotations

import pytest

from storage.unit_of_work import Database


@pytest.fixture
def database(database_of_each_kind: Database) -> Database:
    """A fresh database with all tables, of each kind in turn."""
    return database_of_each_kind

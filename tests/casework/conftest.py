"""The office that these tests work in, on each kind of database."""

from __future__ import annotations

import pytest

from storage.unit_of_work import Database
from tests.casework.office import Office


@pytest.fixture
def database(database_of_each_kind: Database) -> Database:
    """A fresh database with all tables, of each kind in turn."""
    return database_of_each_kind


@pytest.fixture
def office(database: Database) -> Office:
    """An empty office."""
    return Office(database=database)

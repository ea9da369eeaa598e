"""The office whose commands are noted."""

from __future__ import annotations

import pytest

from storage.unit_of_work import Database
from tests.casework.office import Office


@pytest.fixture
def office(database: Database) -> Office:
    """An empty office."""
    return Office(database=database)

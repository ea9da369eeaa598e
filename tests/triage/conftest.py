"""The shipped judge, loaded once, and a database of each kind."""

from __future__ import annotations

import pytest

from storage.unit_of_work import Database
from triage.pipeline import Judge, load_judge


@pytest.fixture
def database(database_of_each_kind: Database) -> Database:
    """A fresh database with all tables, of each kind in turn."""
    return database_of_each_kind


@pytest.fixture(scope="session")
def judge() -> Judge:
    """The pipeline that is shipped."""
    return load_judge()

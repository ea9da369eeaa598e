"""The shipped judge, loaded once."""

from __future__ import annotations

import pytest

from triage.pipeline import Judge, load_judge


@pytest.fixture(scope="session")
def judge() -> Judge:
    """The pipeline that is shipped."""
    return load_judge()

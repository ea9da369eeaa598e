"""What `amends demo` is told wrongly, or twice, costs nobody the demo that is there."""

from __future__ import annotations

from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest

from amends.cli.demo import _OWN_FOLDER
from tests.journeys.running import type_in


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """The folder of an earlier demo, with something in it."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / _OWN_FOLDER).touch()
    (tmp_path / "demo" / "amends.db").write_text("of value", "utf-8")
    return tmp_path / "demo"


def test_a_setting_that_is_refused_leaves_the_earlier_demo(earlier: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMENDS_BATCH", "none")

    assert "AMENDS_BATCH" in type_in("demo", "--data-dir", str(earlier), code=1).err

    assert (earlier / "amends.db").exists()


@pytest.mark.parametrize("option", ["--port", "--desk-port"])
@pytest.mark.parametrize("value", ["-1", "65536"])
def test_a_port_that_cannot_be_is_refused_by_its_option(earlier: Path, option: str, value: str) -> None:
    assert option in type_in("demo", "--data-dir", str(earlier), option, value, code=2).err
    assert (earlier / "amends.db").exists()


def test_a_demo_that_runs_is_not_made_anew_under_it(earlier: Path) -> None:
    with (earlier / _OWN_FOLDER).open("rb") as running:
        flock(running, LOCK_EX)
        refused = type_in("demo", "--data-dir", str(earlier), code=1)

    assert refused.err == f"amends: a demo runs in {earlier}; stop it first, or choose another folder\n"
    assert (earlier / "amends.db").exists()

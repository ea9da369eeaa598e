from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.places import REPOSITORY


def test_imports_point_inwards_and_rooms_do_not_see_each_other() -> None:
    command = Path(sys.executable).with_name("lint-imports")

    checked = subprocess.run([command], cwd=REPOSITORY, capture_output=True, text=True)

    assert checked.returncode == 0, checked.stdout
    assert "0 broken" in checked.stdout


def test_no_module_is_named_for_nothing() -> None:
    nothing = {"utils", "helpers", "common", "manager", "misc"}
    rooms = ("amends", "ingest", "triage", "respond", "storage", "tests")

    assert [path for room in rooms for path in (REPOSITORY / room).rglob("*.py") if path.stem in nothing] == []

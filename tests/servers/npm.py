"""Packages of npm that tests compare us with, installed into a folder outside the repository and kept there.

Without npm, or where a package cannot be had, the test is skipped on a laptop and fails in
CI (AMENDS_REQUIRE_NPM).
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.support.places import is_required

_PATIENCE_S = 900
_DONE = "installed"


def installed(*packages: str) -> Path:
    """Give a folder with these packages, each as `name@version`."""
    name = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"amends-npm-{os.getuid()}-{name}"
    if (folder / _DONE).exists():
        return folder
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "package.json").write_text(json.dumps({"name": "compared-with", "private": True}), "utf-8")
    quiet = ("--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
    done = subprocess.run(
        ["npm", "install", *quiet, *packages],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    if done.returncode:
        missing(f"{', '.join(packages)} cannot be installed: {done.stderr[-500:]}")
    (folder / _DONE).touch()
    return folder


def run_node(script: str, given: Any, *, folder: Path) -> Any:
    """Run a script in a folder of packages, with JSON in and JSON out."""
    done = subprocess.run(
        ["node", "-e", script],
        cwd=folder,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def missing(why: str) -> None:
    """Skip the test, or fail it in CI."""
    if is_required("npm"):
        pytest.fail(why)
    pytest.skip(why)

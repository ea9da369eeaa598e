"""axe-core, which finds what keeps people out of a page: fetched by npm when it is first asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.support.places import is_required

VERSION = "4.14.1"
#: The worst two of its four degrees.
SERIOUS = {"serious", "critical"}
_PATIENCE_S = 180


def faults_of(page: Page) -> list[str]:
    """Say what is seriously wrong with a page for people who see, hear or move differently: rule, place and reason."""
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(_source())
    found: dict[str, Any] = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['html'][:160]}: {' '.join(node['failureSummary'].split())}"
        for one in found["violations"]
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]


@cache
def _source() -> str:
    """Give the script; skips the test where npm is not here, and fails it where it has to be."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "amends-tests" / f"axe-core-{VERSION}"
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        _fetch(folder)
    return script.read_text("utf-8")


def _fetch(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        return _give_up("no npm is installed")
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent))
    words = [npm, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(made)]
    try:
        subprocess.run([*words, f"axe-core@{VERSION}"], check=True, capture_output=True, timeout=_PATIENCE_S)
    except (subprocess.SubprocessError, OSError) as why:
        shutil.rmtree(made, ignore_errors=True)
        return _give_up(f"npm could not fetch axe-core ({type(why).__name__})")
    try:
        made.rename(folder)
    except OSError:
        # Another process was quicker.
        shutil.rmtree(made, ignore_errors=True)
    return None


def _give_up(why: str) -> None:
    if is_required("browser"):
        pytest.fail(f"{why}, and AMENDS_REQUIRE_BROWSER=1", pytrace=False)
    pytest.skip(why)

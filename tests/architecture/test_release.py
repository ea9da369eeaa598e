"""What is shipped: one version everywhere, pins that any index serves, and a wheel with everything in it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.architecture.documents import document, tracked_files
from tests.support.places import REPOSITORY

PACKAGES = ("amends", "ingest", "triage", "respond", "storage")
_PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]


def test_the_newest_version_of_the_changelog_is_the_one_that_is_built() -> None:
    versions = re.findall(r"^## \[([^\]]+)\](?: - \d{4}-\d\d-\d\d)?$", document("CHANGELOG.md"), re.M)

    assert next(version for version in versions if version != "Unreleased") == _PROJECT["version"]


def test_the_installed_version_is_the_one_that_is_built() -> None:
    assert importlib.metadata.version("amends") == _PROJECT["version"]


def test_constraints_are_names_and_versions_and_nothing_else() -> None:
    lines = (REPOSITORY / "constraints.txt").read_text("utf-8").splitlines()

    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9][\w.-]*==[\w.!+]+", line)] == []


def test_every_dependency_is_pinned() -> None:
    pinned = {_plain(line.partition("==")[0]) for line in document("constraints.txt").splitlines()}
    asked = [*_PROJECT["dependencies"], *_PROJECT["optional-dependencies"]["dev"]]

    assert {_plain(re.split(r"[<>=!~\[; ]", one)[0]) for one in asked} <= pinned


def test_the_distribution_is_marked_not_for_upload() -> None:
    assert "Private :: Do Not Upload" in _PROJECT["classifiers"]


@pytest.mark.slow
def test_the_wheel_holds_the_five_packages_whole_and_nothing_else(tmp_path: Path) -> None:
    shipped = {str(path.relative_to(REPOSITORY)) for path in tracked_files()}
    shipped = {name for name in shipped if name.split("/")[0] in PACKAGES and not Path(name).name.startswith(".git")}

    with ZipFile(_wheel(tmp_path)) as wheel:
        held = {name for name in wheel.namelist() if not name.endswith("/")}
        about = {name for name in held if name.split("/")[0] == f"amends-{_PROJECT['version']}.dist-info"}
        licence = wheel.read(f"amends-{_PROJECT['version']}.dist-info/licenses/LICENSE")

    assert {name.split("/")[0] for name in held - about} == set(PACKAGES)
    assert shipped - held == set()
    assert [name for name in held if "__pycache__" in name or name.endswith((".pyc", ".db"))] == []
    assert licence == (REPOSITORY / "LICENSE").read_bytes()
    for needed in (
        "amends/policies/service-standard.toml",
        "amends/samples/expected.jsonl",
        "ingest/web_form/templates/form.html",
        "respond/templates/acknowledgement.email.toml",
        "storage/migrations/env.py",
        "triage/model/meta.json",
    ):
        assert needed in held


def _wheel(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--disable-pip-version-check"]
    if importlib.util.find_spec("hatchling") is not None:
        command.append("--no-build-isolation")
    built = subprocess.run([*command, "--wheel-dir", str(folder), str(REPOSITORY)], capture_output=True, text=True)
    everything_is_here = any(name.startswith("AMENDS_REQUIRE_") and value == "1" for name, value in os.environ.items())
    if built.returncode and "hatchling" in built.stderr and not everything_is_here:
        pytest.skip("what builds the wheel is not installed, and cannot be fetched from here")
    assert built.returncode == 0, built.stderr
    return next(folder.glob("amends-*.whl"))


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

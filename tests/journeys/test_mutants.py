"""Mails broken on purpose, through the command that programs call.

`MUTANTS=10000 pytest -m slow tests/journeys/test_mutants.py` is the long run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ingest.mail.mutations import mutants, seeds
from tests.journeys.running import a_house, command, environment, run_amends, type_in, work

#: So many file names fit on one command line.
_AT_ONCE = 2_000


@pytest.mark.slow
def test_hundreds_of_broken_mails_are_parsed_to_a_line_each(tmp_path: Path) -> None:
    files = []
    for number, mutant in enumerate(mutants(500, 20261122, seeds(with_shared=False))):
        files.append(tmp_path / f"{number:05d}.eml")
        files[-1].write_bytes(mutant)

    parsed = run_amends("mail", "parse", *map(str, files), at=tmp_path)

    assert parsed.err == ""
    assert [line["file"] for line in map(json.loads, parsed.out.splitlines())] == [str(file) for file in files]


def test_broken_mails_are_taken_in_or_parked_and_never_lost(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for number, mutant in enumerate(mutants(150, 20261124, seeds(with_shared=False))):
        (inbox / f"{number:05d}.eml").write_bytes(mutant)

    said = type_in("ingest", "files", str(inbox), "--json", "--data-dir", str(tmp_path / "data")).json
    with a_house(tmp_path / "data") as house:
        work(house)

    assert sum(said.values()) == 150
    assert type_in("reconcile", "--json", "--data-dir", str(tmp_path / "data")).json["unexplained"] == 0
    parked = type_in("parked", "list", "--json", "--data-dir", str(tmp_path / "data")).json
    assert [one for one in parked if one["reason"] == "reader_failed"] == []
    assert type_in("dead", "list", "--all", "--json", "--data-dir", str(tmp_path / "data")).json == []


@pytest.mark.slow
def test_thousands_of_broken_mails_are_parsed_to_a_line_each(tmp_path: Path) -> None:
    count = int(os.environ.get("MUTANTS", "1000"))
    subprocess.run(
        [sys.executable, "-m", "tests.ingest.mail.mutations", "--count", str(count), "--seed", "7", "--out", "mutants"],
        cwd=tmp_path,
        env=environment({}),
        check=True,
        capture_output=True,
    )
    files = sorted(path.name for path in (tmp_path / "mutants").iterdir())
    assert len(files) == count

    lines = []
    for start in range(0, count, _AT_ONCE):
        part = files[start : start + _AT_ONCE]
        parsed = subprocess.run(
            command("mail", "parse", *part),
            cwd=tmp_path / "mutants",
            env=environment({}),
            check=True,
            capture_output=True,
            timeout=2 * len(part),
        )
        assert parsed.stderr == b""
        lines += [json.loads(line) for line in parsed.stdout.decode("utf-8").splitlines()]

    assert [line["file"] for line in lines] == files

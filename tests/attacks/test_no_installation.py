"""A folder without an installation, as a mistyped `--data-dir` names one, never looks like one where all is well."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.journeys.running import type_in


@pytest.mark.parametrize(
    "words",
    [
        "reconcile",
        "reconcile --json",
        "audit verify",
        "audit head",
        "summary",
        "digest",
        "queue list",
        "case show AM-XKXN-3P9K-0V",
        "review list",
        "parked list",
        "dead list",
        "task list",
        "channels list",
        "webhook list",
        "triage report",
    ],
)
def test_what_only_looks_or_acts_on_what_is_there_begins_no_installation(tmp_path: Path, words: str) -> None:
    refused = type_in(*words.split(), "--data-dir", str(tmp_path / "mistyped"), code=1)

    assert refused.err == (
        f"amends: there is no installation in {tmp_path / 'mistyped'}; "
        "name its folder with --data-dir, or run `amends setup`\n"
    )
    assert refused.out == ""
    assert list(tmp_path.iterdir()) == []


def test_doctor_says_that_folder_and_database_are_missing_and_makes_neither(tmp_path: Path) -> None:
    found = json.loads(type_in("doctor", "--json", "--data-dir", str(tmp_path / "mistyped"), code=1).out)

    bad = {one["what"]: one["remedy"] for one in found if not one["is_well"]}
    assert bad == {"data folder": "run `amends setup`", "database": "run `amends setup`"}
    assert list(tmp_path.iterdir()) == []


def test_what_is_taken_in_first_begins_an_installation(tmp_path: Path) -> None:
    mail = tmp_path / "one.eml"
    mail.write_bytes(b"From: ann@example.org\nSubject: Late\n\nMy parcel is late.\n")

    type_in("ingest", "files", str(mail), "--data-dir", str(tmp_path / "data"))

    assert type_in("reconcile", "--json", "--data-dir", str(tmp_path / "data")).json["unexplained"] == 0

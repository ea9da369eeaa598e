"""The audit trail against somebody who can write into the database."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from amends.domain.audit import link_hash
from tests.journeys.letters import a_letter
from tests.journeys.running import Ended, a_house, run_amends, type_in, work, written_mails


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("audited")
    letters = written_mails(at / "letters", [a_letter(), a_letter(message_id="2@c"), b"\x00\x01"])
    with a_house(at / "data") as house:
        type_in("ingest", "files", str(letters), "--data-dir", str(at / "data"))
        work(house)
    return at / "data"


@pytest.fixture
def data(installation: Path, tmp_path: Path) -> Path:
    """A copy of an installation, to be tampered with."""
    return shutil.copytree(installation, tmp_path / "data")


def verify(data: Path, *words: str, code: int = 0) -> Ended:
    return type_in("audit", "verify", *words, "--data-dir", str(data), code=code)


def change(data: Path, statement: str, *values: object) -> int:
    connection = sqlite3.connect(data / "amends.db")
    try:
        changed = connection.execute(statement, values).rowcount
        connection.commit()
    finally:
        connection.close()
    return changed


def head(data: Path) -> str:
    return type_in("audit", "head", "--data-dir", str(data)).out.strip()


def test_a_trail_that_nobody_touched_is_whole(data: Path) -> None:
    found = verify(data, "--json").json

    assert found["broken_at"] is None
    assert found["entries"] > 10
    assert found["head"] == head(data)
    verify(data, "--head", found["head"])


@pytest.mark.parametrize("column", ["happening", "previous_hash", "hash"])
@pytest.mark.parametrize("number", [1, 7])
def test_one_changed_letter_is_noticed_and_its_entry_named(data: Path, number: int, column: str) -> None:
    where = f"substr({column}, 1, 20) || char(unicode(substr({column}, 21, 1)) + 1) || substr({column}, 22)"

    assert change(data, f"UPDATE audit_entries SET {column} = {where} WHERE number = ?", number) == 1  # noqa: S608

    found = verify(data, code=1)
    assert f"broken at entry {number}:" in found.out


def test_the_broken_entry_is_named_by_a_process_of_its_own(data: Path) -> None:
    assert (
        change(data, "UPDATE audit_entries SET happening = replace(happening, 'amends:', 'person:') WHERE number = 5")
        == 1
    )

    found = run_amends("audit", "verify", "--json", "--data-dir", str(data), at=data, code=1).json

    assert found["broken_at"] == 5
    assert "its words are not the ones that were sealed" in found["why"]


def test_an_entry_that_is_missing_in_the_middle_is_noticed(data: Path) -> None:
    change(data, "DELETE FROM audit_entries WHERE number = 4")

    assert "broken at entry 4: entry 4 is missing" in verify(data, code=1).out


def test_an_entry_sealed_anew_breaks_the_one_after_it(data: Path) -> None:
    """Who can compute hashes still has to compute all that follow."""
    connection = sqlite3.connect(data / "amends.db")
    number, happening, previous = connection.execute(
        "SELECT number, happening, previous_hash FROM audit_entries WHERE number = 1"
    ).fetchone()
    connection.close()
    forged = happening.replace("ingested", "imagined")
    assert forged != happening
    change(
        data,
        "UPDATE audit_entries SET happening = ?, hash = ? WHERE number = 1",
        forged,
        link_hash(number, forged, previous),
    )

    assert "broken at entry 2:" in verify(data, code=1).out


def test_an_end_that_was_cut_off_is_noticed_by_whoever_noted_the_head(data: Path) -> None:
    noted = head(data)
    number = int(noted.partition(":")[0])

    change(data, "DELETE FROM audit_entries WHERE number > ?", number - 2)

    verify(data)
    assert f"broken at entry {number}:" in verify(data, "--head", noted, code=1).out


def test_a_trail_that_went_on_still_holds_the_head_that_was_noted(data: Path, tmp_path: Path) -> None:
    noted = head(data)
    more = written_mails(tmp_path / "more", [a_letter(message_id="3@c")])
    type_in("ingest", "files", str(more), "--data-dir", str(data))

    verify(data, "--head", noted)
    assert head(data) != noted


@pytest.mark.parametrize("noted", ["nonsense", "1", ":", "x:y"])
def test_a_head_that_is_none_is_refused(data: Path, noted: str) -> None:
    assert "a head is a number, a colon and a hash" in " ".join(verify(data, "--head", noted, code=2).err.split())


def test_a_trail_whose_every_entry_was_deleted_is_noticed_by_the_head(data: Path) -> None:
    noted = head(data)

    change(data, "DELETE FROM audit_entries")

    verify(data, "--head", noted, code=1)

"""`amends doctor` where something is wrong: it names the thing and says what to do."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from amends.casework.hold import hold
from amends.doctor import Finding, examine
from amends.domain.audit import Happening
from amends.settings import load_settings
from tests.journeys.crowd import write_crowd
from tests.journeys.letters import a_letter
from tests.journeys.running import a_house, free_port, run_amends, type_in, work, written_mails


@pytest.fixture
def data(tmp_path: Path) -> Path:
    type_in("setup", "--data-dir", str(tmp_path / "data"))
    return tmp_path / "data"


def examined(data: Path, **settings: object) -> dict[str, Finding]:
    return {finding.what: finding for finding in examine(load_settings(data_dir=data, **settings))}


def bad(found: dict[str, Finding]) -> list[str]:
    return [what for what, finding in found.items() if not finding.is_well]


def test_all_is_well_with_a_fresh_installation(data: Path) -> None:
    told = type_in("doctor", "--json", "--data-dir", str(data)).json

    assert [finding for finding in told if not finding["is_well"]] == []
    assert {finding["what"] for finding in told} >= {
        "packages", "data folder", "database", "raw messages", "policy pack", "triage model", "sender", "stage triage"
    }  # fmt: skip


def test_a_fault_gives_exit_code_1_and_its_remedy(data: Path) -> None:
    (data / "secret").chmod(0o644)

    found = run_amends("doctor", "--data-dir", str(data), at=data, columns=300, code=1)

    assert "BAD" in found.out
    assert "chmod 600" in found.out
    assert "Traceback" not in found.err


def test_tables_of_an_older_version_are_named(tmp_path: Path) -> None:
    (tmp_path / "amends.db").touch()

    found = examined(tmp_path)

    assert bad(found) == ["database"]
    assert "migrations missing" in found["database"].says
    assert "amends setup" in found["database"].remedy


def test_a_damaged_database_is_named(data: Path) -> None:
    with a_house(data) as house, house.database.unit() as unit:
        unit.audit.append(_happenings(3000))
        unit.commit()
    connection = sqlite3.connect(data / "amends.db")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray((data / "amends.db").read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    (data / "amends.db").write_bytes(bytes(content))

    found = examined(data)

    assert "database" in bad(found)
    assert "backup" in found["database"].remedy


def test_a_hold_on_public_posting_that_may_have_been_forgotten_is_named(data: Path) -> None:
    def hold_since(hours: int) -> Finding:
        with a_house(data) as house, house.database.unit() as unit:
            if unit.holds.standing() is not None:
                unit.holds.release(by="rita", at=house.now(), because="a test")
            hold(unit, "A crisis", by="rita", at=house.now() - timedelta(hours=hours))
            unit.commit()
        return examined(data)["public posting"]

    fresh, old = hold_since(23), hold_since(25)

    assert (fresh.is_well, old.is_well) == (True, False)
    assert "by rita: A crisis. 0 approved replies wait" in old.says
    assert "amends review release" in old.remedy


def _happenings(count: int) -> list[Any]:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    return [Happening(at=at, actor="amends:test", action="test.noted", subject=f"raw:{n}") for n in range(count)]


def test_a_blob_folder_that_cannot_be_written_is_named(data: Path) -> None:
    (data / "blobs").rmdir()
    (data / "blobs").write_bytes(b"a file stands where the folder was")

    found = examined(data)

    assert bad(found) == ["raw messages"]
    assert "blobs" in found["raw messages"].says
    assert found["raw messages"].remedy


def test_a_mail_server_that_does_not_answer_is_named(data: Path) -> None:
    port = free_port()

    found = examined(data, sender="smtp", smtp_host="127.0.0.1", smtp_port=port, smtp_security="plain")

    assert bad(found) == ["sender"]
    assert f"127.0.0.1:{port}" in found["sender"].says
    assert "AMENDS_SMTP_HOST" in found["sender"].remedy


def test_a_policy_pack_that_is_not_there_is_named(data: Path) -> None:
    found = examined(data, policy_pack=str(data / "ours.toml"))

    assert "policy pack" in bad(found)
    assert "ours.toml" in found["policy pack"].says


def test_a_policy_pack_that_nobody_has_checked_for_a_year_is_named(data: Path) -> None:
    long_ago = datetime.now(UTC).date() - timedelta(days=400)
    (data / "ours.toml").write_text(
        'name = "ours"\nversion = "1"\nzone = "Europe/London"\ncountry = "GB"\nsubdivision = "ENG"\n\n'
        '[[rule]]\nid = "ours.acknowledge"\nclock = "acknowledgement"\nanchor = "receipt"\n'
        'kinds = ["complaint", "enquiry", "other", "praise"]\nquantity = 5\nunit = "working_days"\n'
        f'source = "a test"\nchecked_on = {long_ago}\n',
        "utf-8",
    )

    found = examined(data, policy_pack=str(data / "ours.toml"))

    assert bad(found) == ["policy pack"]
    assert "checked against their sources" in found["policy pack"].remedy


def test_a_stage_that_nobody_runs_is_named(data: Path, tmp_path: Path) -> None:
    letters = written_mails(tmp_path / "letters", [a_letter()])
    type_in("ingest", "files", str(letters), "--data-dir", str(data))

    found = examined(data)

    assert bad(found) == ["stage triage"]
    assert found["stage triage"].remedy == "start it: `amends run triage`"
    with a_house(data) as house:
        work(house)
    assert bad(examined(data)) == []


def test_a_stage_that_falls_behind_is_named_although_it_runs(data: Path, tmp_path: Path) -> None:
    crowd = write_crowd(tmp_path / "letters", messages=1050, seed=6)
    type_in("ingest", "files", str(crowd.folder), "--data-dir", str(data))
    with a_house(data) as house:
        house.log.claim("triage", "messages", "a worker that is slow")

    found = examined(data)

    assert bad(found) == ["stage triage"]
    assert "more workers" in found["stage triage"].remedy

"""A database made anew from the log is the old one, table by table, and nothing is sent on the way."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from amends.bus.port import Record
from amends.cli.intake import take_in
from amends.compose import COMMANDS
from amends.history import IN_FORCE, STAGE_DONE
from amends.rebuild import log_of_database, open_present, rebuild
from storage.digest import digests, first_difference
from storage.engine import open_engine
from storage.tables import cases, log_records
from storage.unit_of_work import Database
from tests.journeys.history import a_long_day
from tests.journeys.letters import a_letter
from tests.journeys.running import a_house, run_amends, type_in, work, written_mails
from tests.journeys.test_people import Desk
from tests.support.places import REPOSITORY
from tests.support.postgres import a_postgres_database


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One long day, which these tests only look at."""
    with a_long_day(tmp_path_factory.mktemp("day")) as desk:
        yield desk


@pytest.fixture(scope="module")
def new_file(day: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The day's database made anew, by a process of its own: sets have another order there."""
    folder = tmp_path_factory.mktemp("new")
    data = day.house.settings.data_dir
    before = everything_under(data / "sent")

    ended = run_amends("rebuild", "--into", str(folder / "new.db"), "--data-dir", str(data), at=folder, columns=200)

    assert "equal: every table is as it was" in ended.out
    assert everything_under(data / "sent") == before
    return folder / "new.db"


@pytest.fixture
def data(day: Desk, tmp_path: Path) -> Path:
    """A copy of the installation at the end of the day."""
    day.house.database.engine.dispose()
    return Path(shutil.copytree(day.house.settings.data_dir, tmp_path / "data"))


def everything_under(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_day_holds_every_kind_of_event(day: Desk) -> None:
    with day.house.database.viewing() as connection:
        type_ = log_records.c.type
        rows = connection.execute(select(type_, func.count()).where(log_records.c.topic == "history").group_by(type_))
        found: dict[str, int] = {name: count for name, count in rows}

    assert set(found) == {IN_FORCE, STAGE_DONE, *(command.type for command in COMMANDS)}
    # The house and the command line were not set alike.
    assert found[IN_FORCE] >= 2


def test_a_rebuilt_database_is_the_old_one(day: Desk, new_file: Path, tmp_path: Path) -> None:
    shutil.copy(new_file, tmp_path / "amends.db")

    new = type_in("digest", "--json", "--data-dir", str(tmp_path)).json

    assert new == day.type("digest", "--json").json
    rows = {one["table"]: one["rows"] for one in new}
    assert min(rows[table] for table in ("messages", "cases", "replies", "outcomes", "audit_entries", "tasks")) > 0


@pytest.mark.postgres
def test_a_database_of_another_kind_is_the_same(day: Desk) -> None:
    present = open_present(day.house)
    with a_postgres_database() as new:
        rebuilt = rebuild(day.house, new, log_=log_of_database(present), present=present)
    present.engine.dispose()

    assert rebuilt.differences == []


def test_the_pipeline_goes_on_from_a_rebuilt_database(new_file: Path, data: Path, tmp_path: Path) -> None:
    database = shutil.copy(new_file, tmp_path / "new.db")
    letters = written_mails(
        tmp_path / "letters", [a_letter(name="Zoe", address="zoe@customer.example", message_id="zoe-1@a")]
    )
    known = everything_under(data / "sent")

    with a_house(data, database_url=f"sqlite:///{database}") as house:
        take_in(house, letters)
        work(house)
        [sent] = set(everything_under(data / "sent")) - set(known)
        assert b"zoe@customer.example" in (data / "sent" / sent).read_bytes()

    # And what went on is rebuilt as well, without a sender being made.
    with a_house(data, database_url=f"sqlite:///{database}") as house:
        present = open_present(house)
        again = rebuild(house, str(tmp_path / "third.db"), log_=log_of_database(present), present=present)
        assert "sender" not in vars(house)
    assert again.differences == []
    assert again.is_proved


def test_a_changed_row_is_found_and_its_table_and_key_are_named(day: Desk, new_file: Path, tmp_path: Path) -> None:
    engine = open_engine(Path(shutil.copy(new_file, tmp_path / "new.db")))
    new, old = Database(engine, partitions={}), day.house.database
    with engine.begin() as connection:
        victim = connection.scalar(select(cases.c.id).order_by(cases.c.id).offset(3).limit(1))
        connection.execute(update(cases).where(cases.c.id == victim).values(subject="Something else"))

    differing = [one.table for one, other in zip(digests(new), digests(old), strict=True) if one != other]

    assert differing == ["cases"]
    assert first_difference(old, new, "cases") == victim
    assert first_difference(old, new, "messages") == ""


def test_a_database_that_is_not_empty_is_refused(data: Path) -> None:
    ended = type_in("rebuild", "--into", str(data / "amends.db"), "--data-dir", str(data), code=1)

    assert "is not empty: name a new database" in ended.err


def test_what_is_gone_cannot_be_rebuilt_from(tmp_path: Path) -> None:
    ended = type_in("rebuild", "--into", str(tmp_path / "new.db"), "--data-dir", str(tmp_path / "data"), code=1)

    assert "restore it from a backup" in ended.err


def test_other_rules_than_those_of_the_time_are_told_before_anything_is_made(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMENDS_POLICY_PACK", str(a_stricter_pack(tmp_path)))
    new = tmp_path / "new.db"

    refused = type_in("rebuild", "--into", str(new), "--data-dir", str(data), code=1)
    assert "deadlines were counted by service-standard" in refused.err
    assert "--anyway goes on all the same" in refused.err

    ended = type_in("rebuild", "--into", str(new), "--data-dir", str(data), "--anyway", code=1)
    assert "differs: clocks, first at AM-" in ended.out


def a_stricter_pack(folder: Path) -> Path:
    shipped = (REPOSITORY / "amends" / "policies" / "service-standard.toml").read_text("utf-8")
    ours = shipped.replace("quantity = 28", "quantity = 27")
    assert ours != shipped
    (folder / "ours.toml").write_text(ours, "utf-8")
    return folder / "ours.toml"


def test_events_whose_records_are_lost_are_left_out_for_good(data: Path, tmp_path: Path) -> None:
    """A broker that did not get the last records before the database was lost."""
    with a_house(data) as house:
        with house.database.reading() as unit:
            lost = ("messages", 0, unit.log.ends("messages")[0] - 1)
        with log_of_database(house.database) as read:

            def short(topic: str) -> Iterator[Record]:
                return (one for one in read(topic) if (one.topic, one.partition, one.offset) != lost)

            rebuilt = rebuild(house, str(tmp_path / "new.db"), log_=nullcontext(short), present=None)
    assert rebuilt.left_out > 0
    assert not rebuilt.is_proved

    with a_house(data, database_url=f"sqlite:///{tmp_path / 'new.db'}") as house:
        present = open_present(house)
        again = rebuild(house, str(tmp_path / "third.db"), log_=log_of_database(present), present=present)
    assert (again.left_out, again.differences) == (0, [])

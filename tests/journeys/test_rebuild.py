"""A database made anew from the log is the old one, table by table, and nothing is sent on the way."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from amends.compose import COMMANDS
from amends.history import IN_FORCE, LEFT_OUT, STAGE_DONE
from amends.rebuild import log_of_database, open_present, rebuild
from storage.digest import digests, first_difference
from storage.engine import open_engine
from storage.tables import cases, log_records
from storage.unit_of_work import Database
from tests.journeys.history import a_long_day
from tests.journeys.letters import a_letter
from tests.journeys.running import a_house, run_amends, type_in, work
from tests.journeys.test_people import Desk


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One long day, which these tests only look at."""
    with a_long_day(tmp_path_factory.mktemp("day")) as desk:
        yield desk


@pytest.fixture
def data(day: Desk, tmp_path: Path) -> Path:
    """A copy of the installation at the end of the day."""
    day.house.database.engine.dispose()
    return Path(shutil.copytree(day.house.settings.data_dir, tmp_path / "data"))


def everything_under(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_day_holds_every_kind_of_event(day: Desk) -> None:
    with day.house.database.viewing() as connection:
        rows = connection.execute(
            select(log_records.c.type, func.count()).where(log_records.c.topic == "history").group_by(log_records.c.type)
        )
        found = {type_: count for type_, count in rows}

    assert set(found) == {IN_FORCE, STAGE_DONE, *(command.type for command in COMMANDS)}
    # The house and the command line were not set alike, and neither was the one that sent by SMTP.
    assert found[IN_FORCE] >= 2


def test_a_rebuilt_database_is_the_old_one(data: Path, tmp_path: Path) -> None:
    before = everything_under(data / "sent")

    # A process of its own: sets have another order there.
    ended = run_amends("rebuild", "--into", str(tmp_path / "new.db"), "--data-dir", str(data), at=tmp_path, columns=200)

    assert "equal: every table is as it was" in ended.out
    assert everything_under(data / "sent") == before
    old = type_in("digest", "--json", "--data-dir", str(data)).json
    (tmp_path / "moved").mkdir()
    shutil.copy(data / "secret", tmp_path / "moved" / "secret")
    shutil.move(tmp_path / "new.db", tmp_path / "moved" / "amends.db")
    new = type_in("digest", "--json", "--data-dir", str(tmp_path / "moved")).json
    assert new == old
    assert {one["table"]: one["rows"] for one in new}["outcomes"] == 1


def test_a_rebuild_makes_no_sender(data: Path, tmp_path: Path) -> None:
    with a_house(data, sender="smtp", smtp_host="127.0.0.1", smtp_port=9, smtp_security="plain") as house:
        present = open_present(house)
        rebuilt = rebuild(house, str(tmp_path / "new.db"), log_=log_of_database(present), present=present)

        assert rebuilt.is_proved
        assert "sender" not in vars(house)


def test_the_pipeline_goes_on_from_a_rebuilt_database(day: Desk, data: Path, tmp_path: Path) -> None:
    with a_house(data) as house:
        present = open_present(house)
        rebuild(house, str(tmp_path / "new.db"), log_=log_of_database(present), present=present)
    letters = tmp_path / "letters"
    letters.mkdir()
    (letters / "zoe.eml").write_bytes(a_letter(name="Zoe", address="zoe@customer.example", message_id="zoe-1@a"))
    known = everything_under(data / "sent")

    with a_house(data, database_url=f"sqlite:///{tmp_path / 'new.db'}") as house:
        from amends.cli.intake import take_in

        take_in(house, letters)
        work(house)
        [sent] = set(everything_under(data / "sent")) - set(known)
        assert b"zoe@customer.example" in (data / "sent" / sent).read_bytes()

        # And what went on is rebuilt as well.
        again = rebuild(
            house, str(tmp_path / "third.db"), log_=log_of_database(house.database), present=house.database
        )
    assert again.is_proved
    assert again.differences == []


def test_a_changed_row_is_found_and_its_table_and_key_are_named(data: Path, tmp_path: Path) -> None:
    with a_house(data) as house:
        present = open_present(house)
        rebuild(house, str(tmp_path / "new.db"), log_=log_of_database(present), present=present)
    engine = open_engine(tmp_path / "new.db")
    new = Database(engine, partitions={})
    with engine.begin() as connection:
        victim = connection.scalar(select(cases.c.id).order_by(cases.c.id).offset(3).limit(1))
        connection.execute(update(cases).where(cases.c.id == victim).values(subject="Something else"))

    differing = [
        one.table for one, other in zip(digests(new), digests(present), strict=True) if one.sha256 != other.sha256
    ]

    assert differing == ["cases"]
    assert first_difference(present, new, "cases") == victim
    assert first_difference(present, new, "messages") == ""


def test_a_database_that_is_not_empty_is_refused(data: Path) -> None:
    ended = type_in("rebuild", "--into", str(data / "amends.db"), "--data-dir", str(data), code=1)

    assert "is not empty: name a new database" in ended.err


def test_other_rules_than_those_of_the_time_are_told_before_anything_is_made(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMENDS_POLICY_PACK", str(_a_stricter_pack(tmp_path)))
    new = tmp_path / "new.db"

    refused = type_in("rebuild", "--into", str(new), "--data-dir", str(data), code=1)
    assert "deadlines were counted by service-standard" in refused.err
    assert "--anyway goes on all the same" in refused.err

    ended = type_in("rebuild", "--into", str(new), "--data-dir", str(data), "--anyway", code=1)
    assert "differs: clocks, first at AM-" in ended.out


def _a_stricter_pack(folder: Path) -> Path:
    shipped = Path(__file__).parents[2] / "amends" / "policies" / "service-standard.toml"
    lines = shipped.read_text("utf-8").replace("quantity = 28", "quantity = 27")
    assert lines != shipped.read_text("utf-8")
    pack = folder / "ours.toml"
    pack.write_text(lines, "utf-8")
    return pack


def test_events_whose_records_are_lost_are_left_out_for_good(data: Path, tmp_path: Path) -> None:
    with a_house(data) as house:
        present = open_present(house)
        with log_of_database(present) as read:
            last = max(record.offset for record in read("messages") if record.partition == 0)

            def short(topic: str) -> Iterator[object]:
                return (one for one in read(topic) if (one.topic, one.partition, one.offset) != ("messages", 0, last))

            from contextlib import nullcontext

            rebuilt = rebuild(house, str(tmp_path / "new.db"), log_=nullcontext(short), present=None)
    assert rebuilt.left_out > 0
    assert not rebuilt.is_proved
    with a_house(data, database_url=f"sqlite:///{tmp_path / 'new.db'}") as house:
        again = rebuild(
            house, str(tmp_path / "third.db"), log_=log_of_database(house.database), present=house.database
        )
        with house.database.reading() as unit:
            assert unit.log.holds("history", str(rebuilt.events + rebuilt.left_out))
    assert (again.left_out, again.differences) == (0, [])
    assert LEFT_OUT

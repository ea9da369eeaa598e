"""A record that a stage cannot process, from the moment it is given up to the moment when somebody has settled it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from amends.bus.port import NewRecord, Topic
from amends.bus.runner import StageRunner
from amends.compose import House
from amends.doctor import examine
from amends.domain.verdict import Verdict
from amends.ports import TextToJudge
from tests.journeys.letters import a_letter
from tests.journeys.running import Ended, a_house, run_amends, type_in, work, written_mails
from tests.support.builders import a_dead_letter
from tests.support.fakes import FakeJudge
from triage.stage import TriageStage

ESC = "\x1b]0;owned\x07"


@dataclass(frozen=True)
class Desk:
    """An installation into which one mail came, and the commands that people type."""

    house: House

    @property
    def data(self) -> Path:
        return self.house.settings.data_dir

    def type(self, *words: str, code: int = 0) -> Ended:
        return type_in(*words, "--data-dir", str(self.data), code=code)

    def listed(self, *words: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.type("dead", "list", "--json", *words).json
        return found

    def publish(self, record: NewRecord) -> None:
        with self.house.database.unit() as unit:
            unit.log.publish([record])
            unit.commit()


def breaks(_asked: TextToJudge) -> Verdict:
    raise ZeroDivisionError


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    letters = written_mails(tmp_path / "letters", [a_letter()])
    type_in("ingest", "files", str(letters), "--data-dir", str(tmp_path / "data"))
    with a_house(tmp_path / "data") as house:
        yield Desk(house)


def judged_by_a_broken_model(desk: Desk) -> None:
    """Let triage run into a fault of its own on whatever waits."""
    house = desk.house
    stage = TriageStage(FakeJudge(breaks), pack=house.pack)
    runner = StageRunner(stage, house.log, house.database.unit, worker="anna", now=house.now, batch=50)
    runner.run(Event(), until_idle=lambda: True)


def test_a_message_that_triage_fails_on_is_kept_explained_and_done_after_all(desk: Desk) -> None:
    judged_by_a_broken_model(desk)

    [letter] = desk.listed()
    assert (letter["stage"], letter["reason"], letter["state"]) == ("triage", "stage_failed", "waiting")
    assert not {"body", "key"} & letter.keys()
    proof = desk.type("reconcile", "--json").json
    assert proof["unexplained"] == 0
    assert [(source["dead"], source["waiting"]) for source in proof["sources"]] == [(1, 0)]
    assert "1 are dead letters" in desk.type("reconcile").out
    assert desk.type("summary", "--json").json["dead"] == {"stage_failed": 1}
    shown = desk.type("dead", "show", letter["id"]).out
    assert "triage could not handle it (ZeroDivisionError)" in shown
    assert "after 1 try" in shown
    raw = json.loads(desk.type("dead", "show", letter["id"], "--raw").out)
    assert raw["id"] == letter["record_id"]

    assert "messages again" in desk.type("dead", "retry", letter["id"][:6], "--as", "hana").out
    assert desk.listed() == []
    assert [one["state"] for one in desk.listed("--all")] == ["retried"]
    assert "retried by hana" in desk.type("dead", "show", letter["id"]).out
    assert "was retried before" in desk.type("dead", "retry", letter["id"], "--as", "hana", code=1).err
    assert desk.type("reconcile", "--json").json["unexplained"] == 0
    work(desk.house)

    assert len(desk.type("queue", "list", "--json").json) == 1
    assert [source["dead"] for source in desk.type("reconcile", "--json").json["sources"]] == [0]
    assert "dead.retried" in desk.type("audit", "show", f"dead:{letter['id']}").out
    desk.type("audit", "verify")


def test_several_are_handed_over_together_after_it_was_said_which(desk: Desk) -> None:
    judged_by_a_broken_model(desk)
    with desk.house.database.unit() as unit:
        unit.dead.add([a_dead_letter("q1", stage="respond", topic=Topic.TRIAGED, reason="bad_record")])
        unit.commit()

    said = desk.type("dead", "retry", "--all", "--dry-run").out
    assert "1 of triage (stage_failed)" in said
    assert "1 of respond (bad_record)" in said
    assert len(desk.listed()) == 2
    assert "1 handed over again, 0 left" in desk.type("dead", "retry", "--reason", "stage_failed", "--as", "hana").out
    assert [one["stage"] for one in desk.listed()] == ["respond"]
    assert "1 handed over again, 0 left" in desk.type("dead", "retry", "--all", "--as", "hana").out
    assert "0 handed over again" in desk.type("dead", "retry", "--stage", "triage", "--as", "hana").out
    for wrong in (["dead", "retry"], ["dead", "retry", "abc", "--all"], ["dead", "retry", "abc", "--stage", "triage"]):
        assert "say which" in desk.type(*wrong, code=2).err


def test_a_discarded_letter_leaves_the_list_and_is_kept(desk: Desk) -> None:
    judged_by_a_broken_model(desk)
    [letter] = desk.listed()

    assert "say why" in desk.type("dead", "discard", letter["id"], "--because", " ", "--as", "hana", code=1).err
    desk.type("dead", "discard", letter["id"], "--because", "a mail of our own test", "--as", "hana")

    assert "No dead letter waits." in desk.type("dead", "list").out
    assert "a mail of our own test" in desk.type("dead", "show", letter["id"]).out
    assert desk.type("reconcile", "--json").json["unexplained"] == 0


def test_nothing_in_a_dead_letter_steers_the_terminal(desk: Desk) -> None:
    desk.publish(
        NewRecord(
            topic=Topic.MESSAGES,
            key=f"k{ESC}",
            id=f"r{ESC}",
            type=f"other{ESC}",
            body=f"[red]bo{ESC}dy\u202e".encode(),
            at=datetime.now(UTC),
            headers={f"x-{ESC}": f"v{ESC}", "channel": f"pigeon{ESC}"},
        )
    )
    work(desk.house, "triage")

    [letter] = desk.listed()
    assert letter["reason"] == "bad_record"
    for said in (
        desk.type("dead", "list"),
        desk.type("dead", "list", "--json"),
        desk.type("dead", "show", letter["id"]),
    ):
        assert not {"\x1b", "\x07", "\u202e"} & set(said.out)
    assert "[red]bo" in desk.type("dead", "show", letter["id"]).out
    assert desk.type("dead", "show", letter["id"], "--raw").out.startswith("[red]bo\x1b")


def test_the_doctor_mentions_dead_letters_and_finds_many_or_old_ones_bad(desk: Desk) -> None:
    def found() -> tuple[bool, str, str]:
        [one] = [one for one in examine(desk.house.settings) if one.what == "dead letters"]
        return one.is_well, one.says, one.remedy

    assert found() == (True, "none waits", "")
    now = datetime.now(UTC)
    with desk.house.database.unit() as unit:
        unit.dead.add([a_dead_letter("r1", at=now)])
        unit.commit()
    is_well, says, remedy = found()
    assert (is_well, remedy) == (True, "")
    assert "1 of triage (stage_failed)" in says
    assert "amends dead list" in says
    with desk.house.database.unit() as unit:
        unit.dead.add([a_dead_letter("r2", at=now - timedelta(hours=25))])
        unit.commit()
    is_well, _, remedy = found()
    assert not is_well
    assert "amends dead retry --all" in remedy
    desk.type("dead", "retry", "--all", "--as", "hana")
    with desk.house.database.unit() as unit:
        unit.dead.add([a_dead_letter(f"s{number}", at=now) for number in range(21)])
        unit.commit()
    assert not found()[0]


def test_a_stage_that_the_brake_has_stopped_says_so_and_ends_with_3(desk: Desk, tmp_path: Path) -> None:
    # Replies that were never drafted: delivery fails on each of them, through no fault of theirs.
    for number in range(30):
        desk.publish(
            NewRecord(
                topic=Topic.OUTBOX,
                key=f"person {number}",
                id=f"r{number}",
                type="amends.reply.queued",
                body=json.dumps({"reply_id": f"r{number}"}).encode(),
                at=datetime.now(UTC),
            )
        )

    ended = run_amends("run", "deliver", "--until-idle", "--data-dir", str(desk.data), at=tmp_path, code=3)

    assert "20 of the last 20 records failed: the stage has stopped" in ended.err
    assert "amends dead retry --all" in ended.err
    assert len(desk.listed("--stage", "deliver")) == 20
    assert desk.house.log.lag("deliver", Topic.OUTBOX) == 10

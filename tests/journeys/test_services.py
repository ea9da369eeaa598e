"""The background services as processes: they start, share, stop when asked, and come back when killed."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from amends.bus.port import Topic
from amends.compose import House
from amends.domain.audit import first_break
from amends.domain.reply import ReplyState
from tests.journeys.crowd import write_crowd
from tests.journeys.letters import COMPLAINT, a_letter
from tests.journeys.running import (
    a_house,
    children_of,
    command,
    environment,
    free_port,
    is_alive,
    run_amends,
    service,
    start,
    type_in,
    wait_until,
    work,
    written_mails,
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with a_house(tmp_path / "data") as house:
        yield house


def test_a_stage_that_is_asked_to_stop_finishes_its_batch_and_ends_well(tmp_path: Path, house: House) -> None:
    crowd = write_crowd(tmp_path / "letters", messages=400, seed=4)
    type_in("ingest", "files", str(crowd.folder), "--data-dir", str(tmp_path / "data"))

    with service("run", "triage", "--data-dir", "data", at=tmp_path, settings={"batch": "10"}) as triage:
        wait_until(lambda: house.log.lag("triage", Topic.MESSAGES) < crowd.messages, saying="the first batch")
        triage.send_signal(signal.SIGTERM)
        asked = time.monotonic()
        assert triage.wait(30) == 0
        took = time.monotonic() - asked

    left = house.log.lag("triage", Topic.MESSAGES)
    assert 0 < left < crowd.messages
    assert took < 10
    with house.database.reading() as unit:
        judged = sum('"message.judged"' in entry.happening_json for entry in unit.audit.every())
        assert first_break(unit.audit.every()) is None
    assert judged == crowd.messages - left
    assert house.log.workers("triage", Topic.MESSAGES) == 0
    assert '"event": "stage stopped"' in (tmp_path / "run-triage.log").read_text("utf-8")


def test_stages_that_run_until_idle_end_by_themselves_and_log_nothing_personal(tmp_path: Path, house: House) -> None:
    letters = written_mails(tmp_path / "letters", [a_letter(), bytes(range(256))])
    type_in("ingest", "files", str(letters), "--data-dir", str(tmp_path / "data"))

    said = [
        run_amends("run", stage, "--until-idle", "--data-dir", "data", at=tmp_path, settings={"log_level": "debug"}).err
        for stage in ("triage", "respond", "deliver")
    ]

    assert len(_sent(tmp_path)) == 1
    assert all('"event": "stage stopped"' in lines for lines in said)
    assert [word for word in ("ines", "Okafor", "kettle", "customer.example") if word in "".join(said)] == []


@pytest.mark.slow
def test_two_workers_share_the_partitions_between_them(tmp_path: Path, house: House) -> None:
    crowd = write_crowd(tmp_path / "letters", messages=20, seed=5)
    assert house.partitions[Topic.MESSAGES] == 4

    one = start("run", "triage", "--worker", "one", "--data-dir", "data", at=tmp_path)
    two = start("run", "triage", "--worker", "two", "--data-dir", "data", at=tmp_path)
    try:
        wait_until(lambda: house.log.workers("triage", Topic.MESSAGES) == 2, saying="both live")
        type_in("ingest", "files", str(crowd.folder), "--data-dir", str(tmp_path / "data"))
        wait_until(lambda: house.log.lag("triage", Topic.MESSAGES) == 0, saying="all is judged")
        claims = [house.log.claim("triage", Topic.MESSAGES, name) for name in ("one", "two")]
    finally:
        for process in (one, two):
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(20) for process in (one, two)]

    assert codes == [0, 0]
    assert sorted(claims[0] + claims[1]) == [0, 1, 2, 3]
    assert [len(claim) for claim in claims] == [2, 2]


def test_a_watched_folder_is_read_as_mails_fall_into_it(tmp_path: Path, house: House) -> None:
    inbox = written_mails(tmp_path / "inbox", [])
    settings = {"watch": str(inbox), "watch_pause_s": "0.1"}

    with service("run", "ingest", "--data-dir", "data", at=tmp_path, settings=settings) as watcher:
        wait_until(lambda: "files:" in "".join(_sources(house)), saying="the folder is watched")
        written_mails(inbox, [a_letter()])
        wait_until(lambda: house.log.lag("triage", Topic.MESSAGES) == 1, saying="the mail is on the log")
        written_mails(inbox, [a_letter(message_id="two@customer.example")], name="another")
        wait_until(lambda: house.log.lag("triage", Topic.MESSAGES) == 2, saying="the next one, too")
        watcher.send_signal(signal.SIGTERM)
        assert watcher.wait(20) == 0


def _sources(house: House) -> list[str]:
    with house.database.reading() as unit:
        return list(unit.intake.sources())


def test_nothing_to_watch_is_refused(tmp_path: Path) -> None:
    assert "AMENDS_WATCH" in run_amends("run", "ingest", "--data-dir", "data", at=tmp_path, code=1).err


def test_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    port = str(free_port())
    settings = {"form_port": port}
    with service("run", "form", "--data-dir", "data", at=tmp_path, settings=settings):
        wait_until(lambda: _answers(f"http://127.0.0.1:{port}/"), saying="the form answers")

        refused = run_amends("run", "form", "--data-dir", "data", at=tmp_path, settings=settings, code=1)

    assert "choose another port" in refused.err
    assert "Traceback" not in refused.err


@pytest.mark.slow
def test_everything_runs_under_one_supervisor_and_what_is_killed_comes_back(tmp_path: Path, house: House) -> None:
    inbox, port = written_mails(tmp_path / "inbox", []), free_port()
    settings = {
        "watch": str(inbox),
        "watch_pause_s": "0.2",
        "form_port": str(port),
        "desk_port": str(free_port()),
    }
    url = f"http://127.0.0.1:{port}"

    with service("up", "--data-dir", "data", at=tmp_path, settings=settings) as up:
        wait_until(lambda: _answers(f"{url}/"), saying="the form answers")
        wait_until(lambda: _workers(house) == [1, 1, 1], saying="all stages run")
        services = children_of(up.pid)
        # ingest, triage, respond, deliver, form, desk: no program is told of anything, so nothing tells it.
        assert len(services) == 6

        victim = next(pid for pid in services if "triage" in _command_of(pid))
        subprocess.run(["kill", "-9", str(victim)], check=True)
        with httpx.Client(base_url=url) as client:
            sent = client.post("/api/v1/submissions", json={"text": COMPLAINT, "email": "ines@customer.example"})
        assert sent.status_code == 202
        wait_until(lambda: len(_sent(tmp_path)) == 1, for_s=60, saying="triage is back and the form acknowledged")
        assert [pid for pid in children_of(up.pid) if "triage" in _command_of(pid)] != [victim]
        written_mails(inbox, [a_letter(address="tom@customer.example", name="Tom Ash")])
        wait_until(lambda: len(_sent(tmp_path)) == 2, for_s=60, saying="the mail is acknowledged, too")

        services = children_of(up.pid)
        up.send_signal(signal.SIGTERM)
        asked = time.monotonic()
        assert up.wait(30) == 0
        assert time.monotonic() - asked < 15

    assert [pid for pid in services if is_alive(pid)] == []
    assert not _answers(f"{url}/")
    assert _workers(house) == [0, 0, 0]


def test_a_form_becomes_a_case_whose_sender_can_follow_it(tmp_path: Path, house: House) -> None:
    port = free_port()
    settings = {"form_port": str(port)}
    with service("run", "form", "--data-dir", "data", at=tmp_path, settings=settings):
        wait_until(lambda: _answers(f"http://127.0.0.1:{port}/"), saying="the form answers")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True) as client:
            page = client.get("/").text
            key = re.search(r'name="form_id" value="([^"]+)"', page)
            assert key is not None
            boxes = {"form_id": key[1], "text": COMPLAINT, "name": "Ines Okafor", "email": "ines@customer.example"}
            receipt = client.post("/", data=boxes)
            again = client.post("/", data=boxes)
            assert receipt.status_code == again.status_code == 200
            reference = re.search(r"AM-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}", receipt.text)
            link = re.search(r"/status/[a-z2-7]+", receipt.text)
            assert reference is not None
            assert link is not None
            assert reference[0] in again.text
            before = client.get(link[0])
            assert "We have received it." in before.text

            with a_house(tmp_path / "data", form_port=port) as same_house:
                work(same_house)

            after = client.get(link[0])
            assert "We have acknowledged it." in after.text
            assert "Ines" not in after.text
            assert client.get("/status/abcdefghijklmnopqrstuvwxyz").status_code == 404

    with house.database.reading() as unit:
        case = unit.cases.get(reference[0])
        [acknowledgement] = unit.replies.in_state(ReplyState.SENT)
    assert case.messages == 1
    [file] = _sent(tmp_path)
    assert file.stem == acknowledgement.id
    assert f"http://127.0.0.1:{port}{link[0]}" in _unfolded(file)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def _workers(house: House) -> list[int]:
    topics = {"triage": Topic.MESSAGES, "respond": Topic.TRIAGED, "deliver": Topic.OUTBOX}
    return [house.log.workers(stage, topic) for stage, topic in topics.items()]


def _command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def _sent(at: Path) -> list[Path]:
    folder = at / "data" / "sent"
    return sorted(folder.glob("*.eml")) if folder.is_dir() else []


def _unfolded(mail: Path) -> str:
    return mail.read_text("ascii").replace("=\n", "").replace("=3D", "=")


def test_a_command_whose_reader_has_had_enough_ends_quietly(tmp_path: Path) -> None:
    letters = written_mails(tmp_path / "letters", [a_letter()] * 50)

    with subprocess.Popen(
        [*command("mail", "parse"), *map(str, sorted(letters.iterdir()))],
        cwd=tmp_path,
        env=environment({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as parsing:
        assert parsing.stdout is not None
        assert parsing.stderr is not None
        parsing.stdout.readline()
        parsing.stdout.close()
        assert b"Traceback" not in parsing.stderr.read()

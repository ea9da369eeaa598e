"""Everything is killed without warning, again and again: each message still has one effect.

`MESSAGES=20000 KILLS=200 pytest tests/journeys/test_exactly_one_effect.py` enlarges it.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import func, select

from amends.bus.port import Topic
from amends.compose import STAGES, House
from amends.domain.audit import first_break
from amends.domain.reply import Purpose, ReplyState
from amends.domain.task import TaskKind
from storage.tables import arrivals, log_ends, log_positions, log_records, messages
from tests.journeys.crowd import Crowd, write_crowd
from tests.journeys.running import a_house, end, free_port, run_amends, start

TOPIC_OF = {"triage": Topic.MESSAGES, "respond": Topic.TRIAGED, "deliver": Topic.OUTBOX}
ONE_EACH = dict.fromkeys(STAGES, 1)
#: Small batches, so that there are many moments between two commits; caps that hold nobody back.
SETTINGS = {
    "batch": "20",
    "cap_per_sender_a_day": "1000",
    "cap_per_case": "1000",
    "cap_an_hour": "1000000",
    "log_level": "warning",
}


@dataclass(slots=True)
class Plan:
    """When to kill what: each stage at shares of its work drawn by chance."""

    moments: dict[str, list[float]]

    @classmethod
    def drawn(cls, kills: int, chance: random.Random) -> Plan:
        """Spread the kills over everything that runs."""
        victims = ["ingest", *STAGES][:kills]
        victims += chance.choices(("ingest", *STAGES), weights=(1, 3, 2, 2), k=kills - len(victims))
        moments: dict[str, list[float]] = {name: [] for name in ("ingest", *STAGES)}
        for victim in victims:
            moments[victim].append(chance.uniform(0.01, 0.95))
        return cls({name: sorted(shares) for name, shares in moments.items()})

    def due(self, name: str, share: float) -> bool:
        """Take the next moment of a stage off the plan if its work has come so far."""
        if self.moments[name] and self.moments[name][0] <= share:
            self.moments[name].pop(0)
            return True
        return False

    @property
    def is_empty(self) -> bool:
        """Whether all were killed that had to be."""
        return not any(self.moments.values())


@dataclass(slots=True)
class Team:
    """The processes of one installation: one that takes in, and so many of each stage."""

    at: Path
    letters: Path
    workers: dict[str, int]
    settings: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)
    killed_at_work: int = 0
    ingest_is_done: bool = False

    def begin(self) -> None:
        """Start everybody."""
        self._start("ingest")
        for stage, workers in self.workers.items():
            for number in range(workers):
                self._start(f"{stage}-{number + 1}")

    def _start(self, name: str) -> None:
        words = ["ingest", "files", str(self.letters)]
        if name != "ingest":
            # The same name again: whoever comes back takes up the share of the one who was killed.
            words = ["run", name.partition("-")[0], "--worker", name]
        self.running[name] = start(*words, "--data-dir", str(self.at / "data"), at=self.at, settings=self.settings)

    def kill_one(self, kind: str, chance: random.Random, *, at_work: bool) -> None:
        """Kill one process of a kind at once, and start it again."""
        name = chance.choice([name for name in self.running if name.partition("-")[0] == kind])
        process = self.running[name]
        if kind == "ingest" and process.poll() == 0:
            return
        process.kill()
        process.wait()
        self.killed[kind] += 1
        self.killed_at_work += at_work
        self._start(name)

    def look_after(self) -> None:
        """Notice the end of the one that takes in; nobody else may end."""
        for name, process in self.running.items():
            code = process.poll()
            if name == "ingest" and code == 0:
                self.ingest_is_done = True
            else:
                assert code is None, f"{name} ended by itself with {code}: see {self.at}/*.log"

    def end(self) -> None:
        """End everybody."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            end(process)


@contextlib.contextmanager
def a_team(at: Path, letters: Path, workers: dict[str, int], **settings: str) -> Iterator[Team]:
    team = Team(at, letters, workers, {**SETTINGS, **settings})
    try:
        team.begin()
        yield team
    finally:
        team.end()


def shares(house: House, crowd: Crowd) -> dict[str, float]:
    """Say how much of the work each kind of process has done."""
    with house.database.engine.connect() as connection:
        done = {
            row.group_name: row.done
            for row in connection.execute(
                select(log_positions.c.group_name, func.sum(log_positions.c.next_position).label("done")).group_by(
                    log_positions.c.group_name
                )
            )
        }
        taken_in = connection.scalar(select(func.count()).select_from(arrivals)) or 0
    acknowledgements = len(crowd.threads) + len(crowd.forms)
    return {
        "ingest": taken_in / crowd.items,
        "triage": float(done.get("triage", 0)) / crowd.messages,
        "respond": float(done.get("respond", 0)) / (crowd.messages - crowd.machines),
        "deliver": float(done.get("deliver", 0)) / acknowledgements,
    }


def is_idle(house: House) -> bool:
    return all(house.log.lag(stage, TOPIC_OF[stage]) == 0 for stage in STAGES)


def kill_by_plan(house: House, team: Team, crowd: Crowd, plan: Plan, chance: random.Random, *, for_s: float) -> None:
    """Kill by plan while the work goes on, then wait until nothing is left to do."""
    deadline = time.monotonic() + for_s
    while not (team.ingest_is_done and plan.is_empty and is_idle(house)):
        assert time.monotonic() < deadline, f"not done in {for_s:.0f} s: {shares(house, crowd)}, left {plan.moments}"
        team.look_after()
        done = shares(house, crowd)
        nothing_left = team.ingest_is_done and is_idle(house)
        for kind, share in done.items():
            if plan.due(kind, 1.0 if nothing_left else share):
                time.sleep(chance.uniform(0, 0.04))
                team.kill_one(kind, chance, at_work=not nothing_left)
        time.sleep(0.01)


def check_one_effect(house: House, crowd: Crowd) -> None:
    """Check that each message was taken in, judged, filed and acknowledged once."""
    with house.database.engine.connect() as connection:
        stored = connection.execute(select(messages.c.id, messages.c.case_id)).all()
        ends = {(row.topic, row.partition): row.next_position for row in connection.execute(select(log_ends))}
        records = connection.execute(select(log_records.c.topic, log_records.c.partition, log_records.c.position)).all()
        stands = connection.execute(select(log_positions)).all()
    with house.database.reading() as unit:
        judged = unit.messages.get_many([row.id for row in stored])
        replies = unit.replies.in_state(*ReplyState)
        entries = list(unit.audit.every())
        parked = Counter(one.reason for one in unit.intake.parked())

    by_name = {one.message.native_id: one for one in judged.values()}
    assert len(stored) == len(by_name) == crowd.messages
    assert {name for thread in crowd.threads for name in thread} | set(crowd.forms) <= by_name.keys()
    case_ids = [{by_name[name].case_id for name in thread} for thread in crowd.threads]
    assert [found for found in case_ids if len(found) != 1 or None in found] == []
    in_order = [[by_name[name].number for name in thread] for thread in crowd.threads]
    assert [numbers for numbers in in_order if numbers != list(range(1, len(numbers) + 1))] == []
    assert len({one.case_id for one in judged.values()} - {None}) == len(crowd.threads) + len(crowd.forms)
    assert sum(parked.values()) == crowd.machines + crowd.unreadable, parked

    told = Counter((entry["action"], entry["subject"]) for entry in map(_happening, entries))
    assert [what for what, times in told.items() if times > 1 and _is_once(what[0])] == []
    assert sum(action == "message.judged" for action, _ in told) == crowd.messages
    assert first_break(entries) is None

    found_at: dict[tuple[str, int], list[int]] = {}
    for row in records:
        found_at.setdefault((row.topic, row.partition), []).append(row.position)
    assert {key: sorted(found) for key, found in found_at.items()} == {key: list(range(n)) for key, n in ends.items()}
    assert {(row.topic, row.partition): row.next_position for row in stands} == ends

    assert {reply.state for reply in replies} <= {
        ReplyState.SENT, ReplyState.UNKNOWN, ReplyState.DRAFTED, ReplyState.IN_REVIEW, ReplyState.SUPERSEDED
    }  # fmt: skip
    first = {by_name[thread[0]].message.id for thread in crowd.threads} | {
        by_name[name].message.id for name in crowd.forms
    }
    acknowledged = Counter(reply.message_id for reply in replies if reply.purpose is Purpose.ACKNOWLEDGEMENT)
    assert first <= acknowledged.keys()
    assert set(acknowledged.values()) == {1}


def _happening(entry: object) -> dict[str, str]:
    found: dict[str, str] = json.loads(entry.happening_json)  # type: ignore[attr-defined]
    return found


def _is_once(action: str) -> bool:
    """Whether this can happen to a thing only once (a case is joined many times, a copy of a mail arrives again)."""
    return action not in {"case.joined", "link.suggested", "arrival.duplicate", "arrival.parked"}


def check_files(house: House) -> None:
    """Check that each reply that was sent is one file, and each message has one acknowledgement at most.

    A file whose name begins with a dot is what a killed deliverer had not finished: nobody got it.
    """
    with house.database.reading() as unit:
        sent = unit.replies.in_state(ReplyState.SENT)
        names = {
            one.message.id: one.message.native_id
            for one in unit.messages.get_many([r.message_id for r in sent]).values()
        }
    mails = {
        path.stem: message_from_bytes(path.read_bytes()) for path in (house.settings.data_dir / "sent").glob("[!.]*")
    }

    assert mails.keys() == {reply.id for reply in sent}
    assert set(Counter(mail["Message-ID"] for mail in mails.values()).values()) == {1}
    answered = Counter(mail["In-Reply-To"] for mail in mails.values() if mail["In-Reply-To"])
    assert set(answered.values()) == {1}
    by_mail = {reply.id for reply in sent if "@" in names[reply.message_id]}
    assert all(mails[reply_id]["In-Reply-To"] for reply_id in by_mail)


def run_and_kill(tmp_path: Path, *, workers: dict[str, int], count: int, kills: int, seed: int, for_s: float) -> None:
    chance = random.Random(seed)  # noqa: S311 - seeded, so that a failure can be looked at again
    crowd = write_crowd(tmp_path / "letters", messages=count, seed=seed)
    data = str(tmp_path / "data")
    run_amends("setup", "--data-dir", data, at=tmp_path)
    with a_house(tmp_path / "data") as house:
        began = time.monotonic()
        with a_team(tmp_path, crowd.folder, workers) as team:
            kill_by_plan(house, team, crowd, Plan.drawn(kills, chance), chance, for_s=for_s)
        print(f"{crowd.messages} messages, killed {dict(team.killed)}, {team.killed_at_work} at work, "
              f"{time.monotonic() - began:.1f} s")  # fmt: skip

        check_one_effect(house, crowd)
        check_files(house)
    assert run_amends("reconcile", "--json", "--data-dir", data, at=tmp_path).json["unexplained"] == 0
    run_amends("audit", "verify", "--data-dir", data, at=tmp_path)
    assert sum(team.killed.values()) >= kills - 2
    assert team.killed_at_work >= kills * 2 // 3


def test_two_hundred_messages_have_one_effect_each_when_everything_is_killed(tmp_path: Path) -> None:
    run_and_kill(tmp_path, workers={**ONE_EACH, "triage": 2}, count=200, kills=6, seed=20261121, for_s=120)


@pytest.mark.slow
def test_thousands_of_messages_have_one_effect_each_when_everything_is_killed(tmp_path: Path) -> None:
    count, kills = int(os.environ.get("MESSAGES", "2000")), int(os.environ.get("KILLS", "30"))

    workers = dict.fromkeys(STAGES, 2)
    run_and_kill(tmp_path, workers=workers, count=count, kills=kills, seed=20261122, for_s=300 + count / 20 + kills * 5)


class SlowMailbox:
    """A mail server that takes its time, counts what it took, and forgets nothing."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = envelope.original_content
        assert isinstance(content, bytes)
        with self._lock:
            self.taken[str(message_from_bytes(content)["Message-ID"])] += 1
        time.sleep(0.01)
        return "250 taken"


@pytest.mark.slow
def test_a_mail_server_gets_no_mail_twice_when_the_deliverer_is_killed(tmp_path: Path) -> None:
    """What the server may have taken when its deliverer was killed is shown to a person, never sent again."""
    chance, mailbox = random.Random(20261123), SlowMailbox()  # noqa: S311 - seeded
    crowd = write_crowd(tmp_path / "letters", messages=80, seed=20261123)
    server = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    server.start()
    settings = {"sender": "smtp", "smtp_host": "127.0.0.1", "smtp_port": str(server.port), "smtp_security": "plain"}
    plan = Plan({"ingest": [], "triage": [], "respond": [], "deliver": [0.1, 0.3, 0.5, 0.7]})
    run_amends("setup", "--data-dir", str(tmp_path / "data"), at=tmp_path)
    try:
        with a_house(tmp_path / "data") as house:
            with a_team(tmp_path, crowd.folder, ONE_EACH, **settings) as team:
                kill_by_plan(house, team, crowd, plan, chance, for_s=120)

            check_one_effect(house, crowd)
            with house.database.reading() as unit:
                sent = {reply.channel_name for reply in unit.replies.in_state(ReplyState.SENT)}
                unknown = unit.replies.in_state(ReplyState.UNKNOWN)
                tasks = {task.reply_id for task in unit.tasks.open_tasks() if task.kind is TaskKind.SETTLE_DELIVERY}
    finally:
        server.stop()

    assert set(mailbox.taken.values()) == {1}
    assert sent <= mailbox.taken.keys() <= sent | {reply.channel_name for reply in unknown}
    assert tasks == {reply.id for reply in unknown}
    assert len(unknown) <= 4

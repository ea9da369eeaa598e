"""Everything is killed without warning, again and again: each message still has one effect, on either pair.

`make chaos` does it in large on Apache Kafka and PostgreSQL (`tests/chaos/`);
`MESSAGES=20000 KILLS=200 pytest tests/journeys/test_exactly_one_effect.py` enlarges it on one machine.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from amends.compose import STAGES
from amends.domain.reply import ReplyState
from amends.domain.task import TaskKind
from tests.chaos.effects import effects_of
from tests.chaos.many_machines import run_on_kafka
from tests.chaos.plan import Plan
from tests.chaos.running import SETTINGS, kill_by_plan
from tests.chaos.team import a_team
from tests.journeys.crowd import write_crowd
from tests.journeys.running import a_house, free_port, run_amends

ONE_EACH = dict.fromkeys(STAGES, 1)
#: Small batches, so that there are many moments between two commits.
SMALL = {**SETTINGS, "batch": "20"}


def run_and_kill(tmp_path: Path, *, workers: dict[str, int], count: int, kills: int, seed: int, for_s: float) -> None:
    chance = random.Random(seed)  # noqa: S311 - seeded, so that a failure can be looked at again
    crowd = write_crowd(tmp_path / "letters", messages=count, seed=seed)
    data = str(tmp_path / "data")
    run_amends("setup", "--data-dir", data, at=tmp_path)
    with a_house(tmp_path / "data") as house:
        began = time.monotonic()
        with a_team(tmp_path, crowd.folder, workers, SMALL) as team:
            plan = Plan.drawn(kills, team.kinds, chance)
            kill_by_plan(house, team, crowd, plan, chance, for_s=for_s)
        print(f"{crowd.messages} messages, killed {dict(team.killed)}, {team.killed_at_work} at work, "
              f"{time.monotonic() - began:.1f} s")  # fmt: skip

        effects = effects_of(house, crowd)
    assert effects.are_one_each, effects
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


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.postgres
def test_messages_have_one_effect_each_on_kafka_and_postgresql_when_everything_is_killed(tmp_path: Path) -> None:
    """Its servers are its own: they are killed, too."""
    ended = run_on_kafka(tmp_path, messages=2_000, kills=20, seed=20261128, say=print)

    print(f"{ended.effects}; {ended.killed} killed, {ended.killed_at_work} at work, {ended.took_s:.0f} s")
    assert ended.effects.are_one_each, ended.effects
    assert ended.killed >= 18
    assert ended.killed_at_work >= 13


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
    settings: dict[str, Any] = {
        "sender": "smtp",
        "smtp_host": "127.0.0.1",
        "smtp_port": str(server.port),
        "smtp_security": "plain",
    }
    plan = Plan({"ingest": [], "triage": [], "respond": [], "deliver": [0.1, 0.3, 0.5, 0.7]})
    run_amends("setup", "--data-dir", str(tmp_path / "data"), at=tmp_path)
    try:
        with a_house(tmp_path / "data", **settings) as house:
            with a_team(tmp_path, crowd.folder, ONE_EACH, {**SMALL, **settings}) as team:
                kill_by_plan(house, team, crowd, plan, chance, for_s=120)

            effects = effects_of(house, crowd)
            with house.database.reading() as unit:
                sent = {reply.channel_name for reply in unit.replies.in_state(ReplyState.SENT)}
                unknown = unit.replies.in_state(ReplyState.UNKNOWN)
                tasks = {task.reply_id for task in unit.tasks.open_tasks() if task.kind is TaskKind.SETTLE_DELIVERY}
    finally:
        server.stop()

    assert effects.are_one_each, effects
    assert set(mailbox.taken.values()) == {1}
    assert sent <= mailbox.taken.keys() <= sent | {reply.channel_name for reply in unknown}
    assert tasks == {reply.id for reply in unknown}
    assert len(unknown) <= 4

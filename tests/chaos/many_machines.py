"""The run on Apache Kafka and PostgreSQL, whose servers are its own and are restarted in the middle."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from tests.chaos.effects import Effects, effects_of
from tests.chaos.plan import Plan
from tests.chaos.running import SETTINGS, Disturbance, kill_by_plan
from tests.chaos.team import Team, a_team
from tests.journeys.crowd import write_crowd
from tests.journeys.running import a_house, run_amends
from tests.servers.kafka import Broker, a_broker
from tests.servers.postgres import Postgres

WORKERS = {"relay": 2, "triage": 2, "respond": 2, "deliver": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a run ended."""

    effects: Effects
    messages: int
    killed: int
    killed_at_work: int
    broker: str
    postgres: str
    took_s: float


def run_on_kafka(
    at: Path, *, messages: int, kills: int, seed: int, say: Callable[[str], None] = lambda _line: None
) -> Ended:
    """Take a crowd through, kill, restart both servers as if the power had gone, join and leave twice, and look."""
    chance = random.Random(seed)  # noqa: S311 - seeded, so that a failure can be looked at again
    crowd = write_crowd(at / "letters", messages=messages, seed=seed)
    database, broker = Postgres(at / "postgres", durable=True), a_broker(at / "kafka")
    try:
        database.start()
        broker.start()
        said: dict[str, Any] = {
            **SETTINGS,
            "batch": "50",
            "database_url": database.url(),
            "kafka_servers": broker.servers,
            "kafka_session_s": "3",
        }
        run_amends("setup", "--data-dir", str(at / "data"), at=at, settings=said)
        began = time.monotonic()
        with a_house(at / "data", **said) as house:
            with a_team(at, crowd.folder, WORKERS, said) as team:
                plan = Plan.drawn(kills, team.kinds, chance)
                # Each message costs its share, each kill a process that loads the model anew.
                for_s = 300 + messages / 20 + kills * 8
                disturbances = _disturbances(team, database, broker, chance)
                kill_by_plan(house, team, crowd, plan, chance, for_s=for_s, disturbances=disturbances, say=say)
            effects = effects_of(house, crowd)
            with house.database.viewing() as connection:
                version = str(connection.scalar(text("SHOW server_version")))
        reconciled = run_amends("reconcile", "--json", "--data-dir", str(at / "data"), at=at, settings=said, code=None)
        if reconciled.code or reconciled.json["unexplained"]:
            effects.amiss.append(f"reconcile: {reconciled.out}{reconciled.err}")
        return Ended(
            effects=effects,
            messages=crowd.messages,
            killed=sum(team.killed.values()),
            killed_at_work=team.killed_at_work,
            broker=broker.kind,
            postgres=version.split()[0],
            took_s=time.monotonic() - began,
        )
    finally:
        broker.stop()
        database.stop()


def _disturbances(team: Team, database: Postgres, broker: Broker, chance: random.Random) -> list[Disturbance]:
    def restart(server: Postgres | Broker) -> Callable[[], None]:
        def do() -> None:
            team.expect_an_outage()
            server.stop(at_once=True)
            time.sleep(chance.uniform(0.5, 2))
            server.start()
            team.expect_an_outage()

        return do

    return [
        Disturbance(0.2, "a third worker of triage and of respond joins: the groups rebalance", lambda: _join(team)),
        Disturbance(0.4, "the broker is killed and started again", restart(broker)),
        Disturbance(0.6, "the database is killed and started again", restart(database)),
        Disturbance(0.8, "the third workers leave: the groups rebalance", lambda: _leave(team)),
    ]


def _join(team: Team) -> None:
    for name in ("triage-3", "respond-3"):
        team.start(name)


def _leave(team: Team) -> None:
    for name in ("triage-3", "respond-3"):
        team.stop(name)

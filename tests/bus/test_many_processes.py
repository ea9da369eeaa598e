"""Several processes on one database, killed without warning: nothing is lost, nothing is done twice."""

from __future__ import annotations

import json
import multiprocessing
import random
import time
from multiprocessing.context import ForkServerProcess

from amends.domain.audit import first_break
from storage.engine import open_engine
from storage.unit_of_work import Database
from tests.bus.counting_worker import GROUP, PARTITIONS, TOPIC, work
from tests.support.builders import a_record

RECORDS, WORKERS, KILLS = 1_500, 3, 12


def test_workers_that_are_killed_lose_nothing_and_double_nothing(database_url: str) -> None:
    database = Database(open_engine(database_url), partitions=PARTITIONS)
    with database.unit() as unit:
        unit.log.publish([a_record(f"r{number}", key=f"person {number % 97}") for number in range(RECORDS)])
        unit.commit()
    chance, context = random.Random(20261123), multiprocessing.get_context("forkserver")  # noqa: S311 - seeded
    context.set_forkserver_preload(["tests.bus.counting_worker"])
    started = 0

    def start() -> ForkServerProcess:
        nonlocal started
        started += 1
        process = context.Process(target=work, args=(database_url, f"worker {started}"))
        process.start()
        return process

    team = [start() for _ in range(WORKERS)]
    killed_at_work = 0
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.02, 0.25))
        victim = team.pop(chance.randrange(len(team)))
        killed_at_work += victim.is_alive()
        victim.kill()
        victim.join()
        team.append(start())
    for process in team:
        process.join(timeout=60)
        assert process.exitcode == 0
    with database.reading() as unit:
        assert unit.log.lag(GROUP, TOPIC) == 0
        entries = list(unit.audit.every())
        assert unit.dead.count(state=None) == {}
    database.engine.dispose()
    counted = sorted(json.loads(entry.happening_json)["subject"] for entry in entries)
    assert counted == sorted(f"record:r{number}" for number in range(RECORDS))
    assert first_break(entries) is None
    assert killed_at_work >= 3

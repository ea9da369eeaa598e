"""Kills by plan while the work goes on, and disturbs what the processes stand on."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from amends.compose import House
from amends.errors import Unavailable
from tests.chaos.plan import Plan
from tests.chaos.progress import is_idle, shares
from tests.chaos.team import Team
from tests.journeys.crowd import Crowd

#: Caps that hold nobody back, and little to read.
SETTINGS = {
    "cap_per_sender_a_day": "1000",
    "acknowledge_pause_minutes": "0",
    "cap_per_case": "1000",
    "cap_an_hour": "1000000",
    "log_level": "warning",
}


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Something that happens once, when triage has done `share` of its work."""

    share: float
    what: str
    do: Callable[[], None]


def kill_by_plan(
    house: House,
    team: Team,
    crowd: Crowd,
    plan: Plan,
    chance: random.Random,
    *,
    for_s: float,
    disturbances: Sequence[Disturbance] = (),
    say: Callable[[str], None] = lambda _line: None,
) -> None:
    """Kill by plan while the work goes on, then wait until nothing is left to do."""
    deadline, to_come = time.monotonic() + for_s, sorted(disturbances, key=lambda one: one.share)
    told = 0.0
    while True:
        try:
            done, nothing_left = shares(house, crowd), team.ingest_is_done and is_idle(house)
        except Unavailable:
            # The database is being restarted.
            time.sleep(0.1)
            continue
        finally:
            team.look_after()
        if nothing_left and plan.is_empty and not to_come:
            return
        assert time.monotonic() < deadline, f"not done in {for_s:.0f} s: {done}, left {plan.moments}"
        if to_come and (nothing_left or done["triage"] >= to_come[0].share):
            disturbance = to_come.pop(0)
            say(disturbance.what)
            disturbance.do()
        for kind in team.kinds:
            if plan.due(kind, 1.0 if nothing_left else done[kind]):
                time.sleep(chance.uniform(0, 0.04))
                team.kill_one(kind, chance, at_work=not nothing_left)
        if time.monotonic() - told > 10:
            told = time.monotonic()
            say(f"{sum(team.killed.values())} killed; done " + ", ".join(f"{k} {v:.0%}" for k, v in done.items()))
        time.sleep(0.01)

"""How far the work has come, and whether any is left."""

from __future__ import annotations

from sqlalchemy import func, select

from amends.compose import STAGES, TOPIC_OF, House
from storage.tables import arrivals, log_positions
from tests.journeys.crowd import Crowd


def shares(house: House, crowd: Crowd) -> dict[str, float]:
    """Say how much of the work each kind of process has done, from 0 to 1."""
    with house.database.viewing() as connection:
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
    triaged = float(done.get("triage", 0)) / crowd.messages
    return {
        "ingest": taken_in / crowd.items,
        "relay": triaged,
        "triage": triaged,
        "respond": float(done.get("respond", 0)) / (crowd.messages - crowd.machines),
        "deliver": float(done.get("deliver", 0)) / acknowledgements,
    }


def is_idle(house: House) -> bool:
    """Whether no stage has anything left to do."""
    return all(house.log.lag(stage, TOPIC_OF[stage]) == 0 for stage in STAGES)

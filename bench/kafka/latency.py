"""How long a message takes from its arrival to its case, while messages arrive at a steady rate."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from statistics import quantiles

from amends.compose import House
from amends.ports import Fetched
from bench.corpus import Corpus
from bench.kafka.runs import have_joined, is_done, open_house, take_in, wait
from bench.kafka.servers import Servers
from bench.kafka.staff import staff
from ingest.intake import keep_and_read, publish

#: So many workers of these, and the relay, run meanwhile.
STAGES = {"triage": 2, "respond": 1}


def latencies_s(servers: Servers, corpora: Sequence[Corpus], *, rate: float, seconds: float) -> list[float]:
    """Take messages in one by one at `rate` a second for so long; give the seconds that each took, sorted.

    A message has arrived when its bytes are handed to intake, and has its case when
    the transaction that holds it is committed, by the database's own clock: the same machine's.
    """
    with servers.installation() as said:
        house = open_house(said)
        house.topics.ensure(house.topic_plans)
        with staff(said, stages=STAGES, judged_by="shipped") as workers:
            wait(have_joined(house, STAGES), workers)
            for corpus in corpora:
                take_in(house, corpus.warm_up)
            wait(is_done(house, STAGES), workers)
            arrivals = _take_in_steadily(house, _fetched(house, corpora, int(rate * seconds)), rate)
            wait(is_done(house, STAGES), workers)
        filed = _filed_at(house)
        house.database.engine.dispose()
    return sorted((filed[message_id] - at).total_seconds() for message_id, at in arrivals.items())


def percentile(sorted_s: Sequence[float], percent: int) -> float:
    """Give the value that `percent` in a hundred do not exceed."""
    return quantiles(sorted_s, n=100, method="inclusive")[percent - 1]


def _fetched(house: House, corpora: Sequence[Corpus], count: int) -> list[Fetched]:
    found: list[Fetched] = []
    for corpus in corpora:
        connector = house.files(corpus.measured, skip_known=False)
        while batch := connector.fetch("", limit=1000)[0]:
            found += batch
    if len(found) < count:
        raise ValueError(f"there are {len(found)} messages and {count} are needed: take more, or a shorter time")
    return found[:: len(found) // count][:count]


def _take_in_steadily(house: House, fetched: Sequence[Fetched], rate: float) -> dict[str, datetime]:
    """Take each in by itself, in a transaction of its own; give when each arrived, by its message's id."""
    arrivals: dict[str, datetime] = {}
    began = time.perf_counter()
    for number, one in enumerate(fetched):
        # By the clock and not by pauses: what was late does not slow down what comes after.
        time.sleep(max(0.0, began + number / rate - time.perf_counter()))
        at = house.now()
        taken = keep_and_read([one], house.blobs, house.readers)
        with house.database.unit() as unit:
            publish(unit, taken)
            unit.commit()
        if taken[0].message is not None:
            arrivals.setdefault(taken[0].message.id, at)
    return arrivals


def _filed_at(house: House) -> dict[str, datetime]:
    with house.database.viewing() as connection:
        rows = connection.exec_driver_sql("SELECT id, pg_xact_commit_timestamp(xmin) AS at FROM messages").all()
    return {row.id: row.at for row in rows}

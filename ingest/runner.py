"""Runs a connector: fetch a batch, take it in, move the checkpoint, again."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event

from amends.domain.arrival import Fate
from amends.domain.channel import Channel
from amends.domain.channel_alert import Look
from amends.errors import NotFound, Unavailable
from amends.meter import NO_METER, Meter
from amends.ports import BlobStore, Connector, Fetched, Now
from amends.tracer import NO_TRACER, Tracer
from amends.unit_of_work import OpenUnit, UnitOfWork
from ingest.intake import STAGE, Entry, keep_and_read, publish
from ingest.reading import Reader
from ingest.troubles import Troubles

log = logging.getLogger(__name__)

#: How many things are taken in together: enough to share a commit, few enough to hold in memory.
BATCH = 200
#: How often a look that brought nothing is remembered.
_TELLS_EVERY_S = 60.0
#: The networks whose messages a source brings, by how its name begins; another source brings whatever it holds.
_NETWORKS = {
    "x": Channel.X,
    "x-messages": Channel.X,
    "mastodon": Channel.MASTODON,
    "bluesky": Channel.BLUESKY,
}


def take_in_all(
    connector: Connector,
    open_unit: OpenUnit,
    blobs: BlobStore,
    readers: Mapping[str, Reader],
    *,
    stop: Event,
    progress: Callable[[int], None] = lambda _count: None,
    meter: Meter = NO_METER,
    tracer: Tracer = NO_TRACER,
    within: Callable[[UnitOfWork], None] = lambda _unit: None,
    committed: Callable[[Sequence[Fetched]], None] = lambda _batch: None,
) -> Counter[Fate]:
    """Take in everything that a source holds beyond its checkpoint; returns the fates.

    `within` is called in each transaction that writes, before anything is written, and
    may refuse it by raising; `committed` is told of each batch once it is committed.

    Raises:
        Unavailable: the source, the blob store or the database is down. What was
            taken in before stays; calling again goes on from there.
    """
    fates: Counter[Fate] = Counter()
    with open_unit() as unit:
        checkpoint = unit.intake.checkpoint(connector.source)
    while not stop.is_set():
        meter.works()
        batch, reached = connector.fetch(checkpoint, limit=BATCH)
        if not batch:
            break
        began = time.monotonic()
        with tracer.batch(STAGE, [one.trace for one in batch]) as traces:
            if traces:
                batch = [replace(one, trace=trace) for one, trace in zip(batch, traces, strict=True)]
            taken = keep_and_read(batch, blobs, readers)
            with open_unit() as unit:
                within(unit)
                arrivals = publish(unit, taken, with_=Entry(source=connector.source, checkpoint=reached))
                unit.commit()
        checkpoint = reached
        found = Counter(arrival.fate for arrival in arrivals)
        meter.did(STAGE, _counts(found), records=len(batch), seconds=time.monotonic() - began)
        fates += found
        committed(batch)
        progress(len(batch))
    if fates:
        kind = connector.source.partition(":")[0]
        log.info("source read", extra={"source_kind": kind, **_counts(fates)})
    return fates


def watch(
    connectors: Mapping[str, Callable[[], Connector]],
    open_unit: OpenUnit,
    blobs: BlobStore,
    readers: Mapping[str, Reader],
    *,
    stop: Event,
    pause_s: float,
    meter: Meter = NO_METER,
    tracer: Tracer = NO_TRACER,
    troubles: Troubles | None = None,
    now: Now = lambda: datetime.now(UTC),
) -> None:
    """Take in what sources bring until `stop` is set. One source that is down does not stop the others."""
    told: dict[str, float] = {}
    troubles = troubles or Troubles()
    while not stop.is_set():
        cause = ""
        for name, connect in connectors.items():
            try:
                connector = connect()
                take_in_all(connector, open_unit, blobs, readers, stop=stop, meter=meter, tracer=tracer)
                _tell_of_look(connector.source, open_unit, told, now)
                troubles.went(name)
            except (Unavailable, NotFound) as why:
                # A folder of another machine comes and goes.
                cause = type(why.__cause__ or why).__name__
                troubles.came(name, why)
                log.warning("source unavailable", extra={"source_kind": name.partition(":")[0], "why": cause})
        if cause:
            meter.waits(STAGE, cause, pause_s)
        else:
            meter.rests(pause_s)
        stop.wait(pause_s)


def _tell_of_look(source: str, open_unit: OpenUnit, told: dict[str, float], now: Now) -> None:
    """Remember that a source was looked at, once in a while: an empty pass writes nothing else."""
    if time.monotonic() - told.get(source, -_TELLS_EVERY_S) < _TELLS_EVERY_S:
        return
    channel = _NETWORKS.get(source.partition(":")[0])
    with open_unit() as unit:
        unit.channels.looked([Look(source=source, channel=channel, at=now())])
        unit.commit()
    told[source] = time.monotonic()


def _counts(fates: Counter[Fate]) -> dict[str, int]:
    return {fate.value: count for fate, count in fates.items()}

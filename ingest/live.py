"""Keeps up with sources that stay connected, a thread each: take in, wait for more, and again.

1. Of several processes one reads a source at a time: it holds a lease on it in the
   database, renews it while it waits, and each transaction that takes something in
   renews it first. Whoever has lost it writes nothing.
2. A lease outlives a killed process by `LEASE_S`. A worker that is started again under
   the same name does not wait for it.
3. What is unavailable is tried again, after pauses that grow. What needs a person is
   tried again, too, more seldom: a new password is taken up without a restart, and no
   server locks the account because we knock too often.
4. One source that fails does not stop the others.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event

from amends.bus.backoff import Backoff
from amends.domain.channel import Channel
from amends.domain.channel_alert import Look
from amends.errors import Misconfigured, Unavailable
from amends.meter import NO_METER, Meter
from amends.ports import BlobStore, LiveConnector, Now
from amends.tracer import NO_TRACER, Tracer
from amends.unit_of_work import OpenUnit, UnitOfWork
from ingest.intake import STAGE
from ingest.reading import Reader
from ingest.runner import take_in_all
from ingest.troubles import Troubles

log = logging.getLogger(__name__)

#: How long a lease holds, in seconds; it is renewed when a third of that has passed.
LEASE_S = 30.0
#: How long a connector waits at a stretch: between two stretches it sees that it is to stop.
_STRETCH_S = 1.0
_IF_UNAVAILABLE = Backoff(least_s=0.5, first_s=2.0, most_s=60.0)
_IF_MISCONFIGURED = Backoff(least_s=20.0, first_s=30.0, most_s=300.0)


class LeaseTaken(Unavailable):
    """Another process reads this source."""


@dataclass(frozen=True, kw_only=True)
class Following:
    """What is needed to keep up with sources. `holder` names this process in leases."""

    open_unit: OpenUnit
    blobs: BlobStore
    readers: Mapping[str, Reader]
    holder: str
    now: Now
    stop: Event
    meter: Meter = NO_METER
    tracer: Tracer = NO_TRACER
    troubles: Troubles = field(default_factory=Troubles)
    lease_s: float = LEASE_S
    if_unavailable: Backoff = _IF_UNAVAILABLE
    if_misconfigured: Backoff = _IF_MISCONFIGURED


def follow_all(connectors: Sequence[LiveConnector], following: Following, *, meanwhile: Callable[[], None]) -> None:
    """Keep up with every source until `stop` is set, each on a thread of its own; `meanwhile` runs on this one.

    A thread that fails in a way that nobody foresaw stops the others, and what it raised is raised here.
    """

    def follow(connector: LiveConnector) -> None:
        try:
            Follower(connector, following).run()
        except BaseException:
            following.stop.set()
            raise

    with ThreadPoolExecutor(max_workers=max(1, len(connectors)), thread_name_prefix="source") as pool:
        running = [pool.submit(follow, connector) for connector in connectors]
        try:
            meanwhile()
            following.stop.wait()
        finally:
            following.stop.set()
        for one in running:
            one.result()


def take_in_once(connector: LiveConnector, following: Following) -> None:
    """Take in what a source holds now, and no more.

    Raises:
        Unavailable: it cannot be read now, or another process reads it.
        Misconfigured: a person has to mend something.
    """
    Follower(connector, following).run_once()


class Follower:
    """Keeps up with one source."""

    def __init__(self, connector: LiveConnector, following: Following) -> None:
        self._connector = connector
        self._with = following
        self._source = connector.source
        self._failures = 0
        self._renew_at = 0.0
        #: Whether this connection has brought everything there was: a refused one has not looked.
        self._has_looked = False

    def run(self) -> None:
        """Keep up until `stop` is set."""
        f = self._with
        while not f.stop.is_set():
            try:
                self._keep_up()
            except LeaseTaken:
                self._failures = 0
                f.troubles.went(self._source)
                f.meter.rests(f.lease_s / 3)
                f.stop.wait(f.lease_s / 3)
            except (Unavailable, Misconfigured) as why:
                f.stop.wait(self._pause_s(why))
            finally:
                self._connector.close()
        self._leave()

    def run_once(self) -> None:
        """Take in what is there now; raises what stands in the way."""
        try:
            self._hold()
            self._take_in()
        finally:
            self._connector.close()
            self._leave()

    def _take_in(self) -> None:
        f = self._with
        take_in_all(
            self._connector,
            f.open_unit,
            f.blobs,
            f.readers,
            stop=f.stop,
            meter=f.meter,
            tracer=f.tracer,
            within=self._renew,
            committed=lambda batch: self._connector.settle([one.item for one in batch]),
        )

    def _keep_up(self) -> None:
        f = self._with
        self._has_looked = False
        self._hold()
        while not f.stop.is_set():
            self._take_in()
            self._failures = 0
            f.troubles.went(self._source)
            if not self._has_looked or time.monotonic() >= self._renew_at:
                self._has_looked = True
                self._hold()
            f.meter.rests(_STRETCH_S)
            while not f.stop.is_set() and not self._connector.wait(_STRETCH_S):
                f.meter.rests(_STRETCH_S)
                if time.monotonic() >= self._renew_at:
                    self._hold()

    def _hold(self) -> None:
        with self._with.open_unit() as unit:
            self._renew(unit)
            if self._has_looked:
                unit.channels.looked([Look(source=self._source, channel=Channel.EMAIL, at=self._with.now())])
            unit.commit()

    def _renew(self, unit: UnitOfWork) -> None:
        f = self._with
        now = f.now()
        if not unit.intake.lease(self._source, f.holder, now=now, until=now + timedelta(seconds=f.lease_s)):
            raise LeaseTaken(f"another process reads {self._source}")
        self._renew_at = time.monotonic() + f.lease_s / 3

    def _pause_s(self, why: Unavailable | Misconfigured) -> float:
        f = self._with
        self._failures += 1
        f.troubles.came(self._source, why)
        # No secret hangs on the draw.
        drawn = random.random()  # noqa: S311
        kind = {"source_kind": self._source.partition(":")[0]}
        cause = type(why.__cause__ or why).__name__
        if isinstance(why, Misconfigured):
            pause_s = f.if_misconfigured.pause_s(self._failures, drawn)
            remedy = "`amends doctor` says what is wrong and what to do"
            log.error("source needs a person", extra={**kind, "why": cause, "remedy": remedy})
        else:
            pause_s = f.if_unavailable.pause_s(self._failures, drawn)
            log.warning("source unavailable", extra={**kind, "why": cause})
        f.meter.waits(STAGE, cause, pause_s)
        return pause_s

    def _leave(self) -> None:
        try:
            with self._with.open_unit() as unit:
                unit.intake.end_lease(self._source, self._with.holder)
                unit.commit()
        except Unavailable:
            # It ends by itself.
            log.info("lease left to run out", extra={"source_kind": self._source.partition(":")[0]})

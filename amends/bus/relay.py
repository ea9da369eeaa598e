"""The relay: brings what was committed to the log's table to a broker, in order.

    lock partitions ─▶ read what was not shipped ─▶ ship, wait until the broker has it ─▶ mark ─▶ commit

1. A partition is shipped by one relay at a time: its row is locked, and a second relay
   passes over it and takes another.
2. What is marked as shipped is an unbroken run: everything in it was acknowledged. What
   the broker has beyond it is shipped again, in order.
3. A relay that is killed between shipping and marking ships the same records again. Each
   carries its offset, and a reader drops what it has already seen
   (`amends/bus/kafka/ready.py`). So whatever a relay does, a record has one effect.
4. A partition that the broker does not take rests for a while; the others go on.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from threading import Event
from typing import Protocol

from amends.bus.backoff import Backoff
from amends.bus.port import Place, Position, Record, Shipped, Unshipped
from amends.errors import AmendsError, Unavailable
from amends.meter import NO_METER, Meter

log = logging.getLogger(__name__)

#: The pause after finding nothing, in seconds: a message goes through three topics, and waits at each.
_IDLE_FIRST_S, _IDLE_MOST_S = 0.01, 0.1
#: The pause when no broker can be used, which is over soon after one can be, and that of one partition which is
#: not taken: to look for a topic that is missing holds the others up.
_BACKOFF = Backoff(least_s=0.1, first_s=0.4, most_s=5.0)
_REST = Backoff(least_s=0.1, first_s=0.4, most_s=30.0)


class Outbox(Protocol):
    """The log's table as the relay sees it, within one transaction."""

    def lock_unshipped(self) -> list[Unshipped]:
        """Lock the partitions that hold records to ship, but for those that another relay has locked."""

    def read(self, position: Position, *, limit: int) -> list[Record]:
        """Give records from a position on."""

    def mark_shipped(self, unshipped: Unshipped, to: int) -> None:
        """Note that a partition was shipped up to an offset."""


class ShippingUnit(Protocol):
    """A transaction of the relay."""

    @property
    def log(self) -> Outbox:
        """The table."""

    def commit(self) -> None:
        """Make the marks durable."""


class Shipper(Protocol):
    """Brings records to the broker."""

    def ship(self, records: Sequence[Record]) -> Shipped:
        """Bring records to the broker, in order for each partition, and return when it has them on disk.

        Raises:
            Unavailable: it may have some and says of none that it has it; ship them again.
        """

    def close(self) -> None:
        """Let go of connections and threads; what is not shipped by now is not."""


class Relay:
    """Ships until it is told to stop."""

    def __init__(
        self,
        shipper: Shipper,
        open_unit: Callable[[], AbstractContextManager[ShippingUnit]],
        *,
        batch: int = 1000,
        note: Callable[[int], None] = lambda _count: None,
        chance: Callable[[], float] = random.random,
        meter: Meter = NO_METER,
    ) -> None:
        """Ship through `shipper`, at most `batch` records of a partition at a time; `note` is told how many went.

        `chance` gives a number in [0, 1), by which pauses are drawn.
        """
        self._shipper = shipper
        self._open_unit = open_unit
        self._batch = batch
        self._note = note
        self._chance = chance
        self._meter = meter
        #: Partitions that were not taken: until when each rests, and how often in a row it was not.
        self._resting: dict[Place, tuple[float, int]] = {}

    def run(self, stop: Event, *, until_idle: Callable[[], bool] | None = None) -> int:
        """Ship until `stop` is set, or until there is nothing to ship and `until_idle` agrees; returns how many."""
        log.info("relay started")
        try:
            done = self._run(stop, until_idle)
        finally:
            self._shipper.close()
        log.info("relay stopped", extra={"records": done})
        return done

    def _run(self, stop: Event, until_idle: Callable[[], bool] | None) -> int:
        done, idle_s, failures = 0, _IDLE_FIRST_S, 0
        while not stop.is_set():
            try:
                shipped = self.step()
            except Unavailable as why:
                failures += 1
                pause_s = _BACKOFF.pause_s(failures, self._chance())
                cause = type(why.__cause__ or why).__name__
                log.warning("relay waits", extra={"why": cause, "pause_s": round(pause_s, 3)})
                self._meter.waits("relay", cause, pause_s)
                stop.wait(pause_s)
                continue
            failures = 0
            done += shipped
            if shipped:
                idle_s = _IDLE_FIRST_S
            elif until_idle is not None and not self._resting and until_idle():
                break
            else:
                self._meter.rests(idle_s)
                stop.wait(idle_s)
                idle_s = min(idle_s * 1.5, _IDLE_MOST_S)
        return done

    def step(self) -> int:
        """Ship what lies ready, at most a batch of each partition; returns how many records."""
        self._meter.works()
        began = time.monotonic()
        with self._open_unit() as unit:
            locked: list[Unshipped] = []
            records: list[Record] = []
            behind = unit.log.lock_unshipped()
            self._forget_all_but({(unshipped.topic, unshipped.partition) for unshipped in behind})
            for unshipped in behind:
                if self._rests((unshipped.topic, unshipped.partition)):
                    continue
                here = Position(
                    group="relay",
                    topic=unshipped.topic,
                    partition=unshipped.partition,
                    next_offset=unshipped.next_offset,
                )
                if found := unit.log.read(here, limit=self._batch):
                    records += found
                    locked.append(unshipped)
            if not records:
                return 0
            shipped = self._shipper.ship(records)
            count = 0
            for unshipped in locked:
                place = (unshipped.topic, unshipped.partition)
                to = shipped.reached.get(place, unshipped.next_offset)
                if to > unshipped.next_offset:
                    unit.log.mark_shipped(unshipped, to)
                    count += to - unshipped.next_offset
            unit.commit()
        for unshipped in locked:
            place = (unshipped.topic, unshipped.partition)
            if place in shipped.held_up:
                self._rest(place, shipped.held_up[place])
            else:
                self._resting.pop(place, None)
        self._note(count)
        self._meter.did("relay", {"shipped": count}, records=count, seconds=time.monotonic() - began)
        return count

    def _rests(self, place: Place) -> bool:
        until, _ = self._resting.get(place, (0.0, 0))
        return time.monotonic() < until

    def _forget_all_but(self, behind: set[Place]) -> None:
        self._resting = {place: rest for place, rest in self._resting.items() if place in behind}

    def _rest(self, place: Place, why: AmendsError) -> None:
        _, failures = self._resting.get(place, (0.0, 0))
        pause_s = _REST.pause_s(failures + 1, self._chance())
        self._resting[place] = (time.monotonic() + pause_s, failures + 1)
        topic, partition = place
        log.warning(
            "partition held up",
            extra={"topic": topic, "partition": partition, "why": str(why), "pause_s": round(pause_s, 3)},
        )

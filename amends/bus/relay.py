"""The relay: brings what was committed to the log's table to a broker, in order.

    lock partitions ─▶ read what was not shipped ─▶ ship, wait until the broker has it ─▶ mark ─▶ commit

1. A partition is shipped by one relay at a time: its row is locked, and a second relay
   passes over it and takes another.
2. A record is shipped after those before it were acknowledged or are on their way before
   it: a partition of the broker holds the first copies in order.
3. A relay that is killed between shipping and marking ships the same records again. Each
   carries its offset, and a reader drops what it has already seen (`amends/bus/kafka.py`).
   So whatever a relay does, a record has one effect.
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
from amends.bus.port import Position, Record, Unshipped
from amends.errors import Unavailable
from amends.meter import NO_METER, Meter

log = logging.getLogger(__name__)

#: The pause after finding nothing, in seconds: a message goes through three topics, and waits at each.
_IDLE_FIRST_S, _IDLE_MOST_S = 0.01, 0.1
#: The pause after the broker or the database was unavailable.
_BACKOFF = Backoff(least_s=0.1, first_s=0.4, most_s=30.0)


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

    def ship(self, records: Sequence[Record]) -> None:
        """Bring records to the broker in order, and return when it has them all, on disk by its own rules.

        Raises:
            Unavailable: it may not have them all; ship them again.
        """


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

    def run(self, stop: Event, *, until_idle: Callable[[], bool] | None = None) -> int:
        """Ship until `stop` is set, or until there is nothing to ship and `until_idle` agrees; returns how many."""
        done, idle_s, failures = 0, _IDLE_FIRST_S, 0
        log.info("relay started")
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
            elif until_idle is not None and until_idle():
                break
            else:
                self._meter.rests(idle_s)
                stop.wait(idle_s)
                idle_s = min(idle_s * 1.5, _IDLE_MOST_S)
        log.info("relay stopped", extra={"records": done})
        return done

    def step(self) -> int:
        """Ship what lies ready, at most a batch of each partition; returns how many records."""
        self._meter.works()
        began = time.monotonic()
        with self._open_unit() as unit:
            reached: list[tuple[Unshipped, int]] = []
            records: list[Record] = []
            for unshipped in unit.log.lock_unshipped():
                here = Position(
                    group="relay",
                    topic=unshipped.topic,
                    partition=unshipped.partition,
                    next_offset=unshipped.next_offset,
                )
                found = unit.log.read(here, limit=self._batch)
                if found:
                    records += found
                    reached.append((unshipped, found[-1].next_offset))
            if not records:
                return 0
            self._shipper.ship(records)
            for unshipped, to in reached:
                unit.log.mark_shipped(unshipped, to)
            unit.commit()
        self._note(len(records))
        self._meter.did("relay", {"shipped": len(records)}, records=len(records), seconds=time.monotonic() - began)
        return len(records)

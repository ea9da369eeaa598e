"""Runs a stage: reads a batch, lets the stage think about it, writes the effect and the new position as one.

    read ─▶ prepare (slow, no transaction) ─▶ apply + advance + commit (one transaction)

What can go wrong, and what then:

1. `Unavailable`: nothing was written. The batch waits and comes again, with a growing pause.
2. `PositionLost`: another worker did this batch. It is dropped here.
3. Anything else in a batch of several: each record is done by itself, so that one bad
   record cannot hold up the rest.
4. Anything else in a single record: it is parked with its reason and the partition
   moves on. Nothing is lost: the record stays on the log and its message's bytes in
   the blob store.
5. The brake: when most of the last records had to be parked for an unexpected reason,
   something is wrong with the stage, not with them. It stops and says so, rather than
   shovel everything aside.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Generic, Protocol, TypeVar

from amends.bus.port import Log, Position, Record
from amends.domain.arrival import Parked, parked_id
from amends.domain.channel import Channel
from amends.errors import AmendsError, PositionLost, Unavailable, Unprocessable
from amends.history import StageDone, note_stage_done
from amends.ports import Now
from amends.unit_of_work import OpenUnit, UnitOfWork

log = logging.getLogger(__name__)

P = TypeVar("P")

#: The pause after finding nothing, in seconds: short at first, longer while it stays quiet.
_IDLE_FIRST_S, _IDLE_MOST_S = 0.05, 1.0
#: The pause after `Unavailable`.
_BACKOFF_FIRST_S, _BACKOFF_MOST_S = 0.2, 30.0


class StageBroken(AmendsError):
    """Most records fail: the stage stops, because the fault is not theirs."""


class Stage(Protocol[P]):
    """One stage of the journey. `prepare` may be slow and must write nothing; `apply` writes and must be quick."""

    @property
    def name(self) -> str:
        """The name of the stage and of its group on the log."""

    @property
    def topic(self) -> str:
        """What it reads."""

    def prepare(self, records: Sequence[Record], *, at: datetime) -> P:
        """Do everything that needs no transaction. `at` is the moment of the batch: the stage knows no other.

        Raises:
            Unprocessable: a record can never be processed.
            Unavailable: try the same records again later.
        """

    def apply(self, unit: UnitOfWork, prepared: P, *, at: datetime) -> None:
        """Write the effect, as of the same moment. The runner moves the position and commits.

        The same records, the same moment and the same database make the same effect:
        that is what `amends rebuild` stands on. So what `prepare` read of the database
        is looked at again here.
        """


@dataclass(slots=True)
class Brake:
    """Remembers how the last records went. It grips when most of at least `least` went wrong unexpectedly."""

    least: int = 20
    share: float = 0.5
    recent: deque[bool] = field(default_factory=lambda: deque(maxlen=200))

    def note(self, *, failed: bool) -> None:
        """Remember one record.

        Raises:
            StageBroken: too many failed.
        """
        self.recent.append(failed)
        if failed and sum(self.recent) >= self.least and sum(self.recent) > self.share * len(self.recent):
            raise StageBroken(
                f"{sum(self.recent)} of the last {len(self.recent)} records failed: the stage has stopped so that they "
                "stay where they are. See the log for the first error, mend it and start the stage again"
            )


class StageRunner(Generic[P]):
    """Runs one stage as one worker."""

    def __init__(
        self,
        stage: Stage[P],
        log_: Log,
        open_unit: OpenUnit,
        *,
        worker: str,
        now: Now,
        batch: int,
        model: str = "",
    ) -> None:
        """Run `stage`. `model` is what it judges with, for the history."""
        self._stage = stage
        self._log = log_
        self._open_unit = open_unit
        self._worker = worker
        self._now = now
        self._batch = batch
        self._model = model
        self._brake = Brake()

    def run(self, stop: Event, *, until_idle: Callable[[], bool] | None = None) -> int:
        """Work until `stop` is set, or until there is nothing to do and `until_idle` agrees.

        The batch in hand is always finished. Returns how many records were done.

        Raises:
            StageBroken: the brake gripped.
        """
        done, idle_s, backoff_s = 0, _IDLE_FIRST_S, _BACKOFF_FIRST_S
        log.info("stage started", extra={"stage": self._stage.name, "worker": self._worker})
        try:
            while not stop.is_set():
                try:
                    moved = self.step(stop)
                except PositionLost:
                    log.info("batch dropped: another worker did it", extra={"stage": self._stage.name})
                    continue
                except Unavailable as why:
                    cause = type(why.__cause__ or why).__name__
                    log.warning("stage waits", extra={"stage": self._stage.name, "why": cause, "pause_s": backoff_s})
                    stop.wait(backoff_s)
                    backoff_s = min(backoff_s * 2, _BACKOFF_MOST_S)
                    continue
                backoff_s = _BACKOFF_FIRST_S
                done += moved
                if moved:
                    idle_s = _IDLE_FIRST_S
                elif until_idle is not None and until_idle():
                    break
                else:
                    stop.wait(idle_s)
                    idle_s = min(idle_s * 1.5, _IDLE_MOST_S)
        finally:
            self._log.release(self._stage.name, self._stage.topic, self._worker)
            log.info("stage stopped", extra={"stage": self._stage.name, "worker": self._worker, "records": done})
        return done

    def step(self, stop: Event) -> int:
        """Do one batch of each partition that is this worker's; returns how many records."""
        done = 0
        for partition in self._log.claim(self._stage.name, self._stage.topic, self._worker):
            if stop.is_set():
                break
            position, records = self._log.read(self._stage.name, self._stage.topic, partition, limit=self._batch)
            if records:
                self._do(position, records)
                done += len(records)
        return done

    def _do(self, position: Position, records: Sequence[Record]) -> None:
        try:
            self._effect(position, records)
        except Unavailable:
            raise
        except Exception as why:
            if len(records) > 1:
                log.info("batch done one by one", extra={"stage": self._stage.name, "why": type(why).__name__})
                for record in records:
                    self._do(_at(position, record), [record])
                return
            self._park(_at(position, records[0]), records[0], why)
            return
        for _ in records:
            self._brake.note(failed=False)

    def _effect(self, position: Position, records: Sequence[Record]) -> None:
        at = self._now()
        prepared = self._stage.prepare(records, at=at)
        with self._open_unit() as unit:
            self._stage.apply(unit, prepared, at=at)
            self._advance(unit, position, records, at=at)
            unit.commit()

    def _advance(
        self,
        unit: UnitOfWork,
        position: Position,
        records: Sequence[Record],
        *,
        at: datetime,
        parked: Parked | None = None,
    ) -> None:
        to, mark = records[-1].next_offset, records[-1].mark
        unit.log.advance(position, to, mark=mark)
        done = StageDone(
            stage=self._stage.name,
            topic=position.topic,
            partition=position.partition,
            first=position.next_offset,
            to=to,
            count=len(records),
            mark=mark,
            model="" if parked is not None else self._model,
            parked=parked,
        )
        note_stage_done(unit, done, at=at)

    def _park(self, position: Position, record: Record, why: Exception) -> None:
        expected = isinstance(why, Unprocessable)
        log.error(
            "record parked",
            exc_info=None if expected else why,
            extra={"stage": self._stage.name, "record": record.id, "why": type(why).__name__},
        )
        item = f"{record.topic}/{record.partition}/{record.offset}"
        at = self._now()
        parked = Parked(
            id=parked_id(self._stage.name, record.topic, record.id),
            stage=self._stage.name,
            source=f"log:{record.topic}",
            item=item,
            channel=Channel(record.headers.get("channel", Channel.EMAIL.value)),
            reason=why.reason if isinstance(why, Unprocessable) else "stage_failed",
            says=str(why) if expected else f"{self._stage.name} could not handle it ({type(why).__name__})",
            raw_sha256=record.headers.get("raw", ""),
            message_id=record.id,
            parked_at=at,
        )
        with self._open_unit() as unit:
            unit.intake.park([parked])
            self._advance(unit, position, [record], at=at, parked=parked)
            unit.commit()
        self._brake.note(failed=not expected)


def _at(position: Position, record: Record) -> Position:
    return Position(group=position.group, topic=position.topic, partition=position.partition, next_offset=record.offset)

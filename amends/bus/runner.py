"""Runs a stage: reads a batch, lets the stage think about it, writes the effect and the new position as one.

    read ─▶ prepare (slow, no transaction) ─▶ apply + advance + commit (one transaction)

What can go wrong, and what then:

1.  `PositionLost`: another worker did this batch. It is dropped here.
2.  `Unavailable`: nothing was written. The partition waits and its batch comes again, after
    a pause that grows to a bound and is drawn at random (`amends/bus/backoff.py`). The
    other partitions go on.
3.  A batch that was unavailable `BATCH_TRIES` times is done record by record, so that those
    before the one that is at fault go through.
4.  That a record is unavailable by itself is held against it only if a neighbour goes
    through meanwhile: any record that this worker has done since the try before, or else
    one that lies behind it in the batch and is of another key. That one is tried and not
    written down: the position cannot pass the record before it, and the order of one key
    is kept. A neighbour that was done without touching what the stage needs, such as a
    reply that no longer goes, shows nothing (`Witness`).
5.  After `TRIES` tries that count, over `PATIENCE_S` at least, the record becomes a dead
    letter with the reason `unavailable`, so that it does not hold up its partition for ever.
6.  Where nothing goes through, nothing counts: while what the stage needs stays away, the
    stage waits and gives up no record. Nor does a record that is alone in the world.
7.  Anything else in a batch of several: each record is done by itself, so that one bad
    record cannot hold up the rest.
8.  Anything else in a single record: it becomes a dead letter (`amends/bus/dead.py`). The
    letter, its copy on the topic of dead letters and the new position are one transaction,
    and the partition moves on.
9.  The brake: when most of the last records of all its partitions were given up for a
    reason that was not their own, something is wrong with the stage. It stops and says so,
    rather than shovel everything aside. Started again while the letters of the last hour
    still wait, it begins with them in mind, and the first failure stops it again: whoever
    restarts it in a loop sets one record aside each time, not twenty.
"""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event
from typing import Generic, Protocol, TypeVar, runtime_checkable

from amends.bus.brake import Brake, StageBroken
from amends.bus.dead import STAGE_FAILED, dead_letter, on_topic, why_given_up
from amends.bus.port import Log, Position, Record
from amends.bus.waiting import BACKOFF, Wait, WaitingRoom
from amends.domain.dead import DeadState
from amends.errors import PositionLost, Unavailable, Unprocessable
from amends.history import GivenUp, StageDone, note_stage_done
from amends.meter import NO_METER, Meter
from amends.ports import Now
from amends.tracer import NO_TRACER, TRACEPARENT, Tracer
from amends.unit_of_work import OpenUnit, UnitOfWork

log = logging.getLogger(__name__)

P = TypeVar("P")
Q = TypeVar("Q", contravariant=True)

#: The first pause after finding nothing, in seconds: they grow while it stays quiet.
_IDLE_FIRST_S = 0.01
#: How often a stage is asked what is due, in seconds.
_TENDED_EVERY_S = 1.0
#: So many neighbours may fail as well before nobody asks further.
_NEIGHBOURS = 2
#: How far back a brake looks for what made it grip.
_BRAKE_REMEMBERS = timedelta(hours=1)


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

    def apply(self, unit: UnitOfWork, prepared: P, *, at: datetime) -> Mapping[str, int] | None:
        """Write the effect, as of the same moment. The runner moves the position and commits.

        The same records, the same moment and the same database make the same effect:
        that is what `amends rebuild` stands on. So what `prepare` read of the database
        is looked at again here.

        Returns how many things came to which outcome, for the figures; None if nobody counts them here.
        """


@runtime_checkable
class Witness(Protocol[Q]):
    """A stage that can be done with records without having touched what it needs: it says whether it did."""

    def has_reached(self, prepared: Q) -> bool:
        """Whether what this stage needs was there when these were prepared."""


@runtime_checkable
class Tends(Protocol):
    """A stage that has something to do when its time has come, whether or not a record does."""

    def tend(self) -> None:
        """Do what is due now, in transactions of its own.

        Raises:
            Unavailable: nothing was done; it is asked again.
        """


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
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
        meter: Meter = NO_METER,
        tracer: Tracer = NO_TRACER,
    ) -> None:
        """Run `stage` on `log_`.

        `model` is what the stage judges with, for the history. `clock` gives seconds that
        never go back, `chance` a number in [0, 1).
        """
        self._stage = stage
        self._log = log_
        self._open_unit = open_unit
        self._worker = worker
        self._now = now
        self._batch = batch
        self._model = model
        self._chance = chance
        self._brake = Brake()
        self._waiting = WaitingRoom(clock, chance)
        self._clock = clock
        self._tended_at = -math.inf
        #: How often what the stage needs was there: once for each batch that went through.
        self._passed = 0
        self._meter = meter
        self._tracer = tracer

    def run(self, stop: Event, *, until_idle: Callable[[], bool] | None = None) -> int:
        """Work until `stop` is set, or until there is nothing to do and `until_idle` agrees.

        The batch in hand is always finished. Returns how many records were done.

        Raises:
            StageBroken: the brake gripped.
        """
        done, idle_s, failures = 0, _IDLE_FIRST_S, 0
        log.info("stage started", extra={"stage": self._stage.name, "worker": self._worker})
        self._recall_failures()
        try:
            while not stop.is_set():
                try:
                    moved = self.step(stop)
                except PositionLost:
                    self._meter.lost_position(self._stage.name)
                    log.info("batch dropped: another worker did it", extra={"stage": self._stage.name})
                    continue
                except Unavailable as why:
                    failures += 1
                    pause_s = BACKOFF.pause_s(failures, self._chance())
                    self._say_that_it_waits(why, pause_s)
                    stop.wait(pause_s)
                    continue
                failures = 0
                done += moved
                if moved:
                    idle_s = _IDLE_FIRST_S
                elif self._waiting:
                    stop.wait(min(self._waiting.shortest_s(), self._log.rest_at_most_s))
                elif until_idle is not None and until_idle():
                    break
                else:
                    self._meter.rests(idle_s)
                    stop.wait(idle_s)
                    idle_s = min(idle_s * 1.5, self._log.rest_at_most_s)
        except StageBroken:
            log.error("stage stopped itself", extra={"stage": self._stage.name, "worker": self._worker})  # noqa: TRY400
            raise
        finally:
            self._log.release(self._stage.name, self._stage.topic, self._worker)
            log.info("stage stopped", extra={"stage": self._stage.name, "worker": self._worker, "records": done})
        return done

    def step(self, stop: Event) -> int:
        """Do one batch of each partition that is this worker's; returns how many records it is done with.

        Raises:
            Unavailable: the log cannot be read now. A stage that is unavailable makes its
                partitions wait, and raises nothing.
            PositionLost: another worker did the batch.
            StageBroken: the brake gripped.
        """
        done = 0
        self._tend()
        claimed = self._log.claim(self._stage.name, self._stage.topic, self._worker)
        self._waiting.keep(claimed)
        for partition in claimed:
            if stop.is_set():
                break
            if self._waiting.pauses(partition):
                continue
            position, records = self._log.read(self._stage.name, self._stage.topic, partition, limit=self._batch)
            if records:
                done += self._do(position, records)
            else:
                self._waiting.leave(partition)
        return done

    def _tend(self) -> None:
        if isinstance(self._stage, Tends) and self._clock() - self._tended_at >= _TENDED_EVERY_S:
            self._tended_at = self._clock()
            self._stage.tend()

    def _do(self, position: Position, records: Sequence[Record]) -> int:
        """Do a batch, whole if it can be; returns how many of its records are done with."""
        wait = self._waiting.at(position)
        if len(records) > 1 and not (wait is not None and wait.is_one_by_one):
            try:
                self._effect(position, records)
            except PositionLost:
                raise
            except Unavailable as why:
                self._wait(position, why, counts=False)
                return 0
            except Exception as why:
                log.info("batch done one by one", extra={"stage": self._stage.name, "why": type(why).__name__})
            else:
                return len(records)
        return self._do_one_by_one(position, records)

    def _do_one_by_one(self, position: Position, records: Sequence[Record]) -> int:
        for number, record in enumerate(records):
            here = _at(position, record)
            try:
                self._effect(here, [record])
            except PositionLost:
                raise
            except Unavailable as why:
                wait = self._wait(here, why, counts=self._neighbour_passes(here, record, records[number + 1 :]))
                if not self._waiting.has_waited_enough(wait):
                    return number
                self._give_up(here, record, why, tries=wait.tries)
            except Exception as why:
                self._give_up(here, record, why)
        return len(records)

    def _effect(self, position: Position, records: Sequence[Record]) -> None:
        self._meter.works()
        began, at, name = time.monotonic(), self._now(), self._stage.name
        came_with = [record.headers.get(TRACEPARENT, "") for record in records]
        with self._tracer.batch(name, came_with, ids=[record.id for record in records]) as traces:
            if traces:
                records = [_in_trace(record, trace) for record, trace in zip(records, traces, strict=True)]
            with self._tracer.part("prepare"):
                prepared = self._stage.prepare(records, at=at)
            with self._tracer.part("apply"), self._open_unit() as unit:
                outcomes = self._stage.apply(unit, prepared, at=at)
                self._advance(unit, position, records, at=at)
                unit.commit()
        self._passed += self._has_reached(prepared)
        self._waiting.leave(position.partition)
        for _ in records:
            self._brake.note(failed=False)
        now = self._now()
        ages_s = [(now - record.at).total_seconds() for record in records]
        took_s = time.monotonic() - began
        self._meter.did(name, outcomes or {}, records=len(records), seconds=took_s, ages_s=ages_s)
        self._meter.failing(name, self._brake.failed_share)

    def _advance(
        self,
        unit: UnitOfWork,
        position: Position,
        records: Sequence[Record],
        *,
        at: datetime,
        given_up: GivenUp | None = None,
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
            model="" if given_up is not None else self._model,
            given_up=given_up,
        )
        note_stage_done(unit, done, at=at)

    def _has_reached(self, prepared: P) -> bool:
        return not isinstance(self._stage, Witness) or self._stage.has_reached(prepared)

    def _wait(self, position: Position, why: Unavailable, *, counts: bool) -> Wait:
        wait = self._waiting.note(position, counts=counts, passed=self._passed)
        self._say_that_it_waits(why, self._waiting.pause_s(position.partition))
        return wait

    def _neighbour_passes(self, position: Position, record: Record, behind: Sequence[Record]) -> bool:
        """Whether what the stage needs is there, although this record is unavailable: point 4 above."""
        wait = self._waiting.at(position)
        if wait is None:
            return False
        if self._passed > wait.passed:
            return True
        failed = {record.key}
        for one in behind:
            if one.key not in failed:
                try:
                    if self._would_pass(one):
                        return True
                except Exception:
                    failed.add(one.key)
                    if len(failed) > _NEIGHBOURS:
                        break
        return False

    def _would_pass(self, record: Record) -> bool:
        at = self._now()
        prepared = self._stage.prepare([record], at=at)
        with self._open_unit() as unit:
            # Left without a commit: its turn comes.
            self._stage.apply(unit, prepared, at=at)
        return self._has_reached(prepared)

    def _give_up(self, position: Position, record: Record, why: Exception, *, tries: int = 1) -> None:
        at = self._now()
        given_up = why_given_up(self._stage.name, why, tries=tries)
        letter = dead_letter(self._stage.name, record, given_up, at=at)
        log.error(
            "record is a dead letter",
            exc_info=why if letter.reason == STAGE_FAILED else None,
            extra={"stage": self._stage.name, "record": record.id, "reason": letter.reason, "why": type(why).__name__},
        )
        with self._open_unit() as unit:
            unit.dead.add([letter])
            unit.log.publish([on_topic(letter)])
            self._advance(unit, position, [record], at=at, given_up=given_up)
            unit.commit()
        self._waiting.leave(position.partition)
        self._meter.came_to(self._stage.name, "dead")
        try:
            self._brake.note(failed=not isinstance(why, Unprocessable))
        finally:
            self._meter.failing(self._stage.name, self._brake.failed_share)

    def _recall_failures(self) -> None:
        with suppress(Unavailable), self._open_unit() as unit:
            waiting = unit.dead.count(
                state=DeadState.WAITING,
                stage=self._stage.name,
                reason=STAGE_FAILED,
                since=self._now() - _BRAKE_REMEMBERS,
            )
            self._brake.recall(sum(waiting.values()))

    def _say_that_it_waits(self, why: Unavailable, pause_s: float) -> None:
        cause = type(why.__cause__ or why).__name__
        log.warning("stage waits", extra={"stage": self._stage.name, "why": cause, "pause_s": round(pause_s, 3)})
        self._meter.waits(self._stage.name, cause, pause_s)


def _in_trace(record: Record, trace: str) -> Record:
    return replace(record, headers={**record.headers, TRACEPARENT: trace})


def _at(position: Position, record: Record) -> Position:
    return Position(group=position.group, topic=position.topic, partition=position.partition, next_offset=record.offset)

"""Repeats the history, event by event, on a database that is made anew.

A stage does its batch again from the same records, as of the same moment; a command is
called again with its arguments. Nothing is noted, nothing is sent: what is on the log is
there already, and of the deliver stage nothing is repeated but its position.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from amends.bus.dead import dead_letter, on_topic
from amends.bus.port import Position, Record
from amends.bus.runner import Stage
from amends.errors import NotFound, Unprocessable
from amends.history import (
    IN_FORCE,
    LEFT_OUT,
    STAGE_DONE,
    UNDER,
    Command,
    StageDone,
    read_left_out,
    read_stage_done,
)
from amends.unit_of_work import UnitOfWork

Settings: TypeAlias = Mapping[str, Any]
#: Gives a stage that works within a unit of work, under settings; None if nothing of it is repeated but its position.
StageOf: TypeAlias = Callable[[str, Settings, UnitOfWork], "Stage[Any] | None"]
#: Gives what commands are not told by their events.
GivenUnder: TypeAlias = Callable[[Settings], Mapping[str, object]]


class RecordsMissing(NotFound):
    """The log lacks records that its history speaks of."""


class ReadableLog(Protocol):
    """The log's table of the database that is made anew."""

    def read(self, position: Position, *, limit: int) -> list[Record]:
        """Give records from a position on."""


@dataclass(slots=True)
class Survey:
    """What a history tells of itself before it is repeated."""

    events: int = 0
    #: The models that judged, and the packs of rules that were in force.
    models: set[str] = field(default_factory=set)
    packs: set[str] = field(default_factory=set)
    #: Events that an earlier rebuild had to leave out.
    left_out: set[int] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    def watch(self, events: Iterable[Record], known: Mapping[str, object]) -> Iterator[Record]:
        """Look at events as they pass; `known` are the commands of this version."""
        for event in events:
            self.events += 1
            if event.type == STAGE_DONE:
                self.models.add(read_stage_done(event.body).model)
            elif event.type == IN_FORCE:
                self.packs.add(json.loads(event.body)["pack"])
            elif event.type == LEFT_OUT:
                self.left_out |= set(read_left_out(event.body))
            elif event.type not in known:
                self.unknown.add(event.type)
            yield event
        self.models.discard("")


class Replay:
    """Repeats events in the order in which they stand."""

    def __init__(
        self,
        commands: Sequence[Command[..., Any]],
        *,
        stage_of: StageOf,
        given: GivenUnder,
    ) -> None:
        self.commands = {command.type: command for command in commands}
        self._stage_of = stage_of
        self._given = given
        self._in_force: dict[str, Settings] = {"": {}}

    def learn(self, event: Record) -> None:
        """Note under which settings what follows was done."""
        self._in_force[event.id] = json.loads(event.body)["settings"]

    def repeat(self, unit: UnitOfWork, log: ReadableLog, event: Record) -> None:
        """Do one event again.

        Raises:
            RecordsMissing: it speaks of records that the log has not.
            Unprocessable: this version does not know it.
        """
        if event.type in {IN_FORCE, LEFT_OUT}:
            return
        settings = self._in_force[event.headers.get(UNDER, "")]
        if event.type == STAGE_DONE:
            self._repeat_stage(unit, log, read_stage_done(event.body), event, settings)
        elif event.type in self.commands:
            self.commands[event.type].repeat(unit, event.body, self._given(settings))
        else:
            raise Unprocessable(f"this version does not know {event.type}: rebuild with the version that wrote it")

    def _repeat_stage(
        self, unit: UnitOfWork, log: ReadableLog, done: StageDone, event: Record, settings: Settings
    ) -> None:
        position = Position(group=done.stage, topic=done.topic, partition=done.partition, next_offset=done.first)
        records = log.read(position, limit=done.count)
        if len(records) < done.count or records[-1].next_offset != done.to:
            raise RecordsMissing(f"{done.topic}[{done.partition}] lacks what {done.stage} did up to {done.to}")
        if done.given_up is not None:
            letter = dead_letter(done.stage, records[0], done.given_up, at=event.at)
            unit.dead.add([letter])
            unit.log.publish([on_topic(letter)])
        elif (stage := self._stage_of(done.stage, settings, unit)) is not None:
            stage.apply(unit, stage.prepare(records, at=event.at), at=event.at)
        unit.log.advance(position, done.to, mark=done.mark)

"""Makes a database anew from the log and the blobs, and compares it with the old one.

    look what the history needs ─▶ copy the messages and the history ─▶ repeat it ─▶ compare

The copies keep the offsets that they have, so what the stages publish again comes to
stand where it stood. No sender is made: nothing can be sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from amends.bus.port import Position, Record, Topic
from amends.bus.replay import RecordsMissing, Replay, Survey
from amends.compose import KEPT_FOR_GOOD, TOPIC_OF, House
from amends.errors import AmendsError, Misconfigured, NotFound, Refused, Unavailable
from amends.history import IN_FORCE, note_left_out
from storage.digest import TableDigest, digests, first_difference
from storage.engine import open_engine
from storage.migrate import is_empty, pending, upgrade
from storage.unit_of_work import Database, SqlUnitOfWork

#: Gives every record of a topic, those of a partition in order.
Read: TypeAlias = Callable[[str], Iterator[Record]]
#: Told how many events were repeated, of how many.
Progress: TypeAlias = Callable[[int, int], None]

_RECORDS_AT_A_TIME = 1_000
#: So many events share a commit.
_EVENTS_AT_A_TIME = 200
#: More differing tables are not looked into.
_LOOKED_INTO = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A table that is not as it was. `at` is the first key that differs; empty when it was not looked for."""

    table: str
    at: str


@dataclass(slots=True, kw_only=True)
class Rebuilt:
    """What came of it.

    `left_out` counts events at the end of the history whose records the log lacks,
    `failed` says what could not be repeated. `differences` is None where nothing was
    compared; `not_compared` says why.
    """

    messages: int = 0
    events: int = 0
    left_out: int = 0
    failed: list[str] = field(default_factory=list)
    tables: list[TableDigest] = field(default_factory=list)
    differences: list[Difference] | None = None
    not_compared: str = ""
    #: What a person has to do before the stages start on the new database.
    remarks: list[str] = field(default_factory=list)
    old_is_gone: bool = False

    @property
    def is_proved(self) -> bool:
        """Whether everything was repeated and is as it was, as far as there is anything to compare with."""
        return not self.left_out and not self.failed and (self.old_is_gone or self.differences == [])


@contextmanager
def log_of_database(database: Database) -> Iterator[Read]:
    """Read the log from the table of a database, as of one moment."""
    with database.reading() as unit:
        yield lambda topic: _every(unit, topic)


def open_present(house: House) -> Database:
    """Open the present database as it is: nothing is made or changed.

    Raises:
        NotFound: there is none, or it is empty.
        Unavailable: it cannot be reached.
        Misconfigured: it is of another version.
    """
    address = house.settings.database
    if isinstance(address, Path) and not address.is_file():
        raise NotFound(f"there is no database at {address}")
    engine = open_engine(address)
    try:
        if is_empty(engine):
            raise NotFound("the present database is empty")
        if pending(engine):
            raise Misconfigured("the present database is of an earlier version: run `amends setup`, then rebuild")
    except AmendsError:
        engine.dispose()
        raise
    return Database(engine, partitions=house.partitions)


def rebuild(
    house: House,
    into: str,
    *,
    log_: AbstractContextManager[Read],
    present: Database | None,
    anyway: bool = False,
    progress: Progress = lambda _done, _of: None,
) -> Rebuilt:
    """Make the database `into` anew from `log_`, and compare it with the `present` one where there is one.

    Raises:
        Refused: `into` is not empty; or the history came about under another model or
            other rules than are installed, and `anyway` is false.
        Unprocessable: an event cannot be repeated, and `anyway` is false.
    """
    target = _open_target(house, into)
    try:
        rebuilt = _make_anew(house, target, log_, anyway=anyway, progress=progress)
        if house.kafka is not None:
            rebuilt.remarks += _note_shipped(house, target)
        rebuilt.tables = digests(target)
        if present is None:
            rebuilt.old_is_gone = True
            rebuilt.not_compared = "the old database is gone or cannot be reached: there is nothing to compare with"
        else:
            _compare(target, present, rebuilt)
    finally:
        target.engine.dispose()
    return rebuilt


def _make_anew(
    house: House, target: Database, log_: AbstractContextManager[Read], *, anyway: bool, progress: Progress
) -> Rebuilt:
    replay = house.replay()
    rebuilt = Rebuilt()
    with log_ as read:
        survey = Survey()
        for event in survey.watch(read(Topic.HISTORY), replay.commands):
            if event.type == IN_FORCE:
                replay.learn(event)
        objections = _objections(house, survey)
        if objections and not anyway:
            raise Refused(f"{'; '.join(objections)}. The result may differ: --anyway goes on all the same")
        # What came to the history meanwhile was not looked at.
        _copy(target, islice(read(Topic.HISTORY), survey.events))
        rebuilt.messages = _copy(target, read(Topic.MESSAGES))
    _repeat(target, replay, survey, rebuilt, anyway=anyway, progress=progress)
    return rebuilt


def _open_target(house: House, into: str) -> Database:
    engine = open_engine(into if "://" in into else Path(into))
    if not is_empty(engine):
        raise Refused(f"{engine.url.render_as_string()} is not empty: name a new database, or empty that one")
    upgrade(engine)
    return Database(engine, partitions=house.partitions)


def _objections(house: House, survey: Survey) -> list[str]:
    found = []
    if others := survey.models - ({house.judge.model} if survey.models else set()):
        found.append(f"messages were judged by {_listed(others)}, and {house.judge.model} is installed")
    if others := survey.packs - {house.pack.edition}:
        found.append(f"deadlines were counted by {_listed(others)}, and {house.pack.edition} is in force")
    if survey.unknown:
        found.append(f"the history holds {_listed(survey.unknown)}, which this version does not know")
    return found


def _copy(target: Database, records: Iterator[Record]) -> int:
    copied = 0
    while some := list(islice(records, _RECORDS_AT_A_TIME)):
        with target.unit() as unit:
            unit.log.copy_in(some)
            unit.commit()
        copied += len(some)
    return copied


def _repeat(
    target: Database, replay: Replay, survey: Survey, rebuilt: Rebuilt, *, anyway: bool, progress: Progress
) -> None:
    here = 0
    while here < survey.events:
        with target.unit() as unit:
            some = _some(unit, here)
            for event in some:
                if event.offset not in survey.left_out and not _is_repeated(
                    unit, replay, event, rebuilt, anyway=anyway
                ):
                    rebuilt.left_out = survey.events - event.offset
                    note_left_out(unit, event.offset, survey.events, at=event.at)
                    unit.commit()
                    return
                rebuilt.events += 1
            unit.commit()
        here = some[-1].next_offset
        progress(here, survey.events)


def _is_repeated(unit: SqlUnitOfWork, replay: Replay, event: Record, rebuilt: Rebuilt, *, anyway: bool) -> bool:
    """Repeat one event; false when the log lacks its records, so that nothing after it can be repeated either."""
    with unit.savepoint() as savepoint:
        try:
            replay.repeat(unit, unit.log, event)
        except RecordsMissing:
            savepoint.rollback()
            return False
        except AmendsError as why:
            if isinstance(why, Unavailable) or not anyway:
                raise
            savepoint.rollback()
            rebuilt.failed.append(f"event {event.offset} ({event.type}): {why}")
    return True


def _note_shipped(house: House, target: Database) -> list[str]:
    """Note what is on the broker already, so that the relay goes on from there; returns what stands in the way."""
    remarks = []
    whole = house.whole_topics()
    for topic in house.partitions:
        on_broker = whole.ends(topic)
        with target.unit() as unit:
            here = unit.log.ends(topic)
            shipped = {number: min(end, here.get(number, 0)) for number, end in on_broker.items()}
            if shipped != on_broker and topic not in KEPT_FOR_GOOD:
                # They tell of what was not committed to the history, and stand where other records will.
                name = house.kafka.topic(topic) if house.kafka else topic
                remarks.append(
                    f"{name} holds records that the history does not tell of: delete that topic before the stages "
                    "start; `amends setup` makes it anew, and the relay ships what is still to be done"
                )
                group = next((stage for stage, reads in TOPIC_OF.items() if reads == topic), "")
                shipped = {number: unit.log.position(group, topic, number).next_offset for number in here}
            unit.log.note_shipped(topic, shipped)
            unit.commit()
    return remarks


def _compare(target: Database, present: Database, rebuilt: Rebuilt) -> None:
    more = _events(present) - rebuilt.events
    if more > 0 and not rebuilt.left_out:
        rebuilt.not_compared = (
            f"the present database has {more} events more than the log that was read: "
            "stop the services, let the relay finish, and rebuild again"
        )
        return
    old = {one.table: one for one in digests(present)}
    differing = [one.table for one in rebuilt.tables if old[one.table] != one]
    rebuilt.differences = [
        Difference(table=table, at=first_difference(present, target, table) if number < _LOOKED_INTO else "")
        for number, table in enumerate(differing)
    ]


def _events(database: Database) -> int:
    with database.reading() as unit:
        return unit.log.ends(Topic.HISTORY).get(0, 0)


def _some(unit: SqlUnitOfWork, here: int) -> list[Record]:
    at = Position(group="rebuild", topic=Topic.HISTORY, partition=0, next_offset=here)
    return unit.log.read(at, limit=_EVENTS_AT_A_TIME)


def _every(unit: SqlUnitOfWork, topic: str) -> Iterator[Record]:
    for partition in unit.log.ends(topic):
        here = 0
        while some := unit.log.read(
            Position(group="rebuild", topic=topic, partition=partition, next_offset=here), limit=_RECORDS_AT_A_TIME
        ):
            yield from some
            here = some[-1].next_offset


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))

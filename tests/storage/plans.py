"""What the database does for each question that the code asks of it.

The statements are the code's own: they are caught as they go to the driver, and explained.

    python -m tests.storage.plans              a million messages, on the server of AMENDS_TEST_POSTGRES
    python -m tests.storage.plans 200000       so many
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, event, select

from amends.bus.port import NewRecord, Position, Topic
from amends.domain.due import Due, horizon
from amends.domain.reply import Purpose, ReplyState
from amends.domain.threading import Via
from amends.domain.verdict import Severity
from amends.unit_of_work import GivenName
from storage.counts import count_open
from storage.engine import open_engine
from storage.history import InForce
from storage.levels import levels
from storage.migrate import upgrade
from storage.news import filed_since, last_filed
from storage.queue import Wanted, page, queue
from storage.search import find
from storage.tables import cases, matter_marks, messages, parked, replies, tasks
from storage.unit_of_work import SqlUnitOfWork
from tests.conftest import PARTITIONS
from tests.storage.crowd import fill, reopen
from tests.support.builders import a_message, mail_from
from tests.support.clock import MONDAY
from tests.support.postgres import a_postgres_database

Ask = Callable[[SqlUnitOfWork, Connection], object]
NOW: datetime = MONDAY
#: A word that one message of the crowd has.
RARE = hashlib.md5(b"word7").hexdigest()[:6]  # noqa: S324


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Some of what is in the database, to ask after."""

    message_ids: list[str]
    case_ids: list[str]
    marks: list[str]
    reply_id: str
    task_id: str
    parked_id: str
    parked_message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One place where a plan reads a table."""

    node: str
    table: str
    index: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How the database answered one question: what it read, and how long it took."""

    steps: tuple[Step, ...]
    milliseconds: float
    found: object

    @property
    def rows(self) -> int:
        """How many rows were looked at, kept or not."""
        return sum(step.rows for step in self.steps)


def questions(samples: Samples) -> dict[str, Ask]:
    """Give everything that is asked while messages flow and while people work, by what a person would call it."""
    many = samples.message_ids
    answers = [
        a_message(
            f"Still nothing {number}.",
            answers=[f"mail:{name}@example.org", "mail:unknown@example.org"],
            tokens=[f"token{number}"],
            conversation=f"talk{number}",
            subject=f"Re: {case_id}",
        )
        for number, (name, case_id) in enumerate(zip(many, samples.case_ids, strict=True))
    ]
    return {
        "queue: the first 50": lambda _u, c: queue(c, now=NOW, limit=50).in_all,
        "queue: high or worse, of one owner": lambda _u, c: (
            queue(c, now=NOW, limit=50, wanted=Wanted(severity=Severity.HIGH, owner="hana")).in_all
        ),
        "queue: the next 50": lambda _u, c: len(_next_page(c)),
        "queue: what is due this week": lambda _u, c: len(page(c, now=NOW, limit=50, wanted=Wanted(due=Due.WEEK))),
        "queue: how many of each": lambda _u, c: count_open(c, horizon(NOW, UTC)).all(),
        "search: a common word": lambda _u, c: len(find(c, "parcel", limit=25).case_ids),
        "search: the next page of it": lambda _u, c: len(_next_found(c)),
        "search: a rare word": lambda _u, c: len(find(c, f"never {RARE}", limit=25).case_ids),
        "search: an address": lambda _u, c: len(find(c, "person7@example.org", limit=25).case_ids),
        "news: since the last": lambda _u, c: len(filed_since(c, last_filed(c) - 5)),
        "review list": lambda u, _c: len(u.replies.in_state(ReplyState.IN_REVIEW)),
        "parked list": lambda u, _c: len(u.intake.parked()),
        "task list": lambda u, _c: len(u.tasks.open_tasks()),
        "a case with all that belongs to it": lambda u, _c: _whole_case(u, samples.case_ids[0]),
        "a reply by the beginning of its id": lambda u, _c: u.replies.find(samples.reply_id[:10]),
        "a parked message by the beginning of its id": lambda u, _c: u.intake.find_parked(samples.parked_id[:10]),
        "a task by the beginning of its id": lambda u, _c: u.tasks.finish(samples.task_id[:10], by="hana", at=NOW),
        "threads of 100 messages": lambda u, _c: len(u.threads.pointers(answers)),
        "a name of ours": lambda u, _c: u.threads.reply_named("mail:unknown@example.org"),
        "a name for a thread": lambda u, _c: u.threads.promise_token("new", samples.case_ids[0], mail_from()),
        "100 names for threads": lambda u, _c: u.threads.give(
            [
                GivenName(name=f"new {case_id}", via=Via.TOKEN, case_id=case_id, given_to=mail_from())
                for case_id in samples.case_ids
            ]
        ),
        "names in 100 threads": lambda u, _c: len(u.threads.names_in_cases(samples.case_ids)),
        "the last messages of 100 cases": lambda u, _c: len(u.messages.last_filed_in(samples.case_ids)),
        "100 messages: known?": lambda u, _c: len(u.messages.known(many)),
        "100 messages, whole": lambda u, _c: len(u.messages.get_many(many)),
        "100 cases with clocks and replies": lambda u, _c: _cases(u, samples.case_ids),
        "automatic replies, for the caps": lambda u, _c: (
            u.replies.count_automatic(
                [mail_from(f"person{number}@example.org") for number in range(1, 50)],
                samples.case_ids[:50],
                since=NOW - timedelta(days=1),
                last_hour=NOW - timedelta(hours=1),
            ).in_all
        ),
        "cases of the same matter": lambda u, _c: len(
            u.links.holders(samples.marks, since=NOW - timedelta(days=3_000))
        ),
        "ledger of 200 items": lambda u, _c: len(u.intake.fates("files:inbox", [f"{n}.eml" for n in range(1, 201)])),
        "100 messages: published?": lambda u, _c: len(u.intake.published(many)),
        # Few, as what reconcile asks about: of very many it is right to read a table as small as the crowd's whole.
        "20 messages: parked?": lambda u, _c: len(u.intake.parked_messages([*many[:19], samples.parked_message_id])),
        "log: read 100": lambda u, _c: len(u.log.read(_position(1_000), limit=100)),
        "log: a record by its id": lambda u, _c: u.log.find(Topic.MESSAGES, many[0]),
        "log: 100 records, still waiting?": lambda u, _c: len(u.log.waiting("a new group", Topic.MESSAGES, many)),
        "log: how far behind": lambda u, _c: u.log.lag("triage", Topic.MESSAGES),
        "log: places for 100 records": lambda u, _c: len(u.log.place([_record(f"new {name[4:]}") for name in many])),
        "relay: what is to be shipped": lambda u, _c: len(u.log.lock_unshipped()),
        "relay: how much waits, since when": lambda u, _c: u.log.unshipped()[0],
        "figures: how much waits": lambda _u, c: levels(c, groups={"triage": Topic.MESSAGES}, now=NOW).unshipped,
        "audit: the last entry": lambda u, _c: u.audit.head()[0],
        "what a batch goes on from": lambda u, _c: u.numbers.ask(),
        "audit: all of one case": lambda u, _c: len(u.audit.about("case:77")),
    }


def _record(name: str) -> NewRecord:
    return NewRecord(topic=Topic.TRIAGED, key=name, id=name, type="t", body=b"", at=NOW)


def _next_page(connection: Connection) -> Sequence[object]:
    first = page(connection, now=NOW, limit=50)
    return page(connection, now=NOW, limit=50, after=first[-1].cursor)


def _next_found(connection: Connection) -> Sequence[object]:
    first = find(connection, "parcel", limit=25)
    return find(connection, "parcel", limit=25, before=first.next).case_ids


def _whole_case(unit: SqlUnitOfWork, case_id: str) -> int:
    unit.cases.get(case_id)
    unit.cases.outcomes(case_id)
    unit.messages.last_filed(case_id)
    unit.replies.latest(case_id, Purpose.ANSWER)
    parts = (unit.messages, unit.replies, unit.links, unit.tasks)
    return sum(len(part.of_case(case_id)) for part in parts) + len(unit.threads.names_in_case(case_id))


def _cases(unit: SqlUnitOfWork, case_ids: list[str]) -> int:
    return (
        len(unit.cases.get_many(case_ids)) + len(unit.clocks.of_cases(case_ids)) + len(unit.replies.of_cases(case_ids))
    )


def _position(offset: int) -> Position:
    return Position(group="triage", topic=Topic.MESSAGES, partition=3, next_offset=offset)


def look(engine: Engine) -> Samples:
    """Take samples from a filled database."""
    with engine.connect() as connection:
        return Samples(
            message_ids=list(connection.scalars(select(messages.c.id).limit(100))),
            case_ids=list(connection.scalars(select(cases.c.id).limit(100))),
            marks=list(connection.scalars(select(matter_marks.c.mark).limit(400))),
            reply_id=connection.execute(select(replies.c.id).limit(1)).scalar_one(),
            task_id=connection.execute(select(tasks.c.id).where(tasks.c.done_at.is_(None)).limit(1)).scalar_one(),
            parked_id=connection.execute(select(parked.c.id).limit(1)).scalar_one(),
            parked_message_id=connection.execute(select(parked.c.message_id).limit(1)).scalar_one(),
        )


def answer(engine: Engine, ask: Ask) -> Answer:
    """Ask a question, twice for its time, and have each statement explained; nothing is committed."""
    steps: list[Step] = []
    with engine.connect() as connection:
        unit = SqlUnitOfWork(connection, partitions=PARTITIONS, in_force=InForce(dict))
        with caught(engine) as statements:
            found = ask(unit, connection)
        connection.rollback()
        began = time.perf_counter()
        ask(unit, connection)
        took = time.perf_counter() - began
        connection.rollback()
        for statement, parameters in statements:
            explained = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
            steps += _steps(explained.scalar_one()[0]["Plan"])
        connection.rollback()
    return Answer(steps=tuple(steps), milliseconds=took * 1000, found=found)


@contextmanager
def caught(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """Catch the statements that read, with their parameters, as the driver gets them."""
    statements: list[tuple[str, Any]] = []

    def catch(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            statements.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", catch)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", catch)


def _steps(plan: dict[str, Any]) -> Iterator[Step]:
    if "Relation Name" in plan:
        looked_at = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        yield Step(
            node=plan["Node Type"],
            table=plan["Relation Name"],
            index=plan.get("Index Name", "") or _indexes_below(plan),
            rows=round((looked_at + plan.get("Rows Removed by Index Recheck", 0)) * plan["Actual Loops"]),
        )
    for below in plan.get("Plans", ()):
        yield from _steps(below)


def _indexes_below(plan: dict[str, Any]) -> str:
    return " + ".join(
        below["Index Name"] if "Index Name" in below else _indexes_below(below) for below in plan.get("Plans", ())
    )


def main() -> int:
    """Measure at a size, and print it as a table."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with a_postgres_database(is_empty=True) as url:
        engine = open_engine(url)
        upgrade(engine)
        began = time.monotonic()
        fill(engine, size, told=lambda says: print(f"{time.monotonic() - began:6.0f} s  {says}", file=sys.stderr))
        print(f"\n{size:,} messages\n\n| question | ms | rows looked at | by |\n|---|---|---|---|")
        asked = questions(look(engine))
        for name, ask in asked.items():
            _print(name, answer(engine, ask))
        reopen(engine, size // 10)
        name = "queue: the first 50"
        _print(f"{name}, of {size // 10:,} cases more", answer(engine, asked[name]))
        engine.dispose()
    return 0


def _print(name: str, told: Answer) -> None:
    by = ", ".join(dict.fromkeys(step.index or f"the whole of {step.table}" for step in told.steps))
    print(f"| {name} | {told.milliseconds:.1f} | {told.rows:,} | {by} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())

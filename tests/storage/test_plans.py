"""However many messages there are, no question reads a whole table: the database's own plans prove it.

`MESSAGES` is enough for PostgreSQL to choose as it does at a million, for which
`python -m tests.storage.plans` prints what `docs/performance.md` shows.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from storage.engine import open_engine
from storage.migrate import upgrade
from tests.storage.crowd import fill
from tests.storage.plans import Answer, Samples, answer, look, questions
from tests.support.postgres import a_postgres_database

MESSAGES = 60_000
#: A table with fewer rows than this may be read as a whole: it does not grow with the messages.
BIG = MESSAGES // 20
#: Rows looked at for a question about a hundred things, or for one of the lists of what waits.
AT_MOST = 2_000
#: Queue and figures count over all that is open and all clocks that run: three of a hundred cases, two clocks each.
OPEN = MESSAGES * 6 // 10 * 3 // 100

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


@pytest.fixture(scope="module")
def full() -> Iterator[Engine]:
    """A database that is full, and looked at by the server."""
    with a_postgres_database(is_empty=True) as url:
        engine = open_engine(url)
        upgrade(engine)
        fill(engine, MESSAGES)
        yield engine
        engine.dispose()


@pytest.fixture(scope="module")
def samples(full: Engine) -> Samples:
    return look(full)


@pytest.fixture(scope="module")
def answers(full: Engine, samples: Samples) -> dict[str, Answer]:
    return {name: answer(full, ask) for name, ask in questions(samples).items()}


@pytest.fixture(scope="module")
def big_tables(full: Engine) -> set[str]:
    with full.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT relname, reltuples FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            )
        )
        return {row.relname for row in rows if row.reltuples > BIG}


def test_most_tables_are_big_here(big_tables: set[str]) -> None:
    assert big_tables >= {
        "arrivals", "audit_entries", "cases", "clocks", "contacts", "flags", "identities", "log_records",
        "matter_marks", "messages", "parked", "replies", "search_words", "tasks", "thread_names",
    }  # fmt: skip


def test_no_question_reads_a_big_table_as_a_whole(answers: dict[str, Answer], big_tables: set[str]) -> None:
    read_whole = {
        name: step
        for name, told in answers.items()
        for step in told.steps
        if "Seq Scan" in step.node and step.table in big_tables
    }
    assert read_whole == {}


def test_no_question_looks_at_more_rows_than_it_is_about(answers: dict[str, Answer]) -> None:
    allowed = {name: OPEN * 5 if name.startswith(("queue", "figures")) else AT_MOST for name in answers}
    assert {name: told.rows for name, told in answers.items() if told.rows > allowed[name]} == {}


def test_every_question_finds_something(answers: dict[str, Answer]) -> None:
    empty = {name for name, told in answers.items() if told.found == 0}
    assert empty == set()
    assert answers["queue: the first 50"].found == OPEN
    assert answers["review list"].found == OPEN // 3
    assert answers["threads of 100 messages"].found == 100


@pytest.mark.parametrize(
    ("question", "index"),
    [
        ("queue: the first 50", "ix_queue_places_rank"),
        ("queue: high or worse, of one owner", "ix_queue_places_"),
        ("search: a rare word", "ix_search_words_vector"),
        ("review list", "ix_replies_state_drafted_at"),
        ("parked list", "ix_parked_state_parked_at"),
        ("task list", "ix_tasks_done_at_raised_at"),
        ("threads of 100 messages", "pk_thread_names"),
        ("a name for a thread", "ix_thread_names_number"),
        ("automatic replies, for the caps", "ix_replies_automatic_lately"),
        ("cases of the same matter", "pk_matter_marks"),
        ("log: read 100", "pk_log_records"),
        ("log: 100 records, still waiting?", "uq_log_records_topic_id"),
        ("audit: the last entry", "pk_audit_entries"),
        ("what a batch goes on from", "pk_audit_entries"),
        ("what a batch goes on from", "ix_thread_names_number"),
        ("what a batch goes on from", "uq_search_words_number"),
        ("log: places for 100 records", "uq_log_records_topic_id"),
    ],
)
def test_an_index_answers(answers: dict[str, Answer], question: str, index: str) -> None:
    assert index in " + ".join(step.index for step in answers[question].steps)


def test_a_plan_that_reads_everything_is_seen_to(full: Engine) -> None:
    told = answer(
        full, lambda _unit, connection: connection.scalar(text("SELECT count(*) FROM messages WHERE kind = '?'"))
    )
    assert [(step.node.removeprefix("Parallel "), step.table) for step in told.steps] == [("Seq Scan", "messages")]
    assert told.rows == pytest.approx(MESSAGES, rel=0.01)

"""Rows as arrays: awkward words, nothing and numbers come back as they were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from amends.bus.port import Topic
from storage.rows import insert_rows
from storage.tables import log_records, replies
from storage.unit_of_work import Database

_AWKWARD = [
    "",
    "NULL",
    "null",
    '"',
    "\\",
    '\\"',
    "{a,b}",
    "it's",
    " leading and trailing ",
    "line\nbreak\ttab",
    "é𝄞",
    "%s",
]
#: What PostgreSQL holds: no NUL and no half of a pair.
_WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)


def a_record(position: int, *, words: str, body: bytes, headers: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {
        "topic": Topic.MESSAGES, "partition": 0, "position": position, "id": f"{position}", "key": words,
        "type": words, "at": at, "headers": headers, "body": body,
    }  # fmt: skip


def stored(database: Database) -> list[Any]:
    with database.viewing() as connection:
        return list(connection.execute(select(log_records).order_by(log_records.c.position)))


def test_rows_of_awkward_words_come_back_as_they_were(database: Database) -> None:
    at = datetime(2025, 3, 1, 12, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    rows = [
        a_record(number, words=words, body=words.encode() + b"\0\xff\\", headers={words: [words, None, 1.5]}, at=at)
        for number, words in enumerate(_AWKWARD)
    ]

    with database.unit() as unit:
        insert_rows(unit._connection, log_records, rows)
        unit.commit()

    found = stored(database)
    assert [row.key for row in found] == _AWKWARD
    assert [row.body for row in found] == [row["body"] for row in rows]
    assert [row.headers for row in found] == [row["headers"] for row in rows]
    assert {row.at for row in found} == {at.astimezone(UTC)}


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(_WORDS, st.binary(max_size=40), st.dictionaries(_WORDS, _WORDS, max_size=3)), min_size=1)
)
def test_any_rows_come_back_as_they_were(database: Database, rows: list[tuple[str, bytes, dict[str, str]]]) -> None:
    at = datetime(2025, 3, 1, tzinfo=UTC)
    with database.unit() as unit:
        insert_rows(
            unit._connection,
            log_records,
            [a_record(n, words=words, body=body, headers=more, at=at) for n, (words, body, more) in enumerate(rows)],
        )
        found = list(unit._connection.execute(select(log_records).order_by(log_records.c.position)))

    assert [(row.key, row.body, row.headers) for row in found] == rows


def test_nothing_truth_and_numbers_come_back_as_they_were(database: Database) -> None:
    at = datetime(2025, 3, 1, tzinfo=UTC)
    plain: dict[str, Any] = {column.name: "" for column in replies.columns} | {"parts": [], "authors": [], "checks": []}
    rows = [
        {**plain, "id": "r1", "is_automatic": True, "drafted_at": at, "changed_at": at, "approved_at": None},
        {**plain, "id": "r2", "is_automatic": False, "drafted_at": at, "changed_at": at, "approved_at": at},
    ]
    for row in rows:
        row["approval_expires_at"] = None
        row["case_id"] = "AM-1"

    with database.unit() as unit:
        if unit._connection.dialect.name == "postgresql":
            unit._connection.exec_driver_sql("ALTER TABLE replies DROP CONSTRAINT fk_replies_case_id_cases")
        else:
            unit._connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        insert_rows(unit._connection, replies, rows)
        found = list(unit._connection.execute(select(replies).order_by(replies.c.id)))

    assert [(row.is_automatic, row.approved_at) for row in found] == [(True, None), (False, at)]

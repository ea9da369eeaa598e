"""Rows in bulk: whatever a column may hold comes back as it was, and keys that exist are treated as promised."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Table, delete, select
from sqlalchemy.exc import IntegrityError

from storage.rows import Row, chunks, insert_new, insert_or_replace, insert_rows
from storage.tables import arrivals, audit_entries, contacts, log_records, messages, sources
from storage.unit_of_work import Database
from tests.support.clock import MONDAY
from tests.support.columns import overfull_columns

LATER = MONDAY + timedelta(hours=1)
#: No lone surrogates, which no encoding holds, and no NUL, which has a test of its own.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
numbers = st.integers(-(2**63), 2**63 - 1)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31), timezones=zones)  # noqa: DTZ001 - zones follow
trees = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(texts, below, max_size=3),
    max_leaves=8,
)
records = st.lists(
    st.fixed_dictionaries(
        {
            "topic": texts,
            "partition": st.integers(-(2**31), 2**31 - 1),
            "position": numbers,
            "id": texts,
            "key": texts,
            "type": texts,
            "at": times,
            "headers": trees,
            "body": st.binary(max_size=50),
        }
    ),
    min_size=1,
    max_size=6,
    unique_by=(lambda row: (row["topic"], row["partition"], row["position"]), lambda row: (row["topic"], row["id"])),
)


def rows_of(connection: Connection, table: Table) -> list[Row]:
    return [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=records)
def test_rows_of_any_content_come_back_as_they_were(database: Database, rows: list[Row]) -> None:
    with database.engine.connect() as connection:
        connection.execute(delete(log_records))
        insert_rows(connection, log_records, rows)
        found = {row["id"] + "/" + row["topic"]: row for row in rows_of(connection, log_records)}
    assert found == {row["id"] + "/" + row["topic"]: row for row in rows}


def a_record_row(position: int = 0, **changes: Any) -> Row:
    return {
        "topic": "messages", "partition": 0, "position": position, "id": f"r{position}", "key": "ines",
        "type": "test", "at": MONDAY, "headers": {}, "body": b"", **changes,
    }  # fmt: skip


def a_message_row(number: int, **changes: Any) -> Row:
    return {
        "id": f"m{number}", "case_id": None, "channel": "email", "received_at": MONDAY, "kind": "spam",
        "confidence": 0.1 + 0.2, "severity": None, "needs_person": False, "model": "", "joined_via": "", "number": 0,
        "body": bytes(range(256)), **changes,
    }  # fmt: skip


def test_what_is_null_stays_null_beside_what_is_not(database: Database) -> None:
    with database.engine.connect() as connection:
        insert_rows(connection, messages, [a_message_row(1), a_message_row(2, severity=3), a_message_row(3)])
        found = rows_of(connection, messages)
    assert [row["severity"] for row in found] == [None, 3, None]
    assert found[0] == a_message_row(1)


def test_a_time_is_kept_in_utc_to_the_microsecond(database: Database) -> None:
    east = MONDAY.astimezone(timezone(timedelta(hours=9))) + timedelta(microseconds=1)
    with database.engine.connect() as connection:
        insert_rows(connection, log_records, [a_record_row(at=east)])
        (found,) = rows_of(connection, log_records)
    assert (found["at"], found["at"].tzinfo) == (MONDAY + timedelta(microseconds=1), UTC)


def test_a_nul_never_stands_in_the_way_of_a_row(database: Database) -> None:
    row = a_record_row(id="r\0", key="a\0b", headers={"a": "\0"}, body=b"\0")
    with database.engine.connect() as connection:
        insert_rows(connection, log_records, [row])
        (found,) = rows_of(connection, log_records)
        assert connection.scalar(select(log_records.c.position).where(log_records.c.id == "r\0")) == 0
    assert found["key"] == ("a\0b" if connection.dialect.name == "sqlite" else "a\ufffdb")
    assert (found["headers"], found["body"]) == ({"a": "\0"}, b"\0")


def test_a_text_longer_than_its_column_is_declared_is_kept_whole_and_seen(database: Database) -> None:
    long = "\N{FIRE}" * 5_000
    with database.engine.begin() as connection:
        insert_rows(connection, contacts, [{"id": "c1", "name": long, "first_seen_at": MONDAY}])
        (found,) = rows_of(connection, contacts)
    assert found["name"] == long
    assert overfull_columns(database.engine) == ["contacts.name holds 5000 of 200"]


def test_a_key_that_exists_is_an_error_or_left_alone_or_replaced(database: Database) -> None:
    def source(name: str, how: str) -> Row:
        return {"source": name, "how": how, "checkpoint": ""}

    with database.engine.connect() as connection:
        insert_rows(connection, sources, [source("a", "1"), source("b", "1")])
        insert_new(connection, sources, [source("b", "2"), source("c", "2")])
        insert_or_replace(connection, sources, [source("c", "3"), source("d", "3")])
        assert {row["source"]: row["how"] for row in rows_of(connection, sources)} == {
            "a": "1", "b": "1", "c": "3", "d": "3",
        }  # fmt: skip
        with pytest.raises(IntegrityError):
            insert_rows(connection, sources, [source("e", "4"), source("a", "4")])


def test_of_two_rows_with_one_key_in_a_batch_new_keeps_the_first_and_replace_the_last(database: Database) -> None:
    def source(how: str) -> Row:
        return {"source": "a\0", "how": how, "checkpoint": ""}

    with database.engine.connect() as connection:
        insert_new(connection, sources, [source("1"), source("2")])
        assert [row["how"] for row in rows_of(connection, sources)] == ["1"]
        # To the column, which holds no NUL, the last of them is the same.
        insert_or_replace(connection, sources, [source("3"), source("4"), {**source("5"), "source": "a\ufffd"}])
        assert [row["how"] for row in rows_of(connection, sources)] == ["5"]


def test_a_second_unique_key_counts_too(database: Database) -> None:
    with database.engine.connect() as connection:
        insert_rows(connection, log_records, [a_record_row(0)])
        insert_new(connection, log_records, [a_record_row(1, id="r0")])
        assert len(rows_of(connection, log_records)) == 1


def test_a_batch_may_be_large_or_empty(database: Database) -> None:
    count = 20_000
    with database.engine.connect() as connection:
        for insert in (insert_rows, insert_new, insert_or_replace):
            insert(connection, audit_entries, [])
        insert_rows(
            connection,
            audit_entries,
            [
                {"number": number, "subject": "s", "happening": "{}", "previous_hash": "", "hash": str(number)}
                for number in range(count)
            ],
        )
        found = connection.scalars(select(audit_entries.c.hash).order_by(audit_entries.c.number)).all()
    assert found == [str(number) for number in range(count)]


def test_an_iterator_of_rows_is_inserted_once(database: Database) -> None:
    with database.engine.connect() as connection:
        insert_or_replace(connection, arrivals, (an_arrival_row(number) for number in range(3)))
        assert [row["item"] for row in rows_of(connection, arrivals)] == ["0", "1", "2"]


def an_arrival_row(number: int) -> Row:
    return {
        "source": "files:inbox", "item": str(number), "channel": "email", "fate": "own", "message_id": "",
        "reason": "", "raw_sha256": "", "arrived_at": LATER,
    }  # fmt: skip


def test_values_are_cut_into_lists_that_an_in_takes() -> None:
    assert [len(chunk) for chunk in chunks(range(1_201))] == [500, 500, 201]
    assert list(chunks([])) == []

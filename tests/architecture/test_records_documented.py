"""The page of records and the schemas, against the code."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # it has no types

from amends.bus.port import TOPICS
from tests.architecture.generated import written_between
from tests.architecture.records_page import (
    DOCUMENT,
    SCHEMAS,
    TABLES,
    TOPIC_ROWS,
    bodies,
    examples,
    schemas,
)

_WRITE = "run: python -m tests.architecture.records_page --write"


@pytest.mark.parametrize("name", TABLES)
def test_what_is_written_from_the_code_is_what_the_code_says(name: str) -> None:
    assert written_between(DOCUMENT.read_text("utf-8"), name) == TABLES[name](), _WRITE


def test_each_type_has_its_schema_as_the_code_has_it_and_no_other_has() -> None:
    wanted = schemas()

    assert {path.name for path in SCHEMAS.glob("*.json")} == {path.name for path in wanted}, _WRITE
    assert [path.name for path, words in wanted.items() if path.read_text("utf-8") != words] == [], _WRITE


def test_each_topic_has_its_row() -> None:
    assert set(TOPIC_ROWS) == set(TOPICS)


@pytest.mark.parametrize("name", bodies())
def test_a_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))


@pytest.mark.parametrize("number", range(len(examples())))
def test_an_example_is_as_its_schema_says(number: int) -> None:
    record = examples()[number]
    Draft202012Validator(schema(record.type)).validate(json.loads(record.body))


def test_a_schema_refuses_what_is_not_so() -> None:
    record = json.loads(examples()[0].body)
    validator = Draft202012Validator(schema("amends.message.received"))

    assert validator.is_valid(record)
    assert not validator.is_valid({**record, "channel": "carrier pigeon"})
    assert not validator.is_valid({name: value for name, value in record.items() if name != "author"})
    assert not validator.is_valid({**record, "received_at": 7})


def schema(name: str) -> Any:
    return json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))

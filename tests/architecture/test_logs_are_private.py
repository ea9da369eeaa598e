"""Sends the samples, forms and failures through the whole journey, and reads what was logged."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import httpx
import pytest

from amends.cli.demo import SAMPLES_END
from amends.cli.intake import take_in
from amends.compose import STAGES, House
from amends.logs import start_logging
from amends.samples import samples_dir
from amends.settings import load_settings
from tests.support.clock import FakeClock
from tests.web.serving import served

_TYPED = {
    "name": "Ottoline Vexworth-Brandreth",
    "email": "ottoline.vexworth@parish.example",
    "subject": "Unmistakable heading about the orchard gate",
    "text": "The orchard gate fell on my foot. My number is 07700 900461 and I want it mended.",
    "reference": "ORCHARD-55121",
}


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged at the most talkative setting, as it would be written to standard error."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    rooms = {name: logging.getLogger(name).level for name in ("amends", "ingest", "triage", "respond", "storage")}
    start_logging("debug")
    written = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in rooms.items():
        logging.getLogger(name).setLevel(before)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(settings=load_settings(data_dir=tmp_path, acknowledge_within_days=60), now=FakeClock(SAMPLES_END))


def test_no_name_address_subject_or_word_of_a_customer_is_logged(house: House, logged: io.StringIO) -> None:
    for folder in ("mail", "x", "forms"):
        take_in(house, samples_dir() / folder)
    with served(house.form()) as form:
        for typed, answer in ((_TYPED, 202), ({**_TYPED, "email": "ottoline at parish"}, 422)):
            assert httpx.post(f"{form}/api/v1/submissions", json=typed).status_code == answer
    for stage in STAGES:
        assert house.runner(stage).run(Event(), until_idle=lambda: True) > 100

    written = logged.getvalue()

    assert written.count("\n") > 5, "nothing was logged, so nothing was shown"
    assert {kind: told for kind, words in _personal(house).items() if (told := _told(words, written))} == {}


def test_a_log_is_one_object_of_json_a_line(house: House, logged: io.StringIO) -> None:
    take_in(house, samples_dir() / "forms")

    lines = [json.loads(line) for line in logged.getvalue().splitlines()]

    assert lines
    assert all({"at", "level", "room", "event"} <= set(line) for line in lines)


def test_an_exception_is_logged_without_its_words(logged: io.StringIO) -> None:
    try:
        int(_TYPED["text"])
    except ValueError:
        logging.getLogger("triage.stage").exception("record parked")

    written = logged.getvalue()

    assert "ValueError" in written
    assert "test_an_exception_is_logged_without_its_words" in written
    assert "orchard" not in written


def _personal(house: House) -> dict[str, set[str]]:
    """Give what must not be logged: of every message that was stored, and of the form above."""
    with house.database.reading() as unit:
        about = [str(json.loads(entry.happening_json)["subject"]).partition(":") for entry in unit.audit.every()]
        stored = unit.messages.get_many({name for kind, _, name in about if kind == "message"})
    messages = [judged.message for judged in stored.values()]
    return {
        "address": {message.author.value for message in messages} | {_TYPED["email"]},
        "name": {message.author_name for message in messages} | {_TYPED["name"]},
        "subject": {message.subject for message in messages} | {_TYPED["subject"]},
        "words": {line for message in messages for line in message.text.splitlines()} | {_TYPED["text"]},
        "handle": {message.facts.get("handle", "") for message in messages},
        "reference": {_TYPED["reference"]},
    }


def _told(words: set[str], written: str) -> set[str]:
    """Give those that were logged. What is shorter than four characters proves nothing when it is found."""
    looked_for = {word.strip() for word in words if len(word.strip()) > 3}
    assert looked_for
    return {word for word in looked_for if word in written and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", written)}

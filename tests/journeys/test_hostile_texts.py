"""Texts on which a careless pattern would think for ever: one such mail must not hold everybody else's up."""

from __future__ import annotations

import time

import pytest

from amends.ports import TextToJudge
from triage.pipeline import Judge, load_judge


@pytest.fixture(scope="module")
def judge() -> Judge:
    return load_judge()


@pytest.mark.parametrize(
    "text",
    [
        f"|{'-' * 25} Message log follows: {'-' * 25}|\n no valid recipients were found\n|{'-' * 25} addresses |",
        f"message {'-' * 5_000} recipients",
        f"email {'- ' * 3_000} addresses",
        f"letter {'_' * 20_000}",
        f"everyone {'not ' * 3_000} visible",
        f"refund {'9,' * 5_000} pounds",
        "they said 'sorry' (" * 2_000,
    ],
    ids=lambda text: text[:20],
)
def test_no_text_takes_long_to_judge(judge: Judge, text: str) -> None:
    began = time.process_time()

    judge.judge([TextToJudge(text=text, channel="email")])

    # What the encoder reads of one text is bounded; that alone takes a second or two of a slow machine.
    assert time.process_time() - began < 4.0

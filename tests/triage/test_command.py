"""Judging JSON lines: one result a line, in order, whatever the lines hold."""

from __future__ import annotations

import json
from collections.abc import Iterator

from triage.command import BATCH_LINES, judge_lines
from triage.pipeline import Judge


def line(identity: object, text: str, **more: object) -> str:
    return json.dumps({"id": identity, "channel": "email", "text": text, **more})


def test_a_result_has_the_fields_of_the_contract(judge: Judge) -> None:
    text = "My daughter was burned by the kettle I bought from you."

    [result] = judge_lines([line("a1", text, subject="Kettle")], judge)

    assert list(result) == ["id", "kind", "confidence", "severity", "flags", "needs_person"]
    assert (result["id"], result["severity"]) == ("a1", "critical")
    [flag] = result["flags"]
    assert list(flag) == ["flag", "quote", "start", "end", "rule"]
    assert (flag["flag"], flag["rule"]) == ("safety", "safety.burned")
    assert text[flag["start"] : flag["end"]] == flag["quote"]
    assert json.loads(json.dumps(result)) == result


def test_bad_lines_are_errors_in_their_place_and_the_rest_goes_on(judge: Judge) -> None:
    lines = [
        line(1, "Thank you!"),
        "{not json",
        "[1, 2]",
        line(4, "no channel").replace("channel", "chanel"),
        json.dumps({"id": 5, "channel": "x", "text": 7}),
        json.dumps({"channel": "x", "text": "no id"}),
        line(7, "a subject of a wrong sort", subject=3),
        "[" * 100_000,
        "",
        line(None, "When do you open?", subject=None),
    ]

    results = list(judge_lines(lines, judge))

    assert [result["id"] for result in results] == [1, None, None, 4, 5, None, 7, None, None, None]
    errors = [str(result.get("error", "")) for result in results]
    assert [bool(error) for error in errors] == [False, *[True] * 8, False]
    assert [error.split(":")[0] for error in errors[1:-1]] == [f"line {number}" for number in range(2, 10)]


def test_order_and_count_are_kept_over_many_batches(judge: Judge) -> None:
    count = BATCH_LINES * 2 + 17

    results = list(judge_lines((line(n, f"Parcel {n} is late") for n in range(count)), judge))

    assert [result["id"] for result in results] == list(range(count))


def test_lines_are_read_as_results_are_taken(judge: Judge) -> None:
    read = 0

    def endless() -> Iterator[str]:
        nonlocal read
        while True:
            read += 1
            yield line(read, "Hello")

    results = judge_lines(endless(), judge)

    assert [next(results)["id"] for _ in range(3)] == [1, 2, 3]
    assert read == BATCH_LINES


def test_surrogates_in_json_are_judged_and_written(judge: Judge) -> None:
    [result] = judge_lines(['{"id": "s", "channel": "x", "text": "nobody replied to my email \\ud83d \\u0000"}'], judge)

    assert [flag["flag"] for flag in result["flags"]] == ["repeat_contact"]

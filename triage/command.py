"""Judging JSON lines: what `amends triage judge` does between its file and its output."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from amends.domain.verdict import Verdict
from amends.ports import TextToJudge
from triage.pipeline import Judge

#: Lines judged at a time; what is in memory at most.
BATCH_LINES = 1024


def judge_lines(lines: Iterable[str], judge: Judge) -> Iterator[dict[str, Any]]:
    """Judge lines of `{id, channel, subject?, text}`, giving one result for each, in order.

    A result is `{id, kind, confidence, severity, flags: [{flag, quote, start, end, rule}],
    needs_person}`; severity is a word or None. A line that cannot be read gives
    `{id, error}` with the reason, and the rest goes on.
    """
    numbered = enumerate(lines, start=1)
    while batch := list(islice(numbered, BATCH_LINES)):
        read = [_read(number, line) for number, line in batch]
        verdicts = iter(judge.judge([text for _, text, _ in read if text is not None]))
        for identity, text, error in read:
            yield {"id": identity, "error": error} if text is None else _written(identity, next(verdicts))


def _read(number: int, line: str) -> tuple[Any, TextToJudge | None, str]:
    try:
        row = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as why:
        return None, None, f"line {number}: not JSON ({why})"
    if not isinstance(row, dict):
        return None, None, f"line {number}: not an object with id, channel and text"
    identity = row.get("id")
    for name in ("channel", "text"):
        if not isinstance(row.get(name), str):
            return identity, None, f"line {number}: `{name}` is missing or not a string"
    if "id" not in row:
        return None, None, f"line {number}: `id` is missing"
    subject = row.get("subject")
    if subject is not None and not isinstance(subject, str):
        return identity, None, f"line {number}: `subject` is not a string"
    automatic = row.get("automatic", False)
    return identity, TextToJudge(row["text"], row["channel"], subject or "", automatic is True), ""


def _written(identity: Any, verdict: Verdict) -> dict[str, Any]:
    return {
        "id": identity,
        "kind": verdict.kind.value,
        "confidence": round(verdict.confidence, 4),
        "severity": verdict.severity.word if verdict.severity else None,
        "flags": [
            {"flag": flag.name.value, "quote": flag.quote, "start": flag.start, "end": flag.end, "rule": flag.rule}
            for flag in verdict.flags
        ],
        "needs_person": verdict.needs_person,
    }

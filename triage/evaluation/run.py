"""Judging labelled messages and computing figures for each source and each channel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from amends.domain.verdict import FlagName, Kind, Severity, Verdict
from amends.errors import Unprocessable
from amends.ports import Judge, TextToJudge
from triage.evaluation.measures import Truth, by_flag, figures
from triage.training.sources import kind_of, read_rows

#: What is scored beside a whole source: its rows without those that are easy.
FIRM = "without random rows"


def truth_of(row: Mapping[str, Any]) -> Truth | None:
    """Read the labels of a row: those of our own messages, or the `intent` of a public set; None where it has none.

    Raises:
        Unprocessable: a label is none of ours, or a quote is not in its text.
    """
    try:
        if "kind" not in row:
            kind = kind_of(dict(row))
            return Truth(kind=kind) if kind is not None else None
        flags = None
        if row.get("flags") is not None:
            flags = tuple(
                (FlagName(flag["flag"]), start, start + len(flag["quote"]))
                for flag in row["flags"]
                for start in (row["text"].index(flag["quote"]),)
            )
        severity = Severity.from_word(row["severity"]) if row.get("severity") else None
        return Truth(kind=Kind(row["kind"]), severity=severity, flags=flags)
    except (KeyError, TypeError, ValueError) as why:
        raise Unprocessable(
            f"row {row.get('id', '?')}: its labels cannot be read ({why})", reason="bad_labels"
        ) from why


def evaluate(judge: Judge, paths: Iterable[Path]) -> dict[str, Any]:
    """Judge every labelled row of these files.

    Returns: figures by source, and within it by channel; for our own messages by flag as well.

    Raises:
        Unprocessable: a file has no labelled row, or a label that cannot be read.
    """
    sources: dict[str, list[tuple[Mapping[str, Any], Truth]]] = {}
    for path in paths:
        for row, truth in labelled_rows(path):
            sources.setdefault(str(row.get("source") or _own_name(path)), []).append((row, truth))
    found: dict[str, Any] = {}
    for source, rows in sources.items():
        verdicts = judge.judge([TextToJudge(row["text"], row["channel"], row.get("subject") or "") for row, _ in rows])
        judged = [(row, truth, verdict) for (row, truth), verdict in zip(rows, verdicts, strict=True)]
        found[source] = _told(judged)
        channels = sorted({row["channel"] for row, _, _ in judged})
        if len(channels) > 1:
            found[source]["channels"] = {
                channel: _told([one for one in judged if one[0]["channel"] == channel]) for channel in channels
            }
        firm = [one for one in judged if not one[0].get("random")]
        if len(firm) < len(judged):
            found[f"{source} {FIRM}"] = _told(firm)
    return found


def labelled_rows(path: Path) -> list[tuple[Mapping[str, Any], Truth]]:
    """Read the rows of a file that have a label.

    Raises:
        Unprocessable: there is none, or a label or a line that cannot be read.
    """
    found = [(row, truth) for row in _rows(path) if (truth := truth_of(row)) is not None]
    if not found:
        raise Unprocessable(f"{path} has no row with a label: give `kind`, or `intent`", reason="bad_labels")
    return found


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        for row in read_rows(path):
            if not (isinstance(row.get("text"), str) and isinstance(row.get("channel"), str)):
                raise Unprocessable(f"{path}: each line needs `text` and `channel`", reason="bad_labels")
            yield row
    except (ValueError, AttributeError) as why:
        raise Unprocessable(f"{path} is not JSON Lines of objects ({why})", reason="bad_labels") from why


def _told(judged: Sequence[tuple[Mapping[str, Any], Truth, Verdict]]) -> dict[str, Any]:
    truths, verdicts = [truth for _, truth, _ in judged], [verdict for _, _, verdict in judged]
    told: dict[str, Any] = {
        "rows": len(judged),
        "figures": {name: asdict(figure) for name, figure in figures(truths, verdicts).items()},
    }
    if any(truth.flags for truth in truths):
        told["flags"] = by_flag(truths, verdicts)
    return told


def _own_name(path: Path) -> str:
    return f"ours, {path.parent.name}" if path.parent.parent.name == "data" else path.stem

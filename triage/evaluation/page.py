"""The figures as a page, `docs/triage-figures.md`, and as a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

#: Figure -> what a column is called.
COLUMNS: Mapping[str, str] = {
    "macro_f1": "macro-F1",
    "complaint_recall": "complaint recall",
    "caught_or_referred": "caught or referred",
    "referred": "referred",
    "against_enquiry": "against enquiry",
    "kind_accuracy": "kind right",
    "calibration_error": "calibration error",
}
GRADING: Mapping[str, str] = {
    "severity_kappa": "severity, quadratic kappa",
    "grave_recall": "recall of high and critical",
    "over_graded": "low and medium over-graded",
    "flag_precision": "flag precision",
    "flag_recall": "flag recall",
    "span_overlap": "overlap of quotes",
}
_BAR_LETTERS = 25


def page(found: Mapping[str, Any], *, model: str, how: str) -> str:
    """Write the page."""
    return "\n".join(_lines(found, model, how)) + "\n"


def table(found: Mapping[str, Any], columns: Mapping[str, str]) -> list[str]:
    """Write a table in Markdown: a row for each source that has any of these figures."""
    rows = [(name, told) for name, told in found.items() if any(column in told["figures"] for column in columns)]
    return [
        f"| | rows | {' | '.join(columns.values())} |",
        "| --- " * (len(columns) + 2) + "|",
        *(
            f"| {name} | {told['rows']} | {' | '.join(_cell(told['figures'].get(one)) for one in columns)} |"
            for name, told in rows
        ),
    ]


def _lines(found: Mapping[str, Any], model: str, how: str) -> Iterator[str]:
    yield "# Figures of triage"
    yield ""
    yield f"Written by `{how}`; do not edit by hand. Judged by `{model}`."
    yield ""
    yield "In percent, each with the interval that holds the middle 95 of a hundred resamples. Accuracy, F1 and recall"
    yield "are of complaint against not; *referred* is the share of messages shown to a person. What each figure counts"
    yield "is said in `triage/evaluation/measures.py`, where the data comes from in `triage/model/CARD.md`."
    yield ""
    yield from table(found, COLUMNS)
    yield ""
    yield "## Severity and flags"
    yield ""
    yield from table(found, GRADING)
    for name, told in found.items():
        if "channels" in told:
            yield ""
            yield f"## {name}, by channel"
            yield ""
            yield from table(told["channels"], COLUMNS)
            if "flags" in told:
                yield ""
                yield from table(told["channels"], GRADING)
        if "flags" in told:
            yield ""
            yield f"## {name}, by flag"
            yield ""
            yield "```"
            yield from plot(told["flags"])
            yield "```"


def plot(flags: Mapping[str, Mapping[str, int]]) -> Sequence[str]:
    """Draw a bar for each flag: `#` is right, `+` raised though it should not be, `-` missed."""
    most = max((sum(counts.values()) for counts in flags.values()), default=1) or 1
    lines = []
    for name, counts in flags.items():
        bar = "".join(
            sign * round(_BAR_LETTERS * 2 * counts[what] / most)
            for sign, what in (("#", "right"), ("+", "too_much"), ("-", "missed"))
        )
        precision = counts["right"] / max(1, counts["right"] + counts["too_much"])
        recall = counts["right"] / max(1, counts["right"] + counts["missed"])
        lines.append(f"{name:17} precision {100 * precision:3.0f} recall {100 * recall:3.0f} {bar}")
    return lines


def _cell(figure: Mapping[str, float] | None) -> str:
    if figure is None:
        return ""
    digits = 2 if abs(figure["value"]) <= 1 and figure["high"] <= 1 else 1
    value, low, high = (f"{figure[one]:.{digits}f}" for one in ("value", "low", "high"))
    return f"{value} ({low}-{high})"

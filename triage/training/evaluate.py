"""Scores of the shipped pipeline: `python -m triage.training.evaluate FILE... [--json]`.

For each source: rows, accuracy and macro-F1 of complaint against not, recall of complaints,
the share of complaints caught or referred, and the share of all messages referred. For X-CI
also without its random tweets, which are the easy ones.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from amends.domain.verdict import Kind, Verdict
from amends.ports import TextToJudge
from triage.pipeline import Judge, load_judge
from triage.training.sources import kind_of, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """How well complaints are told from the rest; shares and F1 in percent."""

    source: str
    rows: int
    accuracy: float
    macro_f1: float
    complaint_recall: float | None
    caught_or_referred: float | None
    referred: float
    kind_accuracy: float


def scores_of(source: str, truth: Sequence[Kind], verdicts: Sequence[Verdict]) -> Scores:
    """Count verdicts against the truth; a class that the source lacks is left out of the mean."""
    is_complaint = [kind is Kind.COMPLAINT for kind in truth]
    called = [verdict.kind is Kind.COMPLAINT for verdict in verdicts]
    handled = [verdict.may_be_complaint for verdict in verdicts]
    pairs = list(zip(is_complaint, called, strict=True))
    complaints = sum(is_complaint)
    return Scores(
        source=source,
        rows=len(truth),
        accuracy=_percent(sum(a == b for a, b in pairs), len(pairs)),
        macro_f1=_macro_f1(pairs),
        complaint_recall=_percent(sum(a and b for a, b in pairs), complaints) if complaints else None,
        caught_or_referred=_percent(sum(a and b for a, b in zip(is_complaint, handled, strict=True)), complaints)
        if complaints
        else None,
        referred=_percent(sum(verdict.needs_person for verdict in verdicts), len(verdicts)),
        kind_accuracy=_percent(sum(a is b.kind for a, b in zip(truth, verdicts, strict=True)), len(verdicts)),
    )


def evaluate(judge: Judge, paths: Sequence[Path]) -> list[Scores]:
    """Judge every labelled row of these files and score each source."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for path in paths:
        for row in read_rows(path):
            if kind_of(row) is not None:
                rows.setdefault(str(row.get("source", path.stem)), []).append(row)
    found: list[Scores] = []
    for source, mine in rows.items():
        verdicts = judge.judge([TextToJudge(row["text"], row["channel"], row.get("subject") or "") for row in mine])
        truth = [kind for row in mine if (kind := kind_of(row)) is not None]
        found.append(scores_of(source, truth, verdicts))
        firm = [number for number, row in enumerate(mine) if not row.get("random")]
        if len(firm) < len(mine):
            name = f"{source} without random rows"
            found.append(scores_of(name, [truth[at] for at in firm], [verdicts[at] for at in firm]))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the scores of the files named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m triage.training.evaluate", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="JSON lines with text, channel and intent")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--model", type=Path, help="another pipeline than the one shipped")
    options = parser.parse_args(arguments)
    found = evaluate(load_judge(options.model), options.files)
    if options.json:
        sys.stdout.write(json.dumps([asdict(scores) for scores in found], indent=2) + "\n")
    else:
        sys.stdout.write(table(found) + "\n")
    return 0


def table(found: Sequence[Scores]) -> str:
    """Write scores as a table in Markdown."""
    head = "| source | rows | accuracy | macro-F1 | complaint recall | caught or referred | referred | kind right |"
    lines = [head, "| --- " * 8 + "|"]
    for scores in found:
        values = (
            scores.accuracy,
            scores.macro_f1,
            scores.complaint_recall,
            scores.caught_or_referred,
            scores.referred,
            scores.kind_accuracy,
        )
        shown = " | ".join("-" if value is None else f"{value:.1f}" for value in values)
        lines.append(f"| {scores.source} | {scores.rows} | {shown} |")
    return "\n".join(lines)


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


def _macro_f1(pairs: Sequence[tuple[bool, bool]]) -> float:
    scores = []
    for wanted in (True, False):
        right = sum(a == wanted and b == wanted for a, b in pairs)
        wrong = sum((a == wanted) != (b == wanted) for a, b in pairs)
        if any(a == wanted for a, _ in pairs):
            scores.append(2 * right / (2 * right + wrong) if right + wrong else 0.0)
    return round(100 * sum(scores) / len(scores), 1) if scores else 0.0


if __name__ == "__main__":
    sys.exit(main())

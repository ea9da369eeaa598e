"""`make eval`: the shipped pipeline on the dev sides of the public sets and on our own test messages.

`python -m triage.evaluation [DATA] [--write] [--check] [--json FILE] [--model DIR]` prints the tables;
`--write` writes `docs/triage-figures.md`; `--check` exits with 1 when a figure has fallen below its floor.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from triage.evaluation.floors import fallen
from triage.evaluation.page import COLUMNS, GRADING, page, table
from triage.evaluation.run import evaluate
from triage.pipeline import load_judge
from triage.training.sources import OWN_DATA, PUBLIC_DATA

_DOCS = Path(__file__).parents[2] / "docs"
PAGE = _DOCS / "triage-figures.md"
_SOURCES = ("xci", "cesamard", "fincorp", "banking77", "spamassassin", "cfpb1000")


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge and tell."""
    parser = argparse.ArgumentParser(prog="python -m triage.evaluation", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path, default=PUBLIC_DATA, help="the folder of *.dev.jsonl")
    parser.add_argument("--write", action="store_true", help=f"write docs/{PAGE.name}")
    parser.add_argument("--check", action="store_true", help="fail when a figure has fallen below its floor")
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--model", type=Path, help="another pipeline than the one shipped")
    options = parser.parse_args(arguments)
    if not options.data.is_dir():
        sys.stderr.write(f"the labelled data is not at {options.data}: name its folder\n")
        return 2
    judge = load_judge(options.model)
    own = sorted((OWN_DATA / "test").glob("*.jsonl"))
    found = evaluate(judge, [*own, *(options.data / f"{source}.dev.jsonl" for source in _SOURCES)])
    sys.stdout.write("\n".join([*table(found, COLUMNS), "", *table(found, GRADING), ""]))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    if options.write:
        PAGE.write_text(page(found, model=judge.model, how="make eval"), encoding="utf-8")
    fell = list(fallen(found)) if options.check else []
    for line in fell:
        sys.stderr.write(f"fell: {line}\n")
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())

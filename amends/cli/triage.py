"""`amends triage`: judge texts, and show what the labels mean."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from amends.cli.output import AsJson, console, errors, safe, severity_text, table, write_json, write_json_line
from amends.domain.verdict import FlagName
from amends.errors import NotFound

app = typer.Typer(help="Judge texts, and see what the labels mean.", no_args_is_help=True)


@app.command()
def judge(
    file: Annotated[Path, typer.Argument(help="JSON Lines of {id, channel, subject?, text}; - reads standard input.")],
) -> None:
    """Judge messages: a line of JSON each, in the same order."""
    from triage.command import judge_lines
    from triage.pipeline import load_judge

    if str(file) != "-" and not file.is_file():
        raise NotFound(f"there is no file {file}")
    for line in judge_lines(_lines(file), load_judge()):
        write_json_line(line)


@app.command("taxonomy")
def show_taxonomy(as_json: AsJson = False) -> None:
    """Show every flag and rule: what it means, with examples and counter-examples."""
    from triage.rules import all_rules

    rules = sorted(all_rules(), key=lambda rule: (list(FlagName).index(rule.flag), rule.name))
    if as_json:
        write_json(
            [
                {
                    "rule": rule.name,
                    "flag": rule.flag,
                    "severity": rule.severity,
                    "definition": rule.says,
                    "examples": rule.fires,
                    "counter_examples": rule.silent,
                }
                for rule in rules
            ]
        )
        return
    shown = table("Flags and the rules that raise them", "rule", "severity", "means, and what raises it or not")
    for rule in rules:
        shown.add_row(
            rule.name,
            severity_text(rule.severity),
            safe(f"{rule.says}\nraised by: {rule.fires[0]}\nnot by: {rule.silent[0]}"),
        )
    console.print(shown)


def _lines(file: Path) -> Iterator[str]:
    if str(file) == "-":
        yield from sys.stdin
        return
    with file.open(encoding="utf-8", errors="replace") as opened:
        yield from track(opened, description="judging", console=errors, disable=not sys.stderr.isatty())

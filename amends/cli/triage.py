"""`amends triage`: judge texts, and show what the labels mean."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import track

from amends.cli.opening import ActingAs, DataDir, acting, open_house
from amends.cli.output import AsJson, console, errors, safe, severity_text, table, write_json, write_json_line
from amends.domain.verdict import FlagName
from amends.errors import NotFound

if TYPE_CHECKING:
    from storage.corrections import Correction

app = typer.Typer(help="Judge texts, and see what the labels mean.", no_args_is_help=True)


@app.command()
def judge(
    file: Annotated[Path, typer.Argument(help="JSON Lines of {id, channel, subject?, text}; - reads standard input.")],
) -> None:
    """Judge messages: a line of JSON each, in the same order."""
    from triage.command import judge_lines
    from triage.pipeline import load_judge

    if str(file) != "-" and not file.is_file():
        raise NotFound(f"{file} is a folder; name a file" if file.is_dir() else f"there is no file {file}")
    for line in judge_lines(_lines(file), load_judge()):
        write_json_line(line)


@app.command("eval")
def evaluate_files(
    files: Annotated[
        list[Path],
        typer.Argument(help="JSON Lines of {channel, subject?, text, kind, severity?, flags?: [{flag, quote}]}."),
    ],
    as_json: AsJson = False,
) -> None:
    """Score triage on labelled messages of your own: every figure with its interval."""
    from triage.evaluation.page import COLUMNS, GRADING, plot
    from triage.evaluation.run import evaluate
    from triage.pipeline import load_judge

    for file in files:
        if not file.is_file():
            raise NotFound(f"{file} is a folder; name a file" if file.is_dir() else f"there is no file {file}")
    found = evaluate(load_judge(), files)
    if as_json:
        write_json(found)
        return
    for source, told in found.items():
        shown = table(f"{source}: {told['rows']} messages", "figure", "value", "95 of 100 resamples", "on")
        for name, title in {**COLUMNS, **GRADING}.items():
            if figure := told["figures"].get(name):
                shown.add_row(
                    title, f"{figure['value']:.2f}", f"{figure['low']:.2f} to {figure['high']:.2f}", str(figure["rows"])
                )
        console.print(shown)
        for line in plot(told.get("flags", {})):
            console.print(safe(line))


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


@app.command("report")
def show_report(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show where people disagreed with triage, by kind, rule, month and channel, and what drifted lately."""
    from storage.corrections import corrections, judged, judged_on_channels, rules_raised
    from triage.drift import BEFORE, LATELY, drifts

    now = datetime.now(UTC)
    with open_house(data_dir).database.viewing() as connection:
        told = list(corrections(connection))
        counted = judged(connection)
        raised = rules_raised(connection)
        lately = judged_on_channels(connection, now - LATELY, now)
        earlier = judged_on_channels(connection, now - LATELY - BEFORE, now - LATELY)
    drifted = list(drifts(earlier, lately))
    # Somebody who corrects a case twice disagrees once; the last word counts.
    last = {one.case_id: one for one in told}.values()
    report = {
        "kinds": _shares(
            _sums((one.kind.value, one.count) for one in counted),
            Counter(one.kind_before.value for one in last if one.kind is not one.kind_before),
        ),
        "rules": _shares(
            raised,
            Counter(rule for one in last if _is_lowered(one) for rule in dict.fromkeys(one.rules)),
        ),
        "months": _shares(
            _sums((f"{one.month} {one.channel}", one.count) for one in counted),
            Counter(f"{one.message.received_at:%Y-%m} {one.message.channel.value}" for one in last),
        ),
        "channels": {
            channel: {"before": asdict(earlier[channel]) if channel in earlier else None, "lately": asdict(one)}
            for channel, one in lately.items()
        },
        "drifted": [asdict(one) for one in drifted],
        "missed": sum(one.severity is not None and one.severity > (one.severity_before or 0) for one in last),
    }
    if as_json:
        write_json(report)
        return
    for name, title in (
        ("kinds", "Kinds: of so many judged so, how many people called something else"),
        ("rules", "Rules: of so many cases with its flag, how many people graded lower"),
        ("months", "Months and channels: of so many judged, how many people corrected"),
    ):
        shown = table(title, "", "judged", "corrected", "agreement")
        rows: dict[str, dict[str, float]] = report[name]  # type: ignore[assignment]
        for label, one in rows.items():
            shown.add_row(safe(label), str(one["judged"]), str(one["corrected"]), f"{one['agreement']:.0%}")
        console.print(shown)
    shown = table(
        f"Channels: the last {LATELY.days} days beside the {BEFORE.days} before",
        "",
        "messages",
        "complaints",
        "to a person",
    )
    for channel, now_judged in lately.items():
        was = earlier.get(channel)
        shown.add_row(
            safe(channel),
            f"{now_judged.count} ({was.count if was else 0})",
            _beside(now_judged.complaints / now_judged.count, was.complaints / was.count if was else None),
            _beside(now_judged.referred / now_judged.count, was.referred / was.count if was else None),
        )
    console.print(shown)
    for moved in drifted:
        console.print(
            safe(
                f"DRIFT {moved.channel}: {moved.lately} in 100 {moved.share}, {moved.before} before. Read some of its "
                "messages: have customers changed, the source, or the model?"
            )
        )
    console.print(f"People graded {report['missed']} cases higher than triage had.")


@app.command("corrections")
def export_corrections(data_dir: DataDir = None) -> None:
    """Write what people corrected as JSON Lines to learn from: {id, channel, subject, text, kind, severity, reason}."""
    from storage.corrections import corrections

    with open_house(data_dir).database.viewing() as connection:
        for one in corrections(connection):
            write_json_line(
                {
                    "id": one.message.id,
                    "channel": one.message.channel.value,
                    "subject": one.message.subject,
                    "text": one.message.own_words,
                    "kind": one.kind.value,
                    "severity": one.severity.word if one.severity else None,
                    "reason": one.reason,
                    "judged": {
                        "kind": one.kind_before.value,
                        "severity": one.severity_before.word if one.severity_before else None,
                        "rules": one.rules,
                        "model": one.model,
                    },
                }
            )


@app.command()
def activate(
    folder: Annotated[
        Path | None, typer.Argument(help="A pipeline, as `make model` writes one; otherwise the one shipped.")
    ] = None,
    data_dir: DataDir = None,
    acting_as: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Let a model, or rules that an update brought, judge from now on; refused where your golden set comes out worse.

    The golden set is DATA/triage/golden.jsonl: it begins as our test messages, and you may add lines of your own.
    """
    from triage.activation import activate as let_judge
    from triage.activation import tried

    house = open_house(data_dir, may_be_new=True)
    activation, comparisons = tried(house.triage_dir, folder)
    if not as_json:
        shown = table(f"{activation.judge}, on {len(activation.outcomes)} golden messages", "", "before", "now")
        for one in comparisons:
            shown.add_row(one.name, f"{one.before:g}", f"{one.after:g}")
        console.print(shown)
    let_judge(house.triage_dir, activation, comparisons, at=datetime.now(UTC), by=acting(house, acting_as))
    if as_json:
        write_json({"judge": activation.judge, "compared": [asdict(one) for one in comparisons]})
    else:
        console.print(safe(f"{activation.judge} judges from now on; restart services that are running."))


@app.command()
def explain(
    case: Annotated[str, typer.Argument(help="The reference of a case.")],
    at: Annotated[datetime | None, typer.Option(help="As things stood then (UTC); otherwise now.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Say why triage judged the messages of a case as it did, and whether it would judge them so again."""
    from amends.domain.ids import read_reference
    from triage.explanation import explanation

    house = open_house(data_dir)
    until = (at if at.tzinfo else at.replace(tzinfo=UTC)) if at else datetime.now(UTC)
    with house.database.reading() as unit:
        messages = unit.messages.of_case(read_reference(case))
    judged = [one for one in messages if one.message.received_at <= until]
    if not judged:
        raise NotFound(f"{case} had no message at {until:%Y-%m-%d %H:%M} UTC")
    told = [explanation(one, house.judge) for one in judged]
    if as_json:
        write_json(told)
        return
    for one in told:
        console.print(
            safe(
                f"{one['received_at']}  {one['kind']} ({one['confidence']:.2f})  severity {one['severity'] or 'none'}"
                f"{'  for a person to look at' if one['needs_person'] else ''}"
            )
        )
        for flag in one["flags"]:
            console.print(safe(f'  {flag["flag"]}: "{flag["quote"]}"'))
            console.print(safe(f"    {flag['rule']}: {flag['says']}"))
        console.print(safe(f"  judged by {one['model']}; {one['again']}"))


def _beside(lately: float, before: float | None) -> str:
    return f"{lately:.0%} ({f'{before:.0%}' if before is not None else '-'})"


def _sums(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for name, count in pairs:
        found[name] += count
    return dict(found)


def _shares(judged: Mapping[str, int], corrected: Mapping[str, int]) -> dict[str, dict[str, float]]:
    return {
        name: {
            "judged": count,
            "corrected": corrected.get(name, 0),
            "agreement": round(1 - corrected.get(name, 0) / count, 4),
        }
        for name, count in sorted(judged.items())
    }


def _is_lowered(correction: Correction) -> bool:
    return (correction.severity or 0) < (correction.severity_before or 0)


def _lines(file: Path) -> Iterator[str]:
    if str(file) == "-":
        yield from sys.stdin
        return
    with file.open(encoding="utf-8", errors="replace") as opened:
        yield from track(opened, description="judging", console=errors, disable=not sys.stderr.isatty())

"""Figures from measurements: medians over rounds, figures a message, tables for the terminal."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TypeAlias

from rich.console import Console
from rich.table import Table

from bench import model
from bench.measure import Measured
from bench.model import Model

#: What each variant is, in the order in which they run.
VARIANTS: Mapping[str, str] = {
    "ours": "Amends, the whole journey",
    "plain": "the plain pipeline, SQLite as it comes",
    "plain_tuned": "the plain pipeline, SQLite with WAL",
    "bare": "spaCy alone",
}
#: What each kind of input is.
KINDS: Mapping[str, str] = {
    "mails": "raw mails as they were received: ham, spam, bounces, broken ones",
    "letters": "customers' texts as plain mails, nearly each of which becomes a case",
    "posts": "posts of X",
}

#: The step that every variant has, by the same name.
JUDGE = "judge"

#: Where Linux tells what its processors can do, and what one calls it that adds up products of int8 in one instruction.
_CPU_INFO, _VNNI = Path("/proc/cpuinfo"), ("avx512_vnni", "avx_vnni")

#: By kind of input and variant.
Results: TypeAlias = Mapping[tuple[str, str], Measured]


def median_of(runs: Sequence[Measured]) -> Measured:
    """Give the medians over several runs of one variant; what came of the messages is from the last."""
    last = runs[-1]
    return Measured(
        messages=last.messages,
        wall_s=median(run.wall_s for run in runs),
        cpu_s=median(run.cpu_s for run in runs),
        peak_mib=median(run.peak_mib for run in runs),
        before_mib=median(run.before_mib for run in runs),
        steps_s={step: median(run.steps_s[step] for run in runs) for step in last.steps_s},
        facts=last.facts,
    )


def figures(results: Results, kind: str) -> list[tuple[str, ...]]:
    """Give a row for each variant: what it is, messages a second, ms a message, both against the plain one, MiB."""
    plain = results[kind, "plain"]
    return [
        (
            title,
            f"{found.messages / found.wall_s:,.0f}",
            f"{plain.wall_s / found.wall_s:.2f}",
            f"{1000 * found.cpu_s / found.messages:.2f}",
            f"{plain.cpu_s / found.cpu_s:.2f}",
            f"{found.peak_mib:.0f}",
            f"{found.peak_mib - found.before_mib:.0f}",
        )
        for name, title in VARIANTS.items()
        for found in (results[kind, name],)
    ]


#: The columns of `figures`.
COLUMNS = (
    "",
    "messages a second",
    "times plain",
    "processor ms a message",
    "times plain",
    "peak MiB",
    "of it for messages",
)


def steps(found: Measured) -> list[tuple[str, str, str]]:
    """Give a row for each step: its name, processor ms a message, its share."""
    whole = sum(found.steps_s.values()) or 1.0
    return [
        (step, f"{1000 * spent / found.messages:.3f}", f"{spent / whole:.0%}") for step, spent in found.steps_s.items()
    ]


def all_but_judging(found: Measured) -> float:
    """Give the share of the processor time that does not go into judging texts, from 0 to 1."""
    whole = sum(found.steps_s.values()) or 1.0
    return 1 - found.steps_s.get(JUDGE, 0.0) / whole


def all_but_judging_ms(found: Measured) -> float:
    """Give the processor ms a message that do not go into judging texts."""
    spent = sum(found.steps_s.values()) - found.steps_s.get(JUDGE, 0.0)
    return 1000 * spent / found.messages


def processor(cpu_info: Path = _CPU_INFO) -> str:
    """Say what kind of processor this is: with VNNI the encoder is twice as fast."""
    try:
        can = set(cpu_info.read_text(encoding="utf-8", errors="replace").split())
    except OSError:
        return platform.machine()
    return f"{platform.machine()}, {'without' if can.isdisjoint(_VNNI) else 'with'} VNNI"


def machine(*, rounds: int, seed: int, sync_ms: float, busy: float) -> str:
    """Say on what this was measured. `busy` is how many other processes wanted to run before it began."""
    return (
        f"{os.cpu_count()} cores ({processor()}), {platform.system()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, SQLAlchemy {version('sqlalchemy')}, spaCy {version('spacy')}; "
        f"forcing 4 KiB to disk takes {sync_ms:.2f} ms; {busy:.1f} other processes at work when it began; "
        f"medians of {rounds} rounds, seed {seed}"
    )


def show_models(models: Sequence[Model], console: Console) -> None:
    """Print what the models cost, and what was aimed at."""
    shown = Table(title="The model, beside spaCy's own", title_justify="left")
    for number, column in enumerate(model.COLUMNS):
        shown.add_column(column, justify="right" if number else "left")
    for row in model.rows(models):
        shown.add_row(*row)
    console.print(shown)
    console.print(f"aimed at: {model.aims(models)}")


def show(results: Results, console: Console) -> None:
    """Print everything."""
    for kind, what in KINDS.items():
        shown = Table(title=f"{results[kind, 'ours'].messages} {kind}: {what}", title_justify="left")
        for number, column in enumerate(COLUMNS):
            shown.add_column(column, justify="right" if number else "left")
        for row in figures(results, kind):
            shown.add_row(*row)
        console.print(shown)
    for name in ("ours", "plain"):
        shown = Table(title=f"{VARIANTS[name]}: processor ms a message by step", title_justify="left")
        shown.add_column("step")
        for kind in KINDS:
            shown.add_column(kind, justify="right")
            shown.add_column("share", justify="right")
        for rows in zip(*(steps(results[kind, name]) for kind in KINDS), strict=True):
            shown.add_row(rows[0][0], *(cell for row in rows for cell in row[1:]))
        console.print(shown)
    for kind in KINDS:
        for name in VARIANTS:
            if facts := results[kind, name].facts:
                console.print(f"{kind}, {name}: " + ", ".join(f"{count:,} {fact}" for fact, count in facts.items()))

"""Writes the measured part of `docs/performance.md`, between its two markers; the rest is written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from bench import model
from bench.model import LETTERS, Model
from bench.report import COLUMNS, KINDS, VARIANTS, Results, all_but_judging, all_but_judging_ms, figures, steps

#: What everything but judging may cost, against a pipeline that only parses, inserts and commits: decision 0018.
AT_MOST_TIMES_PLAIN = 1.1

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def write_page(page: Path, results: Results, models: Sequence[Model], *, about: str) -> None:
    """Replace what stands between the markers.

    Raises:
        ValueError: the page has not both of them.
    """
    replace_between(page, BEGIN, END, measured(results, models, about=about))


def replace_between(page: Path, begin: str, end: str, written: str) -> None:
    """Replace what stands between two markers.

    Raises:
        ValueError: the page has not both of them.
    """
    head, found_begin, rest = page.read_text(encoding="utf-8").partition(begin)
    _, found_end, tail = rest.partition(end)
    if not found_begin or not found_end:
        raise ValueError(f"{page.name} needs the markers {begin} and {end}")
    page.write_text(f"{head}{begin}\n\n{written}\n{end}{tail}", encoding="utf-8")


def measured(results: Results, models: Sequence[Model], *, about: str) -> str:
    """Give the measured part as Markdown."""
    parts = [f"Measured on {about}.\n"]
    for kind, what in KINDS.items():
        parts.append(f"### {results[kind, 'ours'].messages:,} {kind}: {what}\n")
        parts.append(table(COLUMNS, figures(results, kind)))
        parts.append(f"What came of them: {_came_of_it(results, kind)}.\n")
    parts.append("### Where the processor time goes\n")
    for name in ("ours", "plain"):
        parts.append(f"{VARIANTS[name][0].upper()}{VARIANTS[name][1:]}, processor ms a message:\n")
        by_kind = [steps(results[kind, name]) for kind in KINDS]
        rows = [(rows[0][0], *(cell for row in rows for cell in row[1:])) for rows in zip(*by_kind, strict=True)]
        parts.append(table(["step", *(cell for kind in KINDS for cell in (kind, "share"))], rows))
    shares = ", ".join(f"{all_but_judging(results[kind, 'ours']):.0%} of {kind}" for kind in KINDS)
    parts.append(f"All that is not judging takes {shares}: {_beside_judging(results)}.\n")
    parts.append("### The model\n")
    parts.append(f"On {model.MESSAGES} posts of {LETTERS[0]} to {LETTERS[-1]} letters, one core, in batches:\n")
    parts.append(table(model.COLUMNS, model.rows(models)))
    parts.append(f"What was aimed at: {model.aims(models)}.\n")
    return "\n".join(parts)


def _beside_judging(results: Results) -> str:
    ours, plain = ([all_but_judging_ms(results[kind, name]) for kind in KINDS] for name in ("ours", "plain"))
    met = all(one <= AT_MOST_TIMES_PLAIN * other for one, other in zip(ours, plain, strict=True))
    told = [", ".join(f"{one:.2f}" for one in each) for each in (ours, plain)]
    return (
        f"{told[0]} ms a message. The plain pipeline's takes {told[1]} ms; at most {AT_MOST_TIMES_PLAIN:g} times as "
        f"much was aimed at{'' if met else ' (**not met**)'}"
    )


def _came_of_it(results: Results, kind: str) -> str:
    ours, plain = results[kind, "ours"].facts, results[kind, "plain"].facts
    delivered = ours["delivered"]
    a_reply = (
        f"; delivering {delivered:,} replies into files took {ours['delivery_cpu_us'] / delivered / 1000:.2f} ms of "
        "processor time each, which is not counted above"
        if delivered
        else ""
    )
    return (
        f"Amends took in {ours['ingested']:,} (duplicates: {ours['duplicate']:,}, unreadable: {ours['parked']:,}), "
        f"opened {ours['cases']:,} cases, set {ours['set_aside']:,} aside as automatic or unwanted mail, wrote "
        f"{ours['drafts']:,} drafts and {ours['audit_entries']:,} entries of the audit trail{a_reply}. "
        f"The plain pipeline opened a case for every message but the {plain['failed']:,} on which the standard parser "
        f"raised, and read {plain['characters']:,} characters where ours read "
        f"{results[kind, 'bare'].facts['characters']:,}"
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table as Markdown."""
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"

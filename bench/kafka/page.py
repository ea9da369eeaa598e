"""Writes its own block of `docs/performance.md`; the rest of the page is left as it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.kafka.latency import percentile
from bench.kafka.report import COLUMNS, JOURNEY, Results, aims, figures, listed
from bench.page import replace_between, table

BEGIN, END = "<!-- measured on kafka: begin -->", "<!-- measured on kafka: end -->"


def write_page(page: Path, results: Results, latencies_s: Sequence[float], *, rate: float, about: str) -> None:
    """Replace what stands between the markers.

    Raises:
        ValueError: the page has not both of them.
    """
    replace_between(page, BEGIN, END, measured(results, latencies_s, rate=rate, about=about))


def measured(results: Results, latencies_s: Sequence[float], *, rate: float, about: str) -> str:
    """Give the block as Markdown. `latencies_s` are sorted."""
    p50, p99 = (1000 * percentile(latencies_s, percent) for percent in (50, 99))
    rows = figures(results)
    rows.append(
        (f"from arrival to case at {rate:.0f} messages a second", f"p50 {p50:,.0f} ms, p99 {p99:,.0f} ms", *[""] * 5)
    )
    lines = [
        f"- {aim}: {found}{'' if is_met else ' (**not met**)'}" for aim, found, is_met in aims(results, p99 / 1000)
    ]
    came_of_it = listed(results[f"{JOURNEY} 1"].facts)
    return "\n".join(
        [
            f"Measured on {about}.\n",
            table(COLUMNS, rows),
            "What was aimed at, and what was measured:\n",
            *lines,
            f"\nWhat the journey wrote: {came_of_it}; the latency is that of {len(latencies_s):,} messages.\n",
        ]
    )

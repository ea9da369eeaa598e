"""The variants, what they are called, and what is made of their figures."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import TypeAlias

from rich.console import Console
from rich.table import Table

from bench.kafka.house import BUS, CONSTANT, SHIPPED
from bench.kafka.processes import BROKER, DATABASE
from bench.measure import Measured
from bench.report import processor

#: Stands for the folder of the `textcat` that both sides judge with.
TEXTCAT = "textcat"

#: What is aimed at.
PLUMBING_A_SECOND, TIMES_PLAIN, P99_S = 3000, 3.0, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One thing that is measured. No stages: the plain consumer."""

    title: str
    judged_by: str
    stages: tuple[str, ...] = ()
    workers: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether it is the plain consumer."""
        return not self.stages

    @property
    def is_quick(self) -> bool:
        """Whether it is done with a few thousand messages in seconds: it gets more of them."""
        return self.judged_by != SHIPPED


def _ours(title: str, judged_by: str, *stages: str, workers: tuple[int, ...] = (1, 2)) -> dict[str, Variant]:
    each = " a stage" if len(stages) > 1 else ""
    return {
        f"{title} {count}": Variant(
            title=f"{title}, {count} worker{'s' if count > 1 else ''}{each}",
            judged_by=judged_by,
            stages=stages,
            workers=count,
        )
        for count in workers
    }


TRIAGE = "Amends, until each message has its case"
JOURNEY = "Amends, until replies are drafted, checked and queued"
DELIVERED = "Amends, until replies lie in a folder"
FILING = "triage with a constant judge: all but judging"
BUS_ALONE = "the bus alone: a row and a record a message"
WITH_TEXTCAT = "Amends with textcat, until each message has its case"
JOURNEY_WITH_TEXTCAT = "Amends with textcat, until replies are drafted, checked and queued"
PLAIN, PLAIN_TEXTCAT = "plain", "plain textcat"

#: By a name for the variant, in the order in which they run and are told.
VARIANTS: Mapping[str, Variant] = {
    **_ours(BUS_ALONE, CONSTANT, BUS),
    **_ours(FILING, CONSTANT, "triage"),
    **_ours(TRIAGE, SHIPPED, "triage"),
    **_ours(JOURNEY, SHIPPED, "triage", "respond"),
    **_ours(DELIVERED, SHIPPED, "triage", "respond", "deliver"),
    PLAIN: Variant(title="the plain consumer, the shipped model", judged_by=SHIPPED),
    **_ours(WITH_TEXTCAT, TEXTCAT, "triage", workers=(1, 2, 4)),
    **_ours(JOURNEY_WITH_TEXTCAT, TEXTCAT, "triage", "respond"),
    PLAIN_TEXTCAT: Variant(title="the plain consumer with textcat", judged_by=TEXTCAT),
}

#: By variant.
Results: TypeAlias = Mapping[str, Measured]

COLUMNS = (
    "",
    "messages a second",
    "times plain",
    "processor ms a message",
    "of it Amends or the consumer",
    "PostgreSQL",
    "Kafka",
)


def figures(results: Results) -> list[tuple[str, ...]]:
    """Give a row for each variant. What judges nothing is compared with nothing."""
    return [
        (
            VARIANTS[name].title,
            f"{a_second(found):,.0f}",
            "" if VARIANTS[name].judged_by == CONSTANT else f"{times_plain(results, name):.2f}",
            f"{1000 * found.cpu_s / found.messages:.2f}",
            f"{1000 * _own_s(found) / found.messages:.2f}",
            f"{1000 * found.steps_s.get(DATABASE, 0.0) / found.messages:.2f}",
            f"{1000 * found.steps_s.get(BROKER, 0.0) / found.messages:.2f}",
        )
        for name, found in results.items()
    ]


def a_second(found: Measured) -> float:
    """Give messages a second."""
    return found.messages / found.wall_s


def times_plain(results: Results, name: str) -> float:
    """Say how many times as fast a variant is as the plain consumer with the same model."""
    plain = PLAIN_TEXTCAT if VARIANTS[name].judged_by == TEXTCAT else PLAIN
    return a_second(results[name]) / a_second(results[plain])


def aims(results: Results, p99_s: float) -> list[tuple[str, str, bool]]:
    """Give what was aimed at, what was measured, and whether that is enough."""
    bus = max(a_second(results[name]) for name in results if name.startswith(BUS_ALONE))
    filing = max(a_second(results[name]) for name in results if name.startswith(FILING))
    triage = max(times_plain(results, name) for name in results if name.startswith(WITH_TEXTCAT))
    journey = max(times_plain(results, name) for name in results if name.startswith(JOURNEY_WITH_TEXTCAT))
    return [
        (
            f"the plumbing alone does at least {PLUMBING_A_SECOND:,} messages a second",
            f"the bus alone {bus:,.0f}, with filing {filing:,.0f}",
            bus >= PLUMBING_A_SECOND,
        ),
        (
            f"with textcat at least {TIMES_PLAIN:.0f} times as fast as the plain consumer",
            f"{triage:.2f} times until each message has its case, {journey:.2f} times until replies are queued",
            triage >= TIMES_PLAIN,
        ),
        (
            f"99 of 100 messages have their case within {P99_S:.0f} s of their arrival",
            f"{1000 * p99_s:,.0f} ms",
            p99_s < P99_S,
        ),
    ]


def about(
    *, servers: str, rounds: int, messages: int, of_quick_ones: int, seed: int, sync_ms: float, busy: float
) -> str:
    """Say on what this was measured. `busy` is how many other processes wanted to run before it began."""
    taken = "one round" if rounds == 1 else f"medians of {rounds} rounds"
    return (
        f"{os.cpu_count()} cores ({processor()}) that both servers share, {platform.system()}, "
        f"Python {platform.python_version()}, {servers}, kafka-python {version('kafka-python')}, "
        f"psycopg {version('psycopg')}, SQLAlchemy {version('sqlalchemy')}, spaCy {version('spacy')}; "
        f"fsync on; forcing 4 KiB to disk takes {sync_ms:.2f} ms; {busy:.1f} other processes at work when it began; "
        f"{messages:,} messages, {of_quick_ones:,} without the shipped model, {taken}, seed {seed}"
    )


def show(results: Results, console: Console) -> None:
    """Print the figures."""
    shown = Table(title="On Kafka and PostgreSQL", title_justify="left")
    for number, column in enumerate(COLUMNS):
        shown.add_column(column, justify="right" if number else "left")
    for row in figures(results):
        shown.add_row(*row)
    console.print(shown)
    for name, found in results.items():
        console.print(f"{VARIANTS[name].title}: " + listed(found.facts))


def listed(facts: Mapping[str, int]) -> str:
    """Write counts in one line."""
    return ", ".join(f"{count:,} {fact.replace('_', ' ')}" for fact, count in facts.items())


def _own_s(found: Measured) -> float:
    return sum(spent for part, spent in found.steps_s.items() if part not in {DATABASE, BROKER})

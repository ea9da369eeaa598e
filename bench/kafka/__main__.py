"""`python -m bench.kafka`: every variant on the same messages, in rounds; writes its block of `docs/performance.md`.

It starts a broker and a database of its own, on loopback, in a folder that goes with it.
The variants take turns within a round, so that whatever else the machine does meets
them alike, and the figures are medians over the rounds.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench import textcat
from bench.corpus import LAY_OUT, Corpus, shared_data
from bench.journey import PAGE, sync_ms_of
from bench.kafka.latency import latencies_s, percentile
from bench.kafka.page import write_page
from bench.kafka.report import (
    BUS_ALONE,
    TEXTCAT,
    VARIANTS,
    Results,
    Variant,
    about,
    aims,
    show,
)
from bench.kafka.runs import Ours, run_ours, run_plain
from bench.kafka.servers import Servers, running
from bench.measure import Measured
from bench.report import median_of
from tests.servers.ports import NoServer
from triage.pipeline import MODEL_DIR

#: Both open cases, nearly every one: a text as a mail, and a text as a post.
_KINDS = ("letters", "posts")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark. Exit code 1 when something that is aimed at is missed."""
    asked = _asked(arguments)
    if asked.messages < asked.rate * asked.seconds:
        # Rather than after all rounds.
        raise SystemExit(f"--messages must be at least --rate times --seconds, {asked.rate * asked.seconds:.0f}")
    console = Console()
    data = shared_data()
    if not data.is_dir():
        console.print(f"the labelled data is not at {data}; set AMENDS_SHARED_DATA to its folder")
        return 2
    busy, _, _ = os.getloadavg()
    with tempfile.TemporaryDirectory(prefix="amends-bench-", dir=asked.folder) as made:
        folder = Path(made)
        corpora = [
            LAY_OUT[kind](data, folder / kind, at_most=asked.messages // len(_KINDS), seed=asked.seed)
            for kind in _KINDS
        ]
        many = [
            LAY_OUT[kind](data, folder / f"many-{kind}", at_most=asked.quick_messages // len(_KINDS), seed=asked.seed)
            for kind in _KINDS
        ]
        learnt = folder / TEXTCAT
        textcat.learn(learnt)
        sync_ms = sync_ms_of(folder)
        try:
            with running(folder, settings={"batch": str(asked.batch)} if asked.batch else {}) as servers:
                results = _rounds(servers, corpora, many, learnt, asked.rounds, console)
                took_s = latencies_s(servers, corpora, rate=asked.rate, seconds=asked.seconds)
                versions = servers.versions()
        except NoServer as why:
            console.print(str(why))
            return 2
    said = about(
        servers=versions,
        rounds=asked.rounds,
        messages=sum(corpus.messages for corpus in corpora),
        of_quick_ones=sum(corpus.messages for corpus in many),
        seed=asked.seed,
        sync_ms=sync_ms,
        busy=busy,
    )
    console.print(said)
    show(results, console)
    console.print(
        f"from arrival to case at {asked.rate:.0f} messages a second: "
        f"p50 {percentile(took_s, 50):.3f} s, p99 {percentile(took_s, 99):.3f} s"
    )
    if asked.write:
        write_page(PAGE, results, took_s, rate=asked.rate, about=said)
        console.print(f"written: docs/{PAGE.name}")
    missed = [aim for aim in aims(results, percentile(took_s, 99)) if not aim[2]]
    for aim, found, _ in missed:
        console.print(f"[red]missed: {aim}: {found}[/red]")
    return 1 if missed else 0


def _rounds(
    servers: Servers,
    corpora: Sequence[Corpus],
    many: Sequence[Corpus],
    learnt: Path,
    rounds: int,
    console: Console,
) -> Results:
    # A Java server is slow until it has worked for a while.
    _run(servers, corpora, VARIANTS[f"{BUS_ALONE} 1"], learnt)
    runs: dict[str, list[Measured]] = {name: [] for name in VARIANTS}
    for number in range(rounds):
        for name, variant in VARIANTS.items():
            console.print(f"[dim]round {number + 1} of {rounds}: {variant.title}[/dim]")
            runs[name].append(_run(servers, many if variant.is_quick else corpora, variant, learnt))
    return {name: median_of(found) for name, found in runs.items()}


def _run(servers: Servers, corpora: Sequence[Corpus], variant: Variant, learnt: Path) -> Measured:
    if variant.is_plain:
        return run_plain(servers, corpora, model=learnt if variant.judged_by == TEXTCAT else MODEL_DIR)
    return run_ours(
        servers,
        corpora,
        Ours(
            stages=dict.fromkeys(variant.stages, variant.workers),
            judged_by=str(learnt) if variant.judged_by == TEXTCAT else variant.judged_by,
            until_shipped=_is_the_bus(variant),
        ),
    )


def _is_the_bus(variant: Variant) -> bool:
    return variant.title.startswith(BUS_ALONE)


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.kafka", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=4000, help="how many messages each variant takes (4000)")
    # They are done with some hundreds or thousands a second: of few, the beginning and the end would be much of it.
    parser.add_argument("--quick-messages", type=int, default=10_000, help="the same without the shipped model (10000)")
    parser.add_argument("--seed", type=int, default=1, help="draws the messages and their order (default: 1)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each variant runs (default: 3)")
    parser.add_argument("--rate", type=float, default=100, help="messages a second, for the latency (default: 100)")
    parser.add_argument("--seconds", type=float, default=30, help="how long they arrive at that rate (default: 30)")
    parser.add_argument("--batch", type=int, default=0, help="records in one transaction (default: the setting's own)")
    parser.add_argument("--folder", type=Path, help="where to work: choose a real disk (default: the temporary folder)")
    parser.add_argument("--no-write", dest="write", action="store_false", help="leave docs/performance.md as it is")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())

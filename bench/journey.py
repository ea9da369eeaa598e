"""`python -m bench.journey`: every variant on the same messages, in rounds; writes `docs/performance.md`.

The variants take turns within a round, so that whatever else the machine does meets
them alike, and the figures are medians over the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

from rich.console import Console

from bench import model
from bench.corpus import LAY_OUT, Corpus, shared_data
from bench.measure import Measured
from bench.page import write_page
from bench.report import KINDS, VARIANTS, Results, machine, median_of, show, show_models

_ROOT = Path(__file__).resolve().parents[1]
PAGE = _ROOT / "docs" / "performance.md"
_PREPARE = "prepare"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark. Exit code 1 when ours is slower than the plain pipeline on any kind of input."""
    asked = _asked(arguments)
    data = shared_data()
    console = Console()
    if not data.is_dir():
        console.print(f"the labelled data is not at {data}; set AMENDS_SHARED_DATA to its folder")
        return 2
    busy, _, _ = os.getloadavg()
    runs: dict[tuple[str, str], list[Measured]] = {(kind, name): [] for kind in KINDS for name in VARIANTS}
    with tempfile.TemporaryDirectory(prefix="amends-bench-", dir=asked.folder) as made:
        folder = Path(made)
        sync_ms = sync_ms_of(folder)
        corpora = {
            kind: LAY_OUT[kind](data, folder / kind, at_most=getattr(asked, kind), seed=asked.seed) for kind in KINDS
        }
        for corpus in corpora.values():
            _run(_PREPARE, corpus, folder)
        for number in range(asked.rounds):
            for kind, corpus in corpora.items():
                for name in VARIANTS:
                    console.print(f"[dim]round {number + 1} of {asked.rounds}: {corpus.messages} {kind}, {name}[/dim]")
                    found = _run(name, corpus, folder)
                    if found is not None:
                        runs[kind, name].append(found)
    console.print("[dim]the model, beside spaCy's own[/dim]")
    models = model.measured(data)
    results: Results = {key: median_of(found) for key, found in runs.items()}
    about = machine(rounds=asked.rounds, seed=asked.seed, sync_ms=sync_ms, busy=busy)
    console.print(about)
    show(results, console)
    show_models(models, console)
    if asked.write:
        write_page(PAGE, results, models, about=about)
        console.print(f"written: docs/{PAGE.name}")
    slower = [kind for kind in KINDS if results[kind, "ours"].wall_s > results[kind, "plain"].wall_s]
    if slower:
        console.print(f"[red]slower than the plain pipeline on {' and '.join(slower)}[/red]")
    return 1 if slower else 0


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.journey", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, help="at most so many of each kind; the defaults are below")
    parser.add_argument("--mails", type=int, default=10_000, help="at most so many mails (default: all there are)")
    parser.add_argument("--letters", type=int, default=2000, help="at most so many letters (default: 2000)")
    parser.add_argument("--posts", type=int, default=3000, help="at most so many posts (default: 3000)")
    parser.add_argument("--seed", type=int, default=1, help="draws the messages and their order (default: 1)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each variant runs (default: 3)")
    parser.add_argument("--folder", type=Path, help="where to work: choose a real disk (default: the temporary folder)")
    parser.add_argument("--no-write", dest="write", action="store_false", help="leave docs/performance.md as it is")
    asked = parser.parse_args(arguments)
    if asked.messages is not None:
        asked.mails = asked.letters = asked.posts = asked.messages
    return asked


def _run(name: str, corpus: Corpus, folder: Path) -> Measured | None:
    corpus_file, result_file = folder / "corpus.json", folder / "result.json"
    corpus_file.write_text(json.dumps(corpus.as_json()))
    # Settings of the person who runs this must not change what is measured.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AMENDS_")}
    environment["PYTHONPATH"] = str(_ROOT)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        command = [sys.executable, "-m", "bench.variant", name, str(corpus_file), work, str(result_file)]
        subprocess.run(  # noqa: S603
            command, check=True, cwd=work, env=environment
        )
    return None if name == _PREPARE else Measured(**json.loads(result_file.read_text()))


def sync_ms_of(folder: Path) -> float:
    """Say how long this disk takes to force a small write, in milliseconds: what a durable commit cannot go below."""
    took = []
    with (folder / "sync").open("wb") as file:
        for _ in range(50):
            file.write(bytes(4096))
            file.flush()
            began = perf_counter()
            os.fsync(file.fileno())
            took.append(perf_counter() - began)
    return median(took) * 1000


if __name__ == "__main__":
    sys.exit(main())

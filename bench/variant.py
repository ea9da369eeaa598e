"""Runs one variant once, in a process of its own: `python -m bench.variant NAME CORPUS FOLDER RESULT`.

`CORPUS` and `RESULT` are JSON files. A process of its own gives each variant its own
peak of memory and its own caches.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from bench import bare, ours, plain
from bench.corpus import Corpus
from bench.measure import Measured

VARIANTS: Mapping[str, Callable[[Corpus, Path], Measured]] = {
    "ours": ours.run,
    "bare": lambda corpus, _folder: bare.run(corpus),
    "plain": lambda corpus, folder: plain.run(corpus, folder, is_tuned=False),
    "plain_tuned": lambda corpus, folder: plain.run(corpus, folder, is_tuned=True),
}

#: Not a variant: writes the texts that `bare` reads.
PREPARE = "prepare"


def main(name: str, corpus_file: str, folder: str, result_file: str) -> None:
    """Run `name` and write what it measured."""
    corpus = Corpus.of_json(json.loads(Path(corpus_file).read_text()))
    if name == PREPARE:
        bare.write_texts(corpus, Path(folder))
        return
    measured = VARIANTS[name](corpus, Path(folder))
    Path(result_file).write_text(json.dumps(measured.as_json()))


if __name__ == "__main__":
    main(*sys.argv[1:])

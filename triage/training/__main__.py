"""Training the shipped pipeline: `python -m triage.training [DATA] [--out DIR]`.

Reads the public sets in DATA (default: the shared data beside the repository) and our own
messages, chooses temperature and floors on held-out texts, fits on everything, writes the
pipeline, and prints what it did. A few minutes on one core; the same seed gives the same weights.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from triage.components import KINDS, KindClassifier
from triage.components.tokens import blank_pipeline
from triage.pipeline import MODEL_DIR
from triage.training.calibrate import choose, held_out_scores
from triage.training.learn import Settings, feature_rows, fit_average
from triage.training.sources import LINEAR, PUBLIC_DATA, own_examples, public_examples

#: The version written into the model's name; raise it when the shipped weights change.
VERSION = "0.2.0"


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and write the pipeline."""
    parser = argparse.ArgumentParser(prog="python -m triage.training", description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=PUBLIC_DATA, help="the folder of *.train.jsonl")
    parser.add_argument("--out", type=Path, default=MODEL_DIR, help="where the pipeline is written")
    options = parser.parse_args(arguments)
    settings = Settings()
    examples = public_examples(options.data, LINEAR) + own_examples(LINEAR)
    rows = feature_rows(examples)
    kinds = np.array([KINDS.index(example.kind) for example in examples], dtype=np.int64)
    weights = np.array([example.weight for example in examples], dtype=np.float32)
    _say(f"{len(examples)} texts; judging each by a model that has not seen it")
    chosen = choose(examples, kinds, held_out_scores(examples, rows, kinds, weights, settings))
    _say(f"temperature {chosen.temperature}; {chosen.found}")
    fitted = fit_average(rows, kinds, weights, settings)
    nlp = blank_pipeline(version=VERSION)
    nlp.add_pipe("amends_passages")
    classifier = nlp.add_pipe("amends_kind")
    if not isinstance(classifier, KindClassifier):
        raise TypeError(f"amends_kind made a {type(classifier).__name__}")
    classifier.set_model(weights=fitted.weights, bias=fitted.bias, temperature=chosen.temperature)
    nlp.add_pipe("amends_flags")
    nlp.to_disk(options.out)
    chosen.calibration.write(options.out)
    about = {"texts": Counter(example.source for example in examples), "held_out": chosen.found}
    (options.out / "training.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    _say(f"written to {options.out}")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

"""Training the shipped pipeline: `python -m triage.training [DATA] [--out DIR] [--work DIR] [--seeds N]`.

    prepare ─▶ fit ─▶ export ─▶ calibrate ─▶ write

1. prepare: the public sets in DATA (default: the shared data beside the repository) and our own messages; the
   vocabulary is cut to what they need.
2. fit: the encoder and its heads, once for each seed; each seed's weights are kept in `--work`, and averaged. With
   `--again` a seed whose weights lie there is not fitted again.
3. export: an ONNX graph with int8 weights.
4. calibrate: temperatures, bands and thresholds, by what the exported graph says of texts that were not learnt from.
   With `--calibrate` this alone is done again, for the pipeline in `--out`; that needs nothing that trains.
5. write: the whole pipeline, ready to be loaded.

Our own test messages and the dev sides of the public sets take no part in any of it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt
import spacy

from triage.components.encoder import SOURCE_HEAD, WINDOW_PIECES, Encoder, readable_by_the_encoder
from triage.components.tokens import blank_pipeline
from triage.pipeline import MODEL_DIR
from triage.training.calibrate import Chosen, calibrated
from triage.training.sources import (
    DEFINITIONS,
    OURS,
    PUBLIC_DATA,
    Example,
    own_examples,
    public_examples,
)

#: The version written into the model's name; raise it when the shipped weights change.
VERSION = "0.6.0"

#: Texts with these folds are learnt from by nobody: what is chosen is chosen on them.
HELD_OUT = range(10)

#: On texts with these folds it is measured how large the numbers between the layers grow.
MEASURED = range(10, 16)

#: Where fitted weights are kept: a fit takes long.
WORK = Path(__file__).parents[2] / "build" / "triage"


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and write the pipeline."""
    parser = argparse.ArgumentParser(prog="python -m triage.training", description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=PUBLIC_DATA, help="the folder of *.train.jsonl")
    parser.add_argument("--out", type=Path, default=MODEL_DIR, help="where the pipeline is written")
    parser.add_argument("--work", type=Path, default=WORK, help="where fitted weights are kept")
    parser.add_argument("--seeds", type=int, default=1, help="how many fits are averaged (1)")
    parser.add_argument("--epochs", type=int, default=4, help="how often each text is seen (4)")
    parser.add_argument("--again", action="store_true", help="use those weights that were fitted before")
    parser.add_argument("--calibrate", action="store_true", help="only calibrate again the pipeline in --out")
    parser.add_argument("--arithmetic", default="integer", help="integer, stored or float: see export.py")
    options = parser.parse_args(arguments)
    if options.calibrate:
        return _calibrated_again(options)
    try:
        from triage.training.export import Arithmetic, graph_of
        from triage.training.vocabulary import cut_vocabulary
    except ImportError as why:
        _say(f"{why.name} is missing: use `make model`, which installs what training needs")
        return 2
    began = monotonic()
    examples = public_examples(options.data) + own_examples()
    learnt = [example for example in examples if example.fold not in HELD_OUT]
    held_out = _held_out(examples)
    _say(f"{len(learnt)} texts to learn from, {len(held_out)} held out; of each source: {_counts(examples)}")
    tokenizer, rows = cut_vocabulary(readable_by_the_encoder(example.text) for example in learnt)
    params = _fitted(learnt, held_out, tokenizer, rows, options)
    _say(f"fitted after {monotonic() - began:.0f} s")
    nlp = blank_pipeline(version=VERSION)
    nlp.add_pipe("amends_passages")
    encoder = nlp.add_pipe("amends_encoder")
    if not isinstance(encoder, Encoder):
        raise TypeError(f"amends_encoder made a {type(encoder).__name__}")
    encoder.set_model(
        graph=graph_of(params, Arithmetic(options.arithmetic), _measured(learnt, tokenizer)),
        tokenizer=tokenizer,
        heads=_heads(params["heads"]),
    )
    nlp.add_pipe("amends_flags")
    chosen = calibrated(nlp, held_out)
    nlp.to_disk(options.out)
    _write(options.out, chosen, {"texts": _counts(examples)})
    _say(f"written to {options.out} after {monotonic() - began:.0f} s")
    return 0


def _calibrated_again(options: argparse.Namespace) -> int:
    about = json.loads((options.out / "training.json").read_text(encoding="utf-8"))
    held_out = _held_out(public_examples(options.data) + own_examples())
    _say(f"{len(held_out)} texts that were not learnt from: {_counts(held_out)}")
    _write(options.out, calibrated(spacy.load(options.out), held_out), {"texts": about["texts"]})
    return 0


def _held_out(examples: Sequence[Example]) -> list[Example]:
    return [one for one in examples if one.fold in HELD_OUT] + own_examples("held_out")


def _write(out: Path, chosen: Chosen, about: dict[str, Any]) -> None:
    for name, told in chosen.found.items():
        _say(f"{name}: {told}")
    chosen.calibration.write(out)
    text = json.dumps(about | {"held_out": chosen.found}, indent=2)
    (out / "training.json").write_text(text + "\n", encoding="utf-8")


def _fitted(
    learnt: Sequence[Example], held_out: Sequence[Example], tokenizer: Any, rows: Any, options: argparse.Namespace
) -> Any:
    from triage.training.batches import windows
    from triage.training.fit import Settings, average, fit, macro_f1, scores
    from triage.training.network import Params, read_base
    from triage.training.store import read_params, write_params
    from triage.training.vocabulary import base_weights

    settings = Settings(epochs=options.epochs)
    base = read_base(base_weights(), rows)
    cut, kept_back = windows(learnt, tokenizer), windows(held_out, tokenizer)
    _say(f"{sum(len(window.ids) for window in cut)} pieces in {len(cut)} windows")

    def told(epoch: int, params: Params) -> None:
        write_params(options.work / "unfinished.npz", params)
        found = scores(params, held_out, kept_back, tokenizer)
        for source in ("xci", "cesamard", OURS):
            mine = [at for at, example in enumerate(held_out) if example.source == source]
            value = macro_f1(found["kind"][mine], [held_out[at].kind for at in mine])
            _say(f"  after epoch {epoch}: held-out {source} ({len(mine)}): macro-F1 {value:.1f}")

    each: list[Params] = []
    for seed in range(1, options.seeds + 1):
        kept = options.work / f"seed-{seed}.npz"
        if not (options.again and kept.exists()):
            fitted = fit(base, learnt, cut, tokenizer, settings, seed=seed, say=_say, after_epoch=told)
            write_params(kept, fitted)
        each.append(read_params(kept))
    return average(each)


def _measured(learnt: Sequence[Example], tokenizer: Any) -> list[list[int]]:
    """Give some texts as ids, to measure on them what the layers multiply."""
    chosen = [readable_by_the_encoder(example.text) for example in learnt if example.fold in MEASURED]
    ends = [tokenizer.token_to_id(word) for word in ("[CLS]", "[SEP]")]
    return [[ends[0], *encoded.ids[:WINDOW_PIECES], ends[1]] for encoded in tokenizer.encode_batch(chosen)]


def _heads(heads: Mapping[str, Sequence[Any]]) -> dict[str, npt.NDArray[np.float32]]:
    """Give the heads that the component needs: those of texts, and what each definition beside ours adds."""
    found = {name: _with_bias(heads[name]) for name in ("kind", "harm")}
    by_source = np.split(_with_bias(heads["sources"]), len(DEFINITIONS), axis=1)
    return found | {f"{SOURCE_HEAD}{source}": head for source, head in zip(DEFINITIONS, by_source, strict=True)}


def _with_bias(head: Sequence[Any]) -> npt.NDArray[np.float32]:
    return np.concatenate([head[0], head[1][None, :]]).astype(np.float32)


def _counts(examples: Sequence[Example]) -> dict[str, int]:
    return dict(Counter(example.source for example in examples))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

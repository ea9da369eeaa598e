"""Training the shipped pipeline: `python -m triage.training [DATA] [--out DIR] [--work DIR] [--seeds N]`.

    prepare ─▶ fit ─▶ thin ─▶ distil ─▶ export ─▶ calibrate ─▶ write

1. prepare: the public sets in DATA (default: the shared data beside the repository) and our own messages; the
   vocabulary is cut to what they need.
2. fit: the encoder and its heads, once for each seed; each seed's weights are kept in `--work`, and averaged. With
   `--again` a seed whose weights lie there is not fitted again.
3. thin: as many layers with fewer heads and neurons each, for the first look.
4. distil: the thinner encoder is taught to say what the fitted one says. It is kept in `--work` too, each round of it.
5. export: ONNX graphs, those of the layers with int8 weights.
6. calibrate: temperatures, bands and thresholds, by what the exported graph says of texts that were not learnt from.
   With `--calibrate` this alone is done again, for the pipeline in `--out`; that needs nothing that trains.
7. write: the whole pipeline, ready to be loaded.

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
from triage.components.looks import Look, Words
from triage.components.tokens import blank_pipeline
from triage.pipeline import MODEL_DIR
from triage.training.calibrate import Chosen, calibrated
from triage.training.sources import (
    DEFINITIONS,
    OURS,
    PUBLIC_DATA,
    ROWS_TO_DISTIL,
    Example,
    own_examples,
    public_examples,
)

#: The version written into the model's name; raise it when the shipped weights change.
VERSION = "0.8.0"

#: Texts with these folds are learnt from by nobody: what is chosen is chosen on them.
HELD_OUT = range(10)

#: On texts with these folds it is measured how large the numbers between the layers grow.
MEASURED = range(10, 16)

#: What the pipeline is called.
NAME = "amends_triage"

#: Heads and inner neurons of a layer that the thinner encoder has; the fitted one has 12 and 1,536.
HEADS, NEURONS = 6, 512
#: So many texts tell which.
THINNED_ON = 700
#: What comes in as a post, of whatever source.
POSTS = "posts"

#: Where fitted weights are kept: a fit takes long.
WORK = Path(__file__).parents[2] / "build" / "triage"


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and write the pipeline."""
    parser = argparse.ArgumentParser(prog="python -m triage.training", description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=PUBLIC_DATA, help="the folder of *.train.jsonl")
    parser.add_argument("--out", type=Path, default=MODEL_DIR, help="where the pipeline is written, if not as shipped")
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
        from triage.training.export import Arithmetic, graph_of, words_of
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
    whole = _fitted(learnt, held_out, tokenizer, rows, options)
    _say(f"fitted after {monotonic() - began:.0f} s")
    thin = _distilled(whole, learnt, held_out, tokenizer, options)
    _say(f"distilled after {monotonic() - began:.0f} s")
    nlp = blank_pipeline(name=NAME, version=VERSION)
    nlp.add_pipe("amends_passages")
    encoder = nlp.add_pipe("amends_encoder")
    if not isinstance(encoder, Encoder):
        raise TypeError(f"amends_encoder made a {type(encoder).__name__}")
    measured = _measured(learnt, tokenizer)
    encoder.set_model(
        words=Words(graph=words_of(whole)),
        looks=[
            Look(graph=graph_of(params, Arithmetic(options.arithmetic), measured), heads=_heads(params["heads"]))
            for params in (thin, whole)
        ],
        tokenizer=tokenizer,
    )
    nlp.add_pipe("amends_flags")
    # Before it has judged: afterwards it remembers words of messages.
    nlp.to_disk(options.out)
    _write(options.out, calibrated(nlp, held_out), {"texts": _counts(examples)})
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
    from triage.training.fit import Settings, average, fit
    from triage.training.network import Params, read_base
    from triage.training.store import read_params, write_params
    from triage.training.vocabulary import base_weights

    settings = Settings(epochs=options.epochs)
    base = read_base(base_weights(), rows)
    cut, kept_back = windows(learnt, tokenizer), windows(held_out, tokenizer)
    _say(f"{sum(len(window.ids) for window in cut)} pieces in {len(cut)} windows")

    def told(epoch: int, params: Params) -> None:
        write_params(options.work / "unfinished.npz", params)
        _say(f"  after epoch {epoch}: held-out macro-F1: {_told(params, held_out, kept_back, tokenizer)}")

    each: list[Params] = []
    for seed in range(1, options.seeds + 1):
        kept = options.work / f"seed-{seed}.npz"
        if not (options.again and kept.exists()):
            fitted = fit(base, learnt, cut, tokenizer, settings, seed=seed, say=_say, after_epoch=told)
            write_params(kept, fitted)
            # What was made of other weights is of no use any more.
            for thinner in options.work.glob("thin-*.npz"):
                thinner.unlink()
        each.append(read_params(kept))
    return average(each)


def _told(params: Any, held_out: Sequence[Example], kept_back: Any, tokenizer: Any) -> str:
    from triage.training.fit import macro_f1, scores

    found = scores(params, held_out, kept_back, tokenizer)["kind"]
    told = []
    for source in ("xci", "cesamard", OURS):
        mine = [at for at, example in enumerate(held_out) if example.source == source]
        told.append(f"{source} ({len(mine)}) {macro_f1(found[mine], [held_out[at].kind for at in mine]):.1f}")
    return ", ".join(told)


def _distilled(
    whole: Any, learnt: Sequence[Example], held_out: Sequence[Example], tokenizer: Any, options: argparse.Namespace
) -> Any:
    from triage.training.batches import batches, windows
    from triage.training.distil import Lessons, Taught, distil, pieces_of, told_by
    from triage.training.store import read_params, write_params
    from triage.training.thin import thinner

    known = {example.text for example in learnt}
    rows = public_examples(options.data, ROWS_TO_DISTIL)
    examples = [*learnt, *(one for one in rows if one.fold not in HELD_OUT and one.text not in known)]
    cut, kept_back = windows(examples, tokenizer), windows(held_out, tokenizer)
    groups = [POSTS if one.channel in ("post", "social") else one.source for one in examples]
    # Posts are short: two pieces of each, and in the end six of each tweet, which come out worst.
    posts = [window for window in cut if groups[window.example] == POSTS]
    tweets = [window for window in cut if examples[window.example].source == "xci"]
    rounds = [(Lessons(steps=1800, rate=6e-4), [*cut, *posts]), (Lessons(steps=900, rate=2e-4), tweets * 6)]

    def told(params: Any) -> None:
        write_params(options.work / "unfinished.npz", params)
        _say(f"  held-out macro-F1: {_told(params, held_out, kept_back, tokenizer)}")

    rng = np.random.default_rng(1)
    some = [learnt[at] for at in rng.permutation(len(learnt))[:THINNED_ON]]
    thinned_on = [(batch.ids, batch.mask) for batch in batches(some, windows(some, tokenizer), tokenizer, None)]
    of_windows: list[Taught] = []
    made = None
    for number, (lessons, cut_up) in enumerate(rounds, 1):
        kept = options.work / f"thin-{number}.npz"
        if options.again and kept.exists():
            made = read_params(kept)
            continue
        if made is None:
            made = thinner(whole, thinned_on, heads=HEADS, neurons=NEURONS)
            told(made)
        # By the round's own number: a run that goes on with `--again` draws what a whole one would.
        pieces = pieces_of(cut_up, lambda window: groups[window.example], np.random.default_rng(number))
        # What the whole one says of the windows serves both rounds.
        of_windows = of_windows or told_by(whole, cut, tokenizer)
        taught = [*of_windows, *told_by(whole, pieces, tokenizer)]
        _say(
            f"round {number}: {len(cut)} windows and {len(pieces)} pieces, {sum(len(one.end) for one in taught)} tokens"
        )
        made = distil(
            whole,
            made,
            examples,
            taught,
            tokenizer,
            lessons,
            labelled=lambda window: not window.is_piece and window.example < len(learnt),
            seed=number,
            say=_say,
            now_and_then=told,
        )
        write_params(kept, made)
    return made


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

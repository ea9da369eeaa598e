"""Fitting the classifier: softmax regression by Adagrad with feature dropout, in plain numpy.

Dropout matters more than anything else here: with 0.6 of the features of each text left
out at each look, no single word decides, which is worth four points of macro-F1 on short posts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from triage.components.features import BUCKETS, all_rows, comparable, words_seen
from triage.components.kind import KINDS
from triage.components.tokens import blank_pipeline
from triage.text import readable
from triage.training.sources import Example

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to fit. The values were chosen by cross-validation on the training side of xci.

    `runs` fits that differ by their seed are averaged, which costs nothing when judging.
    """

    seed: int = 20250301
    runs: int = 3
    epochs: int = 25
    batch: int = 128
    rate: float = 0.3
    dropout: float = 0.6
    decay: float = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """Weights of shape (buckets, kinds) and a bias for each kind."""

    weights: Floats
    bias: Floats

    def scores(self, rows: Sequence[Integers]) -> Floats:
        """Give the scores, before softmax and temperature, of texts given by their feature rows."""
        found = np.zeros((len(rows), len(KINDS)), dtype=np.float32)
        for number, row in enumerate(rows):
            found[number] = self.weights[row].sum(axis=0) / np.sqrt(len(row)) + self.bias
        return found


def feature_rows(examples: Sequence[Example]) -> list[Integers]:
    """Turn texts into feature rows, exactly as the component reads them."""
    nlp = blank_pipeline()
    strings = nlp.vocab.strings
    rows: list[Integers] = []
    for example in examples:
        doc = nlp.make_doc(readable(example.text))
        words = words_seen([comparable(strings[word]) for word in doc.to_array("LOWER").tolist()])
        rows.append(np.array(all_rows(words), dtype=np.int64))
    return rows


def fit(
    rows: Sequence[Integers],
    kinds: Integers,
    weights: Floats,
    settings: Settings,
) -> Fitted:
    """Fit the classifier to texts given by their feature rows, kinds by column, and how much each counts.

    The same input and settings give the same weights on the same machine.
    """
    random = np.random.default_rng(settings.seed)
    table = np.zeros((BUCKETS, len(KINDS)), dtype=np.float32)
    bias = np.zeros(len(KINDS), dtype=np.float32)
    table_sum = np.full_like(table, 1e-3)
    bias_sum = np.full_like(bias, 1e-3)
    scale = np.array([1 / np.sqrt(len(row)) for row in rows], dtype=np.float32)
    truth = np.eye(len(KINDS), dtype=np.float32)[kinds]
    for _ in range(settings.epochs):
        order = random.permutation(len(rows))
        for first in range(0, len(rows), settings.batch):
            chosen = order[first : first + settings.batch]
            lengths = np.array([len(rows[text]) for text in chosen])
            flat = np.concatenate([rows[text] for text in chosen])
            kept = (random.random(len(flat)) >= settings.dropout).astype(np.float32) / (1 - settings.dropout)
            starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
            scores = np.add.reduceat(table[flat] * kept[:, None], starts, axis=0) * scale[chosen][:, None] + bias
            odds = softmax(scores)
            slope = (odds - truth[chosen]) * weights[chosen][:, None] / settings.batch
            spread = np.repeat(slope * scale[chosen][:, None], lengths, axis=0) * kept[:, None]
            touched, inverse = np.unique(flat, return_inverse=True)
            step = np.stack(
                [np.bincount(inverse, weights=spread[:, kind], minlength=len(touched)) for kind in range(len(KINDS))],
                axis=1,
            ).astype(np.float32)
            step += settings.decay * table[touched]
            table_sum[touched] += step * step
            table[touched] -= settings.rate * step / np.sqrt(table_sum[touched])
            lean = slope.sum(axis=0)
            bias_sum += lean * lean
            bias -= settings.rate * lean / np.sqrt(bias_sum)
    return Fitted(weights=table, bias=bias)


def fit_average(rows: Sequence[Integers], kinds: Integers, weights: Floats, settings: Settings) -> Fitted:
    """Fit `settings.runs` times, each with another seed, and give the mean: of a linear model, that is one model."""
    runs = [fit(rows, kinds, weights, replace(settings, seed=settings.seed + run)) for run in range(settings.runs)]
    return Fitted(
        weights=np.mean([run.weights for run in runs], axis=0, dtype=np.float32),
        bias=np.mean([run.bias for run in runs], axis=0, dtype=np.float32),
    )


def softmax(scores: Floats) -> Floats:
    """Turn scores into probabilities, row by row."""
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities: Floats = odds / odds.sum(axis=1, keepdims=True)
    return probabilities

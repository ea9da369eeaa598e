"""Turns examples into arrays: tokens, masks, and what each head should say, in batches of one length each.

A long text becomes several windows, as it does when it is judged (`triage/components/encoder.py`). Each window is
asked for the text's kind and harm, and for those flags whose words it holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from amends.domain.verdict import FlagName, Severity
from triage.components.encoder import KINDS, readable_by_the_encoder, windows_of
from triage.training.network import THRESHOLDS
from triage.training.sources import DEFINED_BY, DEFINITIONS, Example

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int32]

#: Lengths to which texts are filled up: each is compiled once.
LENGTHS = (16, 24, 32, 40, 48, 64, 80, 96, 128, 176, 256)
#: Tokens of one batch, about.
BATCH_TOKENS = 2048
#: What says that a source tells nothing about a head.
UNKNOWN = -1.0

_FLAGS = tuple(FlagName)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One window of a text. `spans` has the tokens (first, end) that raise a flag, by the flag's number.

    A piece (`distil.py`) is no window of its text: the text's labels do not hold for it.
    """

    example: int
    ids: Sequence[int]
    spans: Sequence[tuple[int, int, int]]
    is_piece: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Arrays with the texts as their first axis; a row without weight only fills up."""

    ids: Integers
    mask: npt.NDArray[np.bool_]
    weight: Floats
    kind: Integers
    #: Shape (texts, definitions): 1 for the one that a text's labels follow; nothing where it is ours.
    source: Floats
    #: Shape (texts, thresholds): 1 reached, 0 not, UNKNOWN.
    harm: Floats
    tone: Floats
    #: Shape (texts, tokens, flags); a row of UNKNOWN where a source marks no flags.
    spans: Floats


def windows(examples: Sequence[Example], tokenizer: Tokenizer) -> list[Window]:
    """Cut examples into windows."""
    found: list[Window] = []
    texts = [readable_by_the_encoder(example.text) for example in examples]
    for number, (example, encoded) in enumerate(zip(examples, tokenizer.encode_batch(texts), strict=True)):
        for first, end in windows_of(len(encoded.ids)):
            offsets = encoded.offsets[first:end]
            spans = [
                (_FLAGS.index(flag), *placed)
                for flag, start, stop in example.flags or ()
                if (placed := _tokens_of(offsets, start, stop)) is not None
            ]
            found.append(Window(example=number, ids=encoded.ids[first:end], spans=spans))
    return found


def _tokens_of(offsets: Sequence[tuple[int, int]], start: int, stop: int) -> tuple[int, int] | None:
    inside = [at for at, (left, right) in enumerate(offsets) if left < stop and right > start]
    return (inside[0], inside[-1] + 1) if inside else None


def batches(
    examples: Sequence[Example], cut: Sequence[Window], tokenizer: Tokenizer, rng: np.random.Generator | None
) -> Iterator[Batch]:
    """Give all windows in batches: shuffled by `rng`, or in order of their length."""
    for length, together in sorted_by_length(cut, rng):
        yield batch_of(examples, together, length, tokenizer)


def sorted_by_length(cut: Sequence[Window], rng: np.random.Generator | None) -> list[tuple[int, list[Window]]]:
    """Give all windows as they go together, each time with the length to which they are filled up."""
    by_length: dict[int, list[Window]] = {length: [] for length in LENGTHS}
    for window in cut:
        by_length[next(length for length in LENGTHS if len(window.ids) + 2 <= length)].append(window)
    made: list[tuple[int, list[Window]]] = []
    for length, of_it in by_length.items():
        if rng is not None:
            rng.shuffle(of_it)
        size = BATCH_TOKENS // length
        made += [(length, of_it[at : at + size]) for at in range(0, len(of_it), size)]
    if rng is not None:
        rng.shuffle(made)
    return made


def ends_and_fill(tokenizer: Tokenizer) -> tuple[int, int, int]:
    """Give the pieces that a window begins and ends with, and that which fills up."""
    ids: Any = [tokenizer.token_to_id(word) for word in ("[CLS]", "[SEP]", "[PAD]")]
    start, end, fill = ids
    return start, end, fill


def batch_of(examples: Sequence[Example], chosen: Sequence[Window], length: int, tokenizer: Tokenizer) -> Batch:
    """Make the arrays of some windows, filled up to a length."""
    size = BATCH_TOKENS // length
    start, end, fill = ends_and_fill(tokenizer)
    ids = np.full((size, length), fill, np.int32)
    mask = np.zeros((size, length), np.bool_)
    mask[:, 0] = True
    weight = np.zeros(size, np.float32)
    kind = np.zeros(size, np.int32)
    source = np.zeros((size, len(DEFINITIONS)), np.float32)
    harm = np.full((size, THRESHOLDS), UNKNOWN, np.float32)
    tone = np.full((size, THRESHOLDS), UNKNOWN, np.float32)
    spans = np.full((size, length, len(_FLAGS)), UNKNOWN, np.float32)
    for row, window in enumerate(chosen):
        example = examples[window.example]
        tokens = [start, *window.ids, end]
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = True
        weight[row] = example.weight
        kind[row] = KINDS.index(example.kind)
        if example.source in DEFINED_BY:
            source[row, DEFINITIONS.index(DEFINED_BY[example.source])] = 1.0
        if example.severity is not None:
            harm[row] = [example.severity >= step for step in (Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)]
        if example.tone is not None:
            tone[row] = [example.tone > step for step in range(1, THRESHOLDS + 1)]
        if example.flags is not None:
            spans[row] = 0.0
            for flag, first, stop in window.spans:
                spans[row, 1 + first : 1 + stop, flag] = 1.0
    return Batch(ids=ids, mask=mask, weight=weight, kind=kind, source=source, harm=harm, tone=tone, spans=spans)

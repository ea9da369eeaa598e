"""Teaches a thinner encoder to say what the whole one says, of texts with labels and of many without.

The thinner one (`thin.py`) has as many layers, so it is shown what the whole one makes of each token half way and at
the end, and what its heads say there. Labels count as well where a text has some. Texts without labels are rows of the
public sets that fitting leaves out, and pieces of texts: cut short, or the beginning of one and the end of another,
some words of them exchanged. What the whole encoder says of those teaches too (Jiao et al., TinyBERT, 2020).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import onnxruntime
import optax
from tokenizers import Tokenizer

from triage.training.batches import BATCH_TOKENS, Batch, Window, batch_of, ends_and_fill, sorted_by_length
from triage.training.export import watching
from triage.training.fit import USUAL_TOKENS, Settings, by_labels, kinds
from triage.training.network import SILENT, Params, answers, depth_of, embedded, layers_of, through
from triage.training.sources import Example

Halves = npt.NDArray[np.float16]

#: Texts of more tokens than this are cut short; shorter ones are put together.
_SHORT = 60
#: How long the pieces are, as shares of their texts.
_CUT, _JOINED = (0.25, 0.8), (0.3, 0.7)
#: In two pieces of five one word in twelve is exchanged.
_EXCHANGED_IN, _EXCHANGED = 0.4, 0.08
_MOST_JOINED = 120
_SAY_EVERY = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """How to teach. The numbers from `half` on are how much each part of the loss counts."""

    steps: int = 1800
    rate: float = 6e-4
    decay: float = 0.01
    warm_up: float = 0.05
    half: float = 0.3
    end: float = 1.0
    kind: float = 1.0
    #: By our own definition of the kinds, whichever a text's labels follow.
    ours: float = 0.5
    harm: float = 0.6
    spans: float = 3.0
    texts: float = 0.4
    #: How much labels count against what the whole encoder says.
    labels: float = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """A window with what the whole encoder makes of each of its tokens, ends included: shape (tokens, width)."""

    window: Window
    half: Halves
    end: Halves


def pieces_of(cut: Sequence[Window], group_of: Callable[[Window], str], rng: np.random.Generator) -> list[Window]:
    """Make a piece of each window: cut short, or joined with one of the same group. Nobody marked flags there."""
    groups: dict[str, list[Window]] = {}
    for window in cut:
        groups.setdefault(group_of(window), []).append(window)
    made: list[Window] = []
    for group in groups.values():
        words = np.concatenate([window.ids for window in group])
        for window in group:
            ids, count = list(window.ids), len(window.ids)
            if count > _SHORT:
                kept = int(count * rng.uniform(*_CUT))
                first = int(rng.integers(0, count - kept + 1))
                ids = ids[first : first + kept]
            else:
                other = list(group[rng.integers(len(group))].ids)
                ids = ids[: int(count * rng.uniform(*_JOINED))] + other[int(len(other) * rng.uniform(*_JOINED)) :]
            ids = ids[:_MOST_JOINED]
            if rng.random() < _EXCHANGED_IN:
                for at in np.flatnonzero(rng.random(len(ids)) < _EXCHANGED):
                    ids[at] = int(words[rng.integers(len(words))])
            if ids:
                made.append(Window(example=window.example, ids=ids, spans=(), is_piece=True))
    return made


def told_by(whole: Params, cut: Sequence[Window], tokenizer: Tokenizer) -> list[Taught]:
    """Ask the whole encoder about each window."""
    middle, last = (f"layer.{at - 1}.state" for at in (depth_of(whole) // 2, depth_of(whole)))
    session = onnxruntime.InferenceSession(watching(whole, [middle, last]), providers=["CPUExecutionProvider"])
    start, end, _ = ends_and_fill(tokenizer)
    order = sorted(range(len(cut)), key=lambda at: len(cut[at].ids))
    found: dict[int, Taught] = {}
    while order:
        size = max(1, BATCH_TOKENS // (len(cut[order[-1]].ids) + 2))
        rows, order = order[-size:], order[:-size]
        ids = np.zeros((len(rows), len(cut[rows[-1]].ids) + 2), np.int32)
        mask = np.zeros_like(ids)
        for row, at in enumerate(rows):
            tokens = [start, *cut[at].ids, end]
            ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
        half, all_of_it = (one.astype(np.float16) for one in session.run([middle, last], {"ids": ids, "mask": mask}))
        for row, at in enumerate(rows):
            tokens_ = len(cut[at].ids) + 2
            found[at] = Taught(window=cut[at], half=half[row, :tokens_].copy(), end=all_of_it[row, :tokens_].copy())
    return [found[at] for at in range(len(cut))]


def distil(
    whole: Params,
    thin: Params,
    examples: Sequence[Example],
    taught: Sequence[Taught],
    tokenizer: Tokenizer,
    lessons: Lessons,
    *,
    labelled: Callable[[Window], bool],
    seed: int,
    say: Callable[[str], None],
    now_and_then: Callable[[Params], None] = lambda _params: None,
) -> Params:
    """Teach `thin` what `whole` says; returns its weights. Vocabulary and heads of `whole` are where it starts."""
    kept = {name: jax.tree.map(jnp.asarray, thin[name]) for name in ("words", "places", "norm")}
    learning = {name: jax.tree.map(jnp.asarray, thin[name]) for name in ("layers", "heads")}
    heads = jax.tree.map(jnp.asarray, whole["heads"])
    spread = _spread([one.half for one in taught]), _spread([one.end for one in taught])
    rate = optax.warmup_cosine_decay_schedule(
        0.0, lessons.rate, int(lessons.warm_up * lessons.steps), lessons.steps, lessons.rate * 0.01
    )
    optimizer: Any = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(rate, b2=0.98, weight_decay=lessons.decay))
    state = optimizer.init(learning)

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(learning: Params, state: Any, kept: Params, heads: Params, given: dict[str, Any]) -> tuple[Any, ...]:
        def loss(learning: Params) -> jax.Array:
            return _loss({**kept, **learning}, heads, given, lessons, spread)

        found, slope = jax.value_and_grad(loss)(learning)
        change, state = optimizer.update(slope, state, learning)
        return optax.apply_updates(learning, change), state, found

    began, losses = monotonic(), []
    for given in _lessons(examples, taught, tokenizer, labelled, np.random.default_rng(seed), lessons.steps):
        learning, state, found = step(learning, state, kept, heads, given)
        losses.append(float(found))
        if len(losses) % _SAY_EVERY == 0:
            recent = sum(losses[-_SAY_EVERY:]) / _SAY_EVERY
            say(f"thinner: step {len(losses)} of {lessons.steps}, {monotonic() - began:.0f} s, loss {recent:.3f}")
        if len(losses) % (10 * _SAY_EVERY) == 0:
            now_and_then({**kept, **learning})
    made: Params = jax.tree.map(np.asarray, {**kept, **learning})
    return made


def _lessons(
    examples: Sequence[Example],
    taught: Sequence[Taught],
    tokenizer: Tokenizer,
    labelled: Callable[[Window], bool],
    rng: np.random.Generator,
    steps: int,
) -> Iterator[dict[str, Any]]:
    """Give so many batches, in ever new order, with what the whole encoder said."""
    of_window = {id(one.window): one for one in taught}
    width = taught[0].end.shape[1]
    while True:
        for length, together in sorted_by_length([one.window for one in taught], rng):
            if steps == 0:
                return
            steps -= 1
            batch = batch_of(examples, together, length, tokenizer)
            half = np.zeros((*batch.ids.shape, width), np.float16)
            end = np.zeros_like(half)
            by_label = np.zeros(len(batch.ids), np.float32)
            for row, window in enumerate(together):
                told = of_window[id(window)]
                half[row, : len(told.half)], end[row, : len(told.end)] = told.half, told.end
                by_label[row] = labelled(window)
            arrays = {name: getattr(batch, name) for name in Batch.__dataclass_fields__}
            yield arrays | {"half": half, "end": end, "labelled": by_label}


def _loss(
    params: Params, whole: Params, given: dict[str, Any], lessons: Lessons, spread: tuple[float, float]
) -> jax.Array:
    batch = Batch(**{name: given[name] for name in Batch.__dataclass_fields__})
    mask: Any = batch.mask
    middle = depth_of(params) // 2
    seen = jax.lax.stop_gradient(embedded(params, given["ids"]))
    half = through(layers_of(params, 0, middle), seen, mask)
    end = through(layers_of(params, middle), half, mask)
    inside = mask & (batch.weight > 0)[:, None]
    away = sum(
        counts * _away(state, given[name].astype(jnp.float32), inside) / usual
        for counts, state, name, usual in zip(
            (lessons.half, lessons.end), (half, end), ("half", "end"), spread, strict=True
        )
    )
    said = answers(params, end, mask, key=None, dropout=0.0)
    was = answers({"heads": whole}, given["end"].astype(jnp.float32), mask, key=None, dropout=0.0)
    each = (
        lessons.kind * _unlike(kinds(said, given["source"]), kinds(was, given["source"]))
        + lessons.ours * _unlike(said["kind"], was["kind"])
        + lessons.harm * _unlike_odds(said["harm"], was["harm"]).sum(axis=-1)
        + lessons.spans
        * (_unlike_odds(said["spans"], was["spans"]) * mask[:, :, None]).sum(axis=(1, 2))
        / jnp.maximum(mask.sum(axis=1), 8)
        + lessons.texts * _unlike_odds(_surest(said["spans"], mask), _surest(was["spans"], mask)).sum(axis=-1)
        + lessons.labels * given["labelled"] * by_labels(said, batch, Settings())
    )
    total: jax.Array = away + (each * batch.weight).sum() / (BATCH_TOKENS / USUAL_TOKENS)
    return total


def _away(state: jax.Array, wanted: jax.Array, inside: jax.Array) -> jax.Array:
    squares = ((state - wanted) ** 2).mean(axis=-1)
    mean: jax.Array = (squares * inside).sum() / jnp.maximum(inside.sum(), 1)
    return mean


def _unlike(said: jax.Array, was: jax.Array) -> jax.Array:
    found: jax.Array = optax.kl_divergence(jax.nn.log_softmax(said), jax.nn.softmax(was))
    return found


def _unlike_odds(said: jax.Array, was: jax.Array) -> jax.Array:
    found: jax.Array = optax.sigmoid_binary_cross_entropy(said, jax.nn.sigmoid(was))
    return found


def _surest(spans: jax.Array, mask: jax.Array) -> jax.Array:
    found: jax.Array = jnp.where(mask[:, :, None], spans, SILENT).max(axis=1)
    return found


def _spread(states: Sequence[Halves]) -> float:
    """Give how far the columns of states go from their means, squared, on average."""
    return float(np.var(np.concatenate(states[:2000]).astype(np.float32), axis=0).mean())

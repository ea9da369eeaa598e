"""Fine-tunes the encoder with its heads: AdamW, a rate that rises and falls, several seeds whose weights are averaged.

All seeds begin with the same base weights and see the same texts in another order. Weights that
came from one place may be averaged, which is as good as asking each and costs no more than one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from tokenizers import Tokenizer

from amends.domain.verdict import Kind
from triage.components.encoder import KINDS
from triage.training.batches import BATCH_TOKENS, Batch, Window, batches
from triage.training.network import SILENT, Params, answers, encode
from triage.training.sources import Example

# Random numbers on a processor: several times as fast as the usual ones.
jax.config.update("jax_default_prng_impl", "rbg")  # type: ignore[no-untyped-call]


#: Tokens of an average text: by these a batch's loss is that of such a text.
USUAL_TOKENS = 48
#: After so many steps it is said how far it is.
_SAY_EVERY = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to fit.

    The vocabulary and the first `still` layers stay as they are: they know English already, and to leave them costs
    little. `kind` to `texts` are how much the loss of each head counts; `texts` is that of a text's flags, `spans`
    that of each token's.
    """

    epochs: int = 4
    still: int = 1
    rate: float = 1.2e-4
    head_rate: float = 1e-3
    decay: float = 0.01
    warm_up: float = 0.1
    dropout: float = 0.1
    smoothing: float = 0.05
    kind: float = 1.0
    harm: float = 0.6
    tone: float = 0.15
    spans: float = 3.0
    texts: float = 0.4


def loss_of(params: Params, batch: Batch, key: jax.Array, settings: Settings) -> jax.Array:
    """Give the loss of a batch, per text of an average one."""
    first, second = jax.random.split(key)
    state = encode(params, batch.ids, batch.mask, key=first, dropout=settings.dropout, still=settings.still)  # type: ignore[arg-type]
    said = answers(params, state, batch.mask, key=second, dropout=settings.dropout)  # type: ignore[arg-type]
    # A batch of few long texts must not count as much as one of many short ones.
    mean: jax.Array = (by_labels(said, batch, settings) * batch.weight).sum() / (BATCH_TOKENS / USUAL_TOKENS)
    return mean


def by_labels(said: Params, batch: Batch, settings: Settings) -> jax.Array:
    """Give the loss of each text by its labels: shape (texts,)."""
    wanted = optax.smooth_labels(jax.nn.one_hot(batch.kind, len(KINDS)), settings.smoothing)
    kind = -(wanted * jax.nn.log_softmax(kinds(said, batch.source))).sum(axis=-1)  # type: ignore[arg-type]
    harm, tone = (_thresholds(said[name], getattr(batch, name)) for name in ("harm", "tone"))
    known = (batch.spans >= 0) & batch.mask[:, :, None]
    each = jnp.where(known, optax.sigmoid_binary_cross_entropy(said["spans"], jnp.maximum(batch.spans, 0.0)), 0.0)
    tokens = each.sum(axis=(1, 2)) / jnp.maximum(batch.mask.sum(axis=1), 8)
    surest = jnp.where(batch.mask[:, :, None], said["spans"], SILENT).max(axis=1)
    has = jnp.maximum(batch.spans, 0.0).max(axis=1)
    whole = (optax.sigmoid_binary_cross_entropy(surest, has) * known.any(axis=1)).sum(axis=-1)
    loss: jax.Array = (
        settings.kind * kind
        + settings.harm * harm
        + settings.tone * tone
        + settings.spans * tokens
        + settings.texts * whole
    )
    return loss


def kinds(said: Params, source: jax.Array) -> jax.Array:
    """Give the scores of kinds by the definition of each text's source."""
    scores: jax.Array = said["kind"] + (said["sources"] * source[:, :, None]).sum(axis=1)
    return scores


def _thresholds(said: jax.Array, wanted: Any) -> jax.Array:
    each = optax.sigmoid_binary_cross_entropy(said, jnp.maximum(wanted, 0.0))
    return jnp.where(wanted >= 0, each, 0.0).sum(axis=-1)


def fit(
    base: Params,
    examples: Sequence[Example],
    cut: Sequence[Window],
    tokenizer: Tokenizer,
    settings: Settings,
    *,
    seed: int,
    say: Callable[[str], None],
    after_epoch: Callable[[int, Params], None] = lambda _epoch, _params: None,
) -> Params:
    """Fine-tune from `base` on windows; returns the weights after the last epoch."""
    still = settings.still
    base = jax.tree.map(jnp.asarray, base)
    kept = {**base, "layers": jax.tree.map(lambda whole: whole[:still], base["layers"])}
    learning = {
        "layers": jax.tree.map(lambda whole: whole[still:], base["layers"]),
        "heads": jax.tree.map(jnp.copy, base["heads"]),
    }
    rng = np.random.default_rng(seed)
    steps = sum(1 for _ in batches(examples, cut, tokenizer, None)) * settings.epochs
    optimizer = _optimizer(settings, steps)
    state = optimizer.init(learning)

    def loss(learning: Params, kept: Params, batch: dict[str, Any], key: jax.Array) -> jax.Array:
        return loss_of(_whole(kept, learning), Batch(**batch), key, settings)

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(
        learning: Params, state: Any, kept: Params, batch: dict[str, Any], key: jax.Array
    ) -> tuple[Params, Any, jax.Array]:
        found, slope = jax.value_and_grad(loss)(learning, kept, batch, key)
        change, state = optimizer.update(slope, state, learning)
        return optax.apply_updates(learning, change), state, found

    key = jax.random.key(seed)
    began, done = monotonic(), 0
    for epoch in range(settings.epochs):
        losses: list[float] = []
        for batch in batches(examples, cut, tokenizer, rng):
            key, its_own = jax.random.split(key)
            learning, state, found = step(learning, state, kept, _arrays(batch), its_own)
            losses.append(float(found))
            done += 1
            if done % _SAY_EVERY == 0:
                recent = sum(losses[-_SAY_EVERY:]) / len(losses[-_SAY_EVERY:])
                say(f"seed {seed}: step {done} of {steps}, {monotonic() - began:.0f} s, loss {recent:.3f}")
        after_epoch(epoch + 1, _whole(kept, learning))
    fitted: Params = jax.tree.map(np.asarray, _whole(kept, learning))
    return fitted


def _whole(kept: Params, learning: Params) -> Params:
    layers = jax.tree.map(lambda lower, upper: jnp.concatenate([lower, upper]), kept["layers"], learning["layers"])
    return {**kept, "layers": layers, "heads": learning["heads"]}


def average(fitted: Sequence[Params]) -> Params:
    """Give the mean of several weights that came from the same base."""
    mean: Params = jax.tree.map(lambda *each: np.mean(np.stack(each), axis=0, dtype=np.float32), *fitted)
    return mean


def scores(
    params: Params, examples: Sequence[Example], cut: Sequence[Window], tokenizer: Tokenizer
) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    """Give the scores of texts by the heads `kind`, as their source defines it, and `harm`.

    Of a text of several windows it is their mean.
    """
    judge = jax.jit(_judge)
    order = sorted(range(len(cut)), key=lambda at: len(cut[at].ids))
    # The batches come in order of length, and within one as they stood.
    by_batch = iter(batches(examples, [cut[at] for at in order], tokenizer, None))
    found = {
        "kind": np.zeros((len(examples), len(KINDS)), np.float32),
        "harm": np.zeros((len(examples), 3), np.float32),
    }
    count = np.zeros(len(examples), np.float32)
    at = 0
    for batch in by_batch:
        said = judge(params, batch.ids, batch.mask, batch.source)
        rows = int((batch.weight > 0).sum())
        for row in range(rows):
            example = cut[order[at]].example
            for name, values in found.items():
                values[example] += np.asarray(said[name][row])
            count[example] += 1
            at += 1
    return {name: (values / np.maximum(count, 1)[:, None]).astype(np.float32) for name, values in found.items()}


def macro_f1(kinds: Any, truth: Sequence[Kind]) -> float:
    """Give the macro-F1 of complaint against not, from scores of kinds."""
    called = kinds.argmax(axis=1) == KINDS.index(Kind.COMPLAINT)
    is_so = np.array([kind is Kind.COMPLAINT for kind in truth])
    wrong = float((called != is_so).sum())
    right = (float((called & is_so).sum()), float((~called & ~is_so).sum()))
    return 100 * sum(2 * one / max(1.0, 2 * one + wrong) for one in right) / 2


def _judge(params: Params, ids: jax.Array, mask: jax.Array, source: jax.Array) -> Params:
    said = answers(params, encode(params, ids, mask, key=None, dropout=0.0), mask, key=None, dropout=0.0)
    return {"kind": kinds(said, source), "harm": said["harm"]}


def _arrays(batch: Batch) -> dict[str, Any]:
    return {name: getattr(batch, name) for name in Batch.__dataclass_fields__}


def _optimizer(settings: Settings, steps: int) -> Any:
    def rising_and_falling(most: float) -> Any:
        return optax.warmup_cosine_decay_schedule(0.0, most, int(settings.warm_up * steps), steps, most * 0.02)

    def group_of(path: tuple[Any, ...], _leaf: Any) -> str:
        return "heads" if path[0].key == "heads" else "body"

    return optax.chain(
        optax.clip_by_global_norm(3.0),
        optax.multi_transform(
            {
                "body": optax.adamw(rising_and_falling(settings.rate), weight_decay=settings.decay),
                "heads": optax.adamw(rising_and_falling(settings.head_rate), weight_decay=settings.decay),
            },
            lambda params: jax.tree_util.tree_map_with_path(group_of, params),
        ),
    )

"""The encoder and its heads in JAX: six layers of BERT's shape, and small questions asked of what they see.

`kind`
    A softmax over kinds, from the mean over all tokens.
`harm`
    How bad what happened is, from the mean over all tokens: three thresholds (medium, high, critical), each a
    probability of reaching it.
`peak`
    What a single token adds to `kind` and `harm`: of all tokens the one that says most, so that one grave clause of a
    long letter is not lost in the mean.
`sources`
    What a definition beside ours adds to `kind`, from the mean over all tokens: the labels of some public sets follow
    definitions of their own, and what is theirs alone must not move ours.
`tone`
    How openly blame is put, as the public sets grade it: three thresholds as well.
`spans`
    For each token and each flag, whether the token belongs to the words that raise it. A text carries a flag
    as surely as its surest token does.

Used in training only. What runs is `triage/components/encoder.py`, on the graph that `export.py` writes; a test
holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from safetensors.numpy import load_file

from amends.domain.verdict import FlagName
from triage.components.encoder import KINDS
from triage.training.sources import DEFINITIONS

#: A tree of arrays. The leaves under `layers` have the layers as their first axis.
Params: TypeAlias = dict[str, Any]

#: Columns of one attention head; how many heads a layer has is told by its weights.
HEAD_SIZE = 32
EPSILON = 1e-12
THRESHOLDS = 3
#: Heads: name -> outputs.
HEADS: Mapping[str, int] = {
    "kind": len(KINDS),
    "harm": THRESHOLDS,
    "tone": THRESHOLDS,
    "peak": len(KINDS) + THRESHOLDS,
    "sources": len(DEFINITIONS) * len(KINDS),
    "spans": len(FlagName),
}

#: What a token says that only fills up.
SILENT = -30.0

#: What a head says before it has learnt: few pieces raise a flag.
_FIRST: Mapping[str, float] = {"spans": -4.0}


def read_base(path: Path, rows: np.ndarray[Any, np.dtype[np.int64]]) -> Params:
    """Read the base weights, with the given rows of the vocabulary only, and make new heads beside them."""
    base = load_file(path)
    layers = range(sum(name.endswith("attention.self.query.weight") for name in base))

    def stacked(*names: str) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Give the named weights side by side, turned so that they are multiplied from the right."""
        each = [np.concatenate([base[f"encoder.layer.{at}.{name}"].T for name in names], axis=-1) for at in layers]
        return np.stack(each)

    qkv = [f"attention.self.{part}" for part in ("query", "key", "value")]
    width = base["embeddings.word_embeddings.weight"].shape[1]
    return {
        "words": base["embeddings.word_embeddings.weight"][rows],
        # All tokens are of the first and only segment.
        "places": base["embeddings.position_embeddings.weight"] + base["embeddings.token_type_embeddings.weight"][0],
        "norm": [base["embeddings.LayerNorm.weight"], base["embeddings.LayerNorm.bias"]],
        "layers": {
            "qkv": [stacked(*(f"{name}.weight" for name in qkv)), stacked(*(f"{name}.bias" for name in qkv))],
            "out": [stacked("attention.output.dense.weight"), stacked("attention.output.dense.bias")],
            "norm": [stacked("attention.output.LayerNorm.weight"), stacked("attention.output.LayerNorm.bias")],
            "wide": [stacked("intermediate.dense.weight"), stacked("intermediate.dense.bias")],
            "narrow": [stacked("output.dense.weight"), stacked("output.dense.bias")],
            "last": [stacked("output.LayerNorm.weight"), stacked("output.LayerNorm.bias")],
        },
        "heads": {
            name: [np.zeros((width, outputs), np.float32), np.full(outputs, _FIRST.get(name, 0.0), np.float32)]
            for name, outputs in HEADS.items()
        },
    }


def encode(
    params: Params, ids: jax.Array, mask: jax.Array, *, key: jax.Array | None, dropout: float, still: int = 0
) -> jax.Array:
    """Give what the last layer makes of each token: shape (texts, tokens, width).

    No dropout without a key. Nothing is learnt below the first `still` layers.
    """
    keys = jax.random.split(key, 1 + depth_of(params)) if key is not None else None
    seen = dropped(embedded(params, ids), keys[0] if keys is not None else None, dropout)
    its_keys = keys[1:] if keys is not None else None
    if still:
        below = its_keys[:still] if its_keys is not None else None
        seen = jax.lax.stop_gradient(through(layers_of(params, 0, still), seen, mask, keys=below, dropout=dropout))
    above = its_keys[still:] if its_keys is not None else None
    return through(layers_of(params, still), seen, mask, keys=above, dropout=dropout)


def depth_of(params: Params) -> int:
    """Give the number of layers."""
    return len(params["layers"]["qkv"][0])


def layers_of(params: Params, first: int, end: int | None = None) -> Params:
    """Give some of the layers."""
    some: Params = jax.tree.map(lambda whole: whole[first:end], params["layers"])
    return some


def embedded(params: Params, ids: jax.Array) -> jax.Array:
    """Give what goes into the first layer: shape (texts, tokens, width)."""
    return norm(params["words"][ids] + params["places"][: ids.shape[1]], params["norm"])


def through(
    layers: Params, state: jax.Array, mask: jax.Array, *, keys: jax.Array | None = None, dropout: float = 0.0
) -> jax.Array:
    """Send a state through layers."""

    def layer(state: jax.Array, given: tuple[Params, jax.Array | None]) -> tuple[jax.Array, None]:
        weights, its_key = given
        first, second = jax.random.split(its_key) if its_key is not None else (None, None)
        out = dense(looked(weights, state, mask), weights["out"])
        state = norm(state + dropped(out, first, dropout), weights["norm"])
        narrow = dense(bent(weights, state), weights["narrow"])
        return norm(state + dropped(narrow, second, dropout), weights["last"]), None

    last: jax.Array
    # Unrolled, what layers leave for the way back need not be gathered in one array: a sixth of a step.
    last, _ = jax.lax.scan(layer, state, (layers, keys), unroll=True)
    return last


def looked(weights: Params, state: jax.Array, mask: jax.Array) -> jax.Array:
    """Give what each head of a layer takes from the tokens it looks at: (texts, tokens, heads times HEAD_SIZE)."""
    qkv = dense(state, weights["qkv"])
    count, tokens, width = qkv.shape
    each = (count, tokens, width // (3 * HEAD_SIZE), HEAD_SIZE)
    query, key, value = (part.reshape(each).transpose(0, 2, 1, 3) for part in jnp.split(qkv, 3, axis=-1))
    scores = query @ key.swapaxes(-1, -2) / np.sqrt(HEAD_SIZE) + jnp.where(mask[:, None, None, :], 0.0, -1e9)
    return (jax.nn.softmax(scores) @ value).transpose(0, 2, 1, 3).reshape(count, tokens, width // 3)


def bent(weights: Params, state: jax.Array) -> jax.Array:
    """Give what the inner neurons of a layer say: shape (texts, tokens, neurons)."""
    # By its tanh: five times as fast on a processor as the exact one that the graph has, and the same to three digits.
    return jax.nn.gelu(dense(state, weights["wide"]), approximate=True)


def answers(params: Params, state: jax.Array, mask: jax.Array, *, key: jax.Array | None, dropout: float) -> Params:
    """Give the scores of each head.

    Those of texts are (texts, outputs), those of `sources` (texts, definitions, kinds) and those of `spans`
    (texts, tokens, flags).
    """
    inside = mask[:, :, None].astype(state.dtype)
    mean = (state * inside).sum(axis=1) / jnp.maximum(inside.sum(axis=1), 1.0)
    mean = dropped(mean, key, dropout)
    heads = params["heads"]
    peak = jnp.where(mask[:, :, None], dense(state, heads["peak"]), SILENT).max(axis=1)
    return {
        "kind": dense(mean, heads["kind"]) + peak[:, : len(KINDS)],
        "sources": dense(mean, heads["sources"]).reshape(-1, len(DEFINITIONS), len(KINDS)),
        "harm": dense(mean, heads["harm"]) + peak[:, len(KINDS) :],
        "tone": dense(mean, heads["tone"]),
        "spans": dense(state, heads["spans"]),
    }


def dense(state: jax.Array, weights: list[jax.Array]) -> jax.Array:
    """Multiply with weights and add their bias."""
    return state @ weights[0] + weights[1]


def norm(state: jax.Array, weights: list[jax.Array]) -> jax.Array:
    """Centre and scale each token's state, then stretch and move it by weights."""
    mean = state.mean(axis=-1, keepdims=True)
    spread = ((state - mean) ** 2).mean(axis=-1, keepdims=True)
    return (state - mean) * jax.lax.rsqrt(spread + EPSILON) * weights[0] + weights[1]


def dropped(state: jax.Array, key: jax.Array | None, share: float) -> jax.Array:
    """Leave out a share of the numbers, in steps of 1/256, and stretch the rest to the old mean; without key none."""
    if key is None or share == 0.0:
        return state
    # One random byte a number is enough, and a quarter of what would be drawn otherwise.
    gone = round(256 * share)
    kept = jax.random.bits(key, state.shape, jnp.uint8) >= gone
    return jnp.where(kept, state * (256 / (256 - gone)), 0.0)

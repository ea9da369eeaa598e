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

ATTENTION_HEADS = 12
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
    keys = jax.random.split(key, 1 + len(params["layers"]["qkv"][0])) if key is not None else None
    seen = params["words"][ids] + params["places"][: ids.shape[1]]
    seen = _drop(_norm(seen, params["norm"]), keys[0] if keys is not None else None, dropout)
    hidden = jnp.where(mask[:, None, None, :], 0.0, -1e9)

    def layer(state: jax.Array, given: tuple[Params, jax.Array | None]) -> tuple[jax.Array, None]:
        weights, its_key = given
        first, second = jax.random.split(its_key) if its_key is not None else (None, None)
        count, tokens, width = state.shape
        query, key_, value = (
            part.reshape(count, tokens, ATTENTION_HEADS, width // ATTENTION_HEADS)
            for part in jnp.split(_dense(state, weights["qkv"]), 3, axis=-1)
        )
        scores = jnp.einsum("bqhd,bkhd->bhqk", query, key_) / np.sqrt(width // ATTENTION_HEADS) + hidden
        looked = jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(scores), value)
        out = _dense(looked.reshape(count, tokens, width), weights["out"])
        state = _norm(state + _drop(out, first, dropout), weights["norm"])
        wide = jax.nn.gelu(_dense(state, weights["wide"]), approximate=False)
        state = _norm(state + _drop(_dense(wide, weights["narrow"]), second, dropout), weights["last"])
        return state, None

    layers = (params["layers"], keys[1:] if keys is not None else None)
    if still:
        seen, _ = jax.lax.scan(layer, seen, jax.tree.map(lambda whole: whole[:still], layers))
        seen = jax.lax.stop_gradient(seen)
    last: jax.Array
    last, _ = jax.lax.scan(layer, seen, jax.tree.map(lambda whole: whole[still:], layers))
    return last


def answers(params: Params, state: jax.Array, mask: jax.Array, *, key: jax.Array | None, dropout: float) -> Params:
    """Give the scores of each head.

    Those of texts are (texts, outputs), those of `sources` (texts, definitions, kinds) and those of `spans`
    (texts, tokens, flags).
    """
    inside = mask[:, :, None].astype(state.dtype)
    mean = (state * inside).sum(axis=1) / jnp.maximum(inside.sum(axis=1), 1.0)
    mean = _drop(mean, key, dropout)
    heads = params["heads"]
    peak = jnp.where(mask[:, :, None], _dense(state, heads["peak"]), SILENT).max(axis=1)
    return {
        "kind": _dense(mean, heads["kind"]) + peak[:, : len(KINDS)],
        "sources": _dense(mean, heads["sources"]).reshape(-1, len(DEFINITIONS), len(KINDS)),
        "harm": _dense(mean, heads["harm"]) + peak[:, len(KINDS) :],
        "tone": _dense(mean, heads["tone"]),
        "spans": _dense(state, heads["spans"]),
    }


def _dense(state: jax.Array, weights: list[jax.Array]) -> jax.Array:
    return state @ weights[0] + weights[1]


def _norm(state: jax.Array, weights: list[jax.Array]) -> jax.Array:
    mean = state.mean(axis=-1, keepdims=True)
    spread = ((state - mean) ** 2).mean(axis=-1, keepdims=True)
    return (state - mean) * jax.lax.rsqrt(spread + EPSILON) * weights[0] + weights[1]


def _drop(state: jax.Array, key: jax.Array | None, share: float) -> jax.Array:
    if key is None or share == 0.0:
        return state
    kept = jax.random.bernoulli(key, 1.0 - share, state.shape)
    return jnp.where(kept, state / (1.0 - share), 0.0)

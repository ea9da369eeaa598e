"""Makes a fitted encoder thinner: as many layers, of each only some attention heads and inner neurons.

Layer after layer those parts go that the others can best make up for, and what comes after the rest is fitted anew,
by least squares, to give what the whole layer gave (as Hassibi's and Stork's optimal brain surgeon does with single
weights, 1993). A thinner encoder so made is nearer to the whole one than one of the same cost that lacks layers; it is
where `distil.py` begins.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from triage.training.network import HEAD_SIZE, Params, bent, dense, depth_of, embedded, looked, norm

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

#: What is added to the squares of columns, as a share of their mean.
_RIDGE = 1e-3


def thinner(
    params: Params, texts: Iterable[tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]], *, heads: int, neurons: int
) -> Params:
    """Keep so many heads and inner neurons of each layer: those that are missed most on `texts` (ids and mask).

    A hundred tokens for each neuron that is kept are few: what is fitted on them does not hold for others.
    """
    ids, masks = zip(*texts, strict=True)
    first = jax.jit(embedded)
    whole: list[jax.Array] = [first(params, one) for one in ids]
    thin = list(whole)
    made: list[Params] = []
    for at in range(depth_of(params)):
        of_whole: Params = {name: [one[at] for one in both] for name, both in params["layers"].items()}
        layer = dict(of_whole)

        seen = _Seen()
        for of_it, its, mask in zip(whole, thin, masks, strict=True):
            seen.add(_parts(layer, its, mask)["looked"], _parts(of_whole, of_it, mask)["out"], mask)
        kept = _kept(seen, heads, HEAD_SIZE)
        of_all = np.concatenate([kept + part * len(seen.centre) for part in range(3)])
        layer["qkv"] = [one[..., of_all] for one in of_whole["qkv"]]
        layer["out"] = seen.fitted(kept)

        seen = _Seen()
        for of_it, its, mask in zip(whole, thin, masks, strict=True):
            seen.add(_parts(layer, its, mask)["bent"], _parts(of_whole, of_it, mask)["narrow"], mask)
        kept = _kept(seen, neurons, 1)
        layer["wide"] = [one[..., kept] for one in of_whole["wide"]]
        layer["narrow"] = seen.fitted(kept)

        for row, mask in enumerate(masks):
            thin[row] = _parts(layer, thin[row], mask)["state"]
            whole[row] = _parts(of_whole, whole[row], mask)["state"]
        made.append(layer)
    layers = {
        name: [np.stack([np.asarray(layer[name][which], np.float32) for layer in made]) for which in (0, 1)]
        for name in params["layers"]
    }
    return {**params, "layers": layers}


@jax.jit
def _parts(weights: Params, state: jax.Array, mask: jax.Array) -> dict[str, jax.Array]:
    found = {"looked": looked(weights, state, mask)}
    found["out"] = dense(found["looked"], weights["out"])
    middle = norm(state + found["out"], weights["norm"])
    found["bent"] = bent(weights, middle)
    found["narrow"] = dense(found["bent"], weights["narrow"])
    return found | {"state": norm(middle + found["narrow"], weights["last"])}


class _Seen:
    """What least squares need of what was given and of what is wanted of it, added up over texts."""

    def __init__(self) -> None:
        self._count = 0
        self._sums: Any = 0.0
        self._products: Any = 0.0

    def add(self, given: jax.Array, wanted: jax.Array, mask: Any) -> None:
        """Take the tokens of some texts: shapes (texts, tokens, columns)."""
        both = np.concatenate([np.asarray(given)[mask], np.asarray(wanted)[mask]], axis=1)
        self._width = given.shape[-1]
        self._count += len(both)
        self._sums = self._sums + both.sum(axis=0, dtype=np.float64)
        self._products = self._products + (both[:, : self._width].T @ both).astype(np.float64)

    @property
    def centre(self) -> Doubles:
        """The mean of each column that was given."""
        centre: Doubles = self._sums[: self._width] / self._count
        return centre

    def squares(self) -> Doubles:
        """Give the products of all columns with each other, about their means: (columns, columns)."""
        found = self._about_means()[:, : self._width].copy()
        found[np.diag_indices_from(found)] += _RIDGE * np.trace(found) / len(found)
        return found

    def wanted(self) -> Doubles:
        """Give their products with what is wanted: (columns, columns that are wanted)."""
        return self._about_means()[:, self._width :]

    def fitted(self, columns: npt.NDArray[np.int64]) -> list[Floats]:
        """Give weights and bias that make what is wanted of some of the columns."""
        weights = np.linalg.solve(self.squares()[np.ix_(columns, columns)], self.wanted()[columns])
        target = self._sums[self._width :] / self._count
        return [weights.astype(np.float32), (target - self.centre[columns] @ weights).astype(np.float32)]

    def _about_means(self) -> Doubles:
        found: Doubles = self._products - np.outer(self.centre, self._sums)
        return found


def _kept(seen: _Seen, keep: int, size: int) -> npt.NDArray[np.int64]:
    """Choose `keep` blocks of `size` columns from which what is wanted is told best; gives their columns.

    One block after the other goes whose loss the others make up for best; of many blocks several at once.
    """
    squares = seen.squares()
    weights = np.linalg.solve(squares, seen.wanted())
    inverse = np.linalg.inv(squares)
    left = np.arange(len(squares)).reshape(-1, size)
    while (over := len(left) - keep) > 0:
        missed = [
            float(np.sum(weights[block] * np.linalg.solve(inverse[np.ix_(block, block)], weights[block])))
            for block in left
        ]
        order = np.argsort(missed)
        gone = left[order[: 1 + (over - 1) // 8]].ravel()
        left = left[np.sort(order[1 + (over - 1) // 8 :])]
        back = np.linalg.solve(inverse[np.ix_(gone, gone)], np.hstack([weights[gone], inverse[gone]]))
        weights = weights - inverse[:, gone] @ back[:, : weights.shape[1]]
        inverse = inverse - inverse[:, gone] @ back[:, weights.shape[1] :]
    columns: npt.NDArray[np.int64] = left.ravel()
    return columns

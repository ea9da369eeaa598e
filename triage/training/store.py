"""Fitted weights in a file, so that what follows fitting can be done again without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from triage.training.network import Params


def write_params(path: Path, params: Params) -> None:
    """Write a tree of arrays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **dict(_leaves(params, "")))


def read_params(path: Path) -> Params:
    """Read what `write_params` wrote."""
    made: Params = {}
    with np.load(path, allow_pickle=False) as leaves:
        for name in leaves.files:
            *above, last = name.split("/")
            place = made
            for part in above:
                place = place.setdefault(part, {})
            place[last] = leaves[name]
    whole: Params = _with_lists(made)
    return whole


def _leaves(tree: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _leaves(value, f"{name}{key}/")
    elif isinstance(tree, list):
        for at, value in enumerate(tree):
            yield from _leaves(value, f"{name}{at}/")
    else:
        yield name[:-1], np.asarray(tree)


def _with_lists(tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    made = {key: _with_lists(value) for key, value in tree.items()}
    return [made[str(at)] for at in range(len(made))] if all(key.isdigit() for key in made) else made

"""One look at texts: the layers of an encoder as an ONNX graph, run by onnxruntime, and the heads on what it sees.

A graph takes `seen` (texts, tokens, width), what goes into its first layer, and `mask` (texts, tokens). It gives
`total` (texts, width), the sum of what the last layer makes of its tokens; `peak` (texts, kinds and thresholds),
the most that one token says; and `spans` (texts, tokens, flags), the scores of each token.

Looks of one encoder begin with the same vectors of words, so these lie beside them in a graph of their own: `ids`
(texts, tokens) give `seen`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

Floats = npt.NDArray[np.float32]

#: What the graph of words gives, and what that of a look gives.
SEEN, OUTPUTS = "seen", ("total", "peak", "spans")
#: To add and to norm in one node takes onnxruntime six times as long as in two: a quarter of a first look.
_NOT_FASTER = ["SkipLayerNormFusion"]
_GRAPH, _HEADS = "graph.onnx", "heads.npz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The vectors of the words, of their places, and what makes a token of both."""

    graph: bytes
    _session: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Load the graph.

        Raises:
            ValueError: it gives something else than is read here.
        """
        object.__setattr__(self, "_session", _session(self.graph, (SEEN,)))

    def seen(self, ids: npt.NDArray[np.int32]) -> Floats:
        """Give what goes into the first layer of any look: shape (texts, tokens, width)."""
        seen: Floats
        [seen] = self._session.run(None, {"ids": ids})
        return seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Layers and the weights of heads.

    `heads` have their bias as the last row. They are `kind`, `harm`, and one named `kind by SOURCE` for each source
    with a definition of its own.
    """

    graph: bytes
    heads: dict[str, Floats]
    _session: Any = field(init=False, repr=False)
    #: The weights of all heads side by side: to multiply once is quicker than once for each.
    _together: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Load the graph.

        Raises:
            ValueError: it gives something else than is read here.
        """
        object.__setattr__(self, "_session", _session(self.graph, OUTPUTS))
        object.__setattr__(self, "_together", np.concatenate(list(self.heads.values()), axis=1))

    @property
    def width(self) -> int:
        """Columns of what the last layer makes of a token."""
        return int(self.heads["kind"].shape[0]) - 1

    def run(self, seen: Floats, mask: npt.NDArray[np.int32]) -> tuple[Floats, Floats, Floats]:
        """Give total, peak and spans of some texts."""
        total, peak, spans = self._session.run(None, {SEEN: seen, "mask": mask})
        return total, peak, spans

    def answers(self, means: Floats) -> dict[str, Floats]:
        """Give what each head says of the mean over a text's tokens: (texts, width) to (texts, answers) each.

        Each row is multiplied by itself, for what is said of a text does not depend on the texts beside it.
        """
        said = (means[:, None, :] @ self._together[:-1])[:, 0] + self._together[-1]
        found, start = {}, 0
        for name, weights in self.heads.items():
            found[name] = said[:, start : start + weights.shape[1]]
            start += weights.shape[1]
        return found

    def to_disk(self, folder: Path) -> None:
        """Write graph and heads."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _GRAPH).write_bytes(self.graph)
        np.savez(folder / _HEADS, **self.heads)  # type: ignore[arg-type]

    @classmethod
    def from_disk(cls, folder: Path) -> Look:
        """Read what `to_disk` wrote.

        Raises:
            OSError, ValueError: it cannot be read, or was made by another version.
        """
        with np.load(folder / _HEADS, allow_pickle=False) as heads:
            return cls(graph=(folder / _GRAPH).read_bytes(), heads={name: heads[name] for name in heads.files})


def _session(graph: bytes, outputs: tuple[str, ...]) -> Any:
    options = onnxruntime.SessionOptions()
    # One worker uses one core: whoever wants more starts more workers.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        graph, options, providers=["CPUExecutionProvider"], disabled_optimizers=_NOT_FASTER
    )
    if tuple(output.name for output in session.get_outputs()) != outputs:
        raise ValueError("the encoder was made by another version of Amends; train again: make model")
    return session

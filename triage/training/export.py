"""Writes encoders as ONNX graphs that onnxruntime runs on a plain processor: one of words, one of each look's layers.

What goes in and comes out is told in `triage/components/looks.py`. A text of several windows adds up its sums, so the
heads that need the mean are left to the component.

The weights of the vocabulary are int8 with a scale for each row. Those of the layers are multiplied in one of three
ways (`Arithmetic`); which is shipped, and what each costs and gives, is in the model's card. In none of them does what
is said of a text depend on the texts beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from triage.components.looks import OUTPUTS, SEEN
from triage.training.network import EPSILON, HEAD_SIZE, SILENT, Params

_CONTRIB = "com.microsoft"
Floats = npt.NDArray[np.float32]

#: The axes of what goes in and comes out.
_Axes: TypeAlias = dict[str, Sequence[str]]
_IDS: _Axes = {"ids": ("texts", "tokens")}
_MASK: _Axes = {"mask": ("texts", "tokens")}
_SEEN: _Axes = {SEEN: ("texts", "tokens", "width")}
_ANSWERS: _Axes = dict(
    zip(OUTPUTS, (("texts", "width"), ("texts", "answers"), ("texts", "tokens", "flags")), strict=True)
)
_NUMBERS = {*_IDS, *_MASK}


class Arithmetic(StrEnum):
    """How the layers multiply."""

    #: Weights stored as int8 with a scale for each column, multiplied as floats.
    STORED = "stored"
    #: The same weights; what they are multiplied with becomes uint8, by a scale that was measured beforehand. Large
    #: columns of it are made smaller and the weights that meet them larger, half and half (Xiao et al., SmoothQuant,
    #: 2023).
    INTEGER = "integer"
    #: Floats throughout: what the others are compared with.
    FLOAT = "float"


#: Multiplications whose columns are made alike: those whose input comes from a norm, where few columns are large.
SMOOTHED = (".qkv", ".wide")


class _Graph:
    """Nodes and weights as they come together."""

    def __init__(self, arithmetic: Arithmetic, ranges: Mapping[str, Floats]) -> None:
        self.arithmetic = arithmetic
        self.ranges = ranges
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        #: Multiplication -> what is multiplied there.
        self.given: dict[str, str] = {}

    def weight(self, name: str, value: npt.NDArray[Any]) -> str:
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, *, contrib: bool = False, **attributes: Any) -> str:
        self.nodes.append(
            helper.make_node(kind, inputs, [output], name=output, domain=_CONTRIB if contrib else "", **attributes)
        )
        return output

    def dense(self, name: str, given: str, weights: Sequence[Floats], parts: int = 1) -> list[str]:
        """Multiply the last axis of `given` with weights (from, to), add their bias, and give that in equal parts."""
        self.given[name] = given
        names = [f"{name}.{part}" for part in range(parts)] if parts > 1 else [name]
        if self.arithmetic is Arithmetic.INTEGER:
            return self._by_integers(name, names, given, weights)
        cut = zip(names, *(np.split(one, parts, axis=-1) for one in weights), strict=True)
        return [self._multiplied(part, given, *of_it) for part, *of_it in cut]

    def _multiplied(self, name: str, given: str, weights: Floats, bias: Floats) -> str:
        match self.arithmetic:
            case Arithmetic.STORED:
                stored, scale = by_column(weights)
                parts = [self.weight(f"{name}.w8", stored), self.weight(f"{name}.scale", scale)]
                whole = self.node("DequantizeLinear", parts, f"{name}.w", axis=1)
                product = self.node("MatMul", [given, whole], name)
            case _:
                product = self.node("MatMul", [given, self.weight(f"{name}.w", weights)], name)
        return self.node("Add", [product, self.weight(f"{name}.b", bias)], f"{name}+")

    def _by_integers(self, name: str, names: list[str], given: str, weights: Sequence[Floats]) -> list[str]:
        least, most = self.ranges[name]
        matrix, bias = weights
        if name.endswith(SMOOTHED):
            smaller = np.sqrt(np.maximum(np.maximum(-least, most), 1e-5) / np.maximum(np.abs(matrix).max(axis=1), 1e-5))
            smaller = (smaller / np.exp(np.log(smaller).mean())).astype(np.float32)
            least, most, matrix = least / smaller, most / smaller, matrix * smaller[:, None]
            given = self.node("Mul", [given, self.weight(f"{name}.smaller", 1 / smaller)], f"{name}.smoothed")
        low, high = min(0.0, float(least.min())), max(0.0, float(most.max()))
        step = (high - low) / 255
        zero = self.weight(f"{name}.zero", np.array(round(-low / step), np.uint8))
        scale = self.weight(f"{name}.step", np.array(step, np.float32))
        given8 = self.node("QuantizeLinear", [given, scale, zero], f"{name}.given8")
        made = []
        for part, columns, its_bias in zip(
            names, np.split(matrix, len(names), axis=1), np.split(bias, len(names)), strict=True
        ):
            # One bit less than fits: processors without VNNI add up two products in 16 bits.
            stored, by = by_column(columns, most=63)
            inputs = [given8, self.weight(f"{part}.w8", stored), scale, self.weight(f"{part}.scale", by)]
            inputs += [zero, "", self.weight(f"{part}.b", its_bias)]
            made.append(self.node("MatMulIntegerToFloat", inputs, part, contrib=True))
        return made


def by_column(weights: Floats, *, most: int = 127) -> tuple[npt.NDArray[np.int8], Floats]:
    """Give int8 weights (from, to) and a scale for each column."""
    scale = np.maximum(np.abs(weights).max(axis=0), 1e-8) / most
    return np.clip(np.rint(weights / scale), -most, most).astype(np.int8), scale.astype(np.float32)


def words_of(params: Params) -> bytes:
    """Write the graph of words: `ids` give `seen`."""
    graph = _Graph(Arithmetic.FLOAT, {})
    _words(graph, params)
    return _written(graph, _IDS, _SEEN)


def graph_of(params: Params, arithmetic: Arithmetic, texts: Sequence[Sequence[int]] = ()) -> bytes:
    """Write the graph of the layers. Integers need `texts`, as ids with their ends, to measure what is multiplied."""
    graph = _Graph(arithmetic, _ranges(params, texts) if arithmetic is Arithmetic.INTEGER else {})
    _layers(graph, params)
    return _written(graph, _SEEN | _MASK, _ANSWERS)


def watching(params: Params, states: Sequence[str]) -> bytes:
    """Write words and layers as one graph in floats, with what is between the layers (`layer.2.state`) as outputs."""
    return _watching(params, states)[1]


def _ranges(params: Params, texts: Sequence[Sequence[int]]) -> dict[str, Floats]:
    """Give the least and the most of each column of what is multiplied: multiplication -> (2, columns)."""
    graph, written = _watching(params, None)
    names = list(graph.given)
    session = onnxruntime.InferenceSession(written, providers=["CPUExecutionProvider"])
    found: dict[str, Floats] = {}
    for text in texts:
        ids = np.array([text], np.int32)
        seen = dict(
            zip(
                names,
                session.run([graph.given[name] for name in names], {"ids": ids, "mask": ids * 0 + 1}),
                strict=True,
            )
        )
        for name, values in seen.items():
            both = np.stack([values[0].min(axis=0), values[0].max(axis=0)])
            before = found.get(name, both)
            found[name] = np.stack([np.minimum(both[0], before[0]), np.maximum(both[1], before[1])])
    return found


def _watching(params: Params, states: Sequence[str] | None) -> tuple[_Graph, bytes]:
    graph = _Graph(Arithmetic.FLOAT, {})
    _words(graph, params)
    _layers(graph, params)
    watched = sorted(set(graph.given.values())) if states is None else states
    return graph, _written(graph, _IDS | _MASK, _ANSWERS | {name: ("texts", "tokens", name) for name in watched})


def _words(graph: _Graph, params: Params) -> None:
    words = np.asarray(params["words"], np.float32)
    stored, scale = by_column(words.T)
    bits = [
        graph.node("Gather", [graph.weight("words8", stored.T), "ids"], "word8"),
        graph.node("Gather", [graph.weight("words.scale", scale[:, None]), "ids"], "word.scale"),
    ]
    word = graph.node("Mul", [graph.node("Cast", [bits[0]], "word.cast", to=TensorProto.FLOAT), bits[1]], "word")
    places = graph.weight("places", np.asarray(params["places"], np.float32))
    shape = graph.node("Shape", ["ids"], "tokens", start=1, end=2)
    ends = [graph.weight(f"places.{name}", np.array([at], np.int64)) for name, at in (("first", 0), ("axis", 1))]
    placed = graph.node("Slice", [places, ends[0], shape, ends[0], ends[1]], "placed")
    added = graph.node("Add", [word, placed], "embedded")
    gamma, beta = (graph.weight(f"norm.{at}", np.asarray(params["norm"][at], np.float32)) for at in (0, 1))
    graph.node("LayerNormalization", [added, gamma, beta], SEEN, axis=-1, epsilon=EPSILON)


def _layers(graph: _Graph, params: Params) -> None:
    state, layers = SEEN, params["layers"]
    for at in range(len(layers["qkv"][0])):
        state = _layer(
            graph, at, {name: [np.asarray(one[at], np.float32) for one in both] for name, both in layers.items()}, state
        )
    whole = graph.node("Cast", ["mask"], "mask.float", to=TensorProto.FLOAT)
    inside = graph.node("Unsqueeze", [whole, graph.weight("last", np.array([-1], np.int64))], "inside")
    kept = graph.node("Mul", [state, inside], "kept")
    tokens = graph.weight("of.tokens", np.array([1], np.int64))
    graph.node("ReduceSum", [kept, tokens], "total", keepdims=0)
    read = graph.node("Cast", ["inside"], "is_read", to=TensorProto.BOOL)
    silent = graph.weight("silent", np.array(SILENT, np.float32))
    each = graph.node("Where", [read, _asked(graph, "peaks", params["heads"]["peak"], state), silent], "peaks.read")
    graph.node("ReduceMax", [each, tokens], "peak", keepdims=0)
    _asked(graph, "spans", params["heads"]["spans"], state)


def _asked(graph: _Graph, name: str, head: Sequence[Any], state: str) -> str:
    weights, bias = (np.asarray(one, np.float32) for one in head)
    raw = graph.node("MatMul", [state, graph.weight(f"{name}.w", weights)], f"{name}.raw")
    return graph.node("Add", [raw, graph.weight(f"{name}.b", bias)], name)


def _written(graph: _Graph, inputs: _Axes, outputs: _Axes) -> bytes:
    """Write what gives `outputs` of `inputs`: names with their axes. What is no vector is a number of a token."""

    def told(of: _Axes) -> list[onnx.ValueInfoProto]:
        return [
            helper.make_tensor_value_info(
                name, TensorProto.INT32 if name in _NUMBERS else TensorProto.FLOAT, list(axes)
            )
            for name, axes in of.items()
        ]

    made = helper.make_graph(graph.nodes, "amends_encoder", told(inputs), told(outputs), graph.weights)
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid(_CONTRIB, 1)]
    model: onnx.ModelProto = helper.make_model(made, opset_imports=opsets, ir_version=10, producer_name="amends")
    written: bytes = model.SerializeToString()
    return written


def _layer(graph: _Graph, at: int, weights: dict[str, list[Floats]], state: str) -> str:
    name = f"layer.{at}"
    norms = {
        part: [graph.weight(f"{name}.{part}.{number}", value) for number, value in enumerate(weights[part])]
        for part in ("norm", "last")
    }
    parts = graph.dense(f"{name}.qkv", state, weights["qkv"], 3)
    heads = weights["qkv"][0].shape[1] // (3 * HEAD_SIZE)
    looked = graph.node("MultiHeadAttention", [*parts, "", "mask"], f"{name}.looked", contrib=True, num_heads=heads)
    [out] = graph.dense(f"{name}.out", looked, weights["out"])
    state = _added(graph, f"{name}.middle", [out, state], norms["norm"])
    [wide] = graph.dense(f"{name}.wide", state, weights["wide"])
    # By its tanh, as it was learnt with; the exact one takes half as long again.
    bent = graph.node("FastGelu", [wide], f"{name}.bent", contrib=True)
    [narrow] = graph.dense(f"{name}.narrow", bent, weights["narrow"])
    return _added(graph, f"{name}.state", [narrow, state], norms["last"])


def _added(graph: _Graph, name: str, both: list[str], norm: list[str]) -> str:
    # SkipLayerNormalization would do both, and takes several times as long.
    added = graph.node("Add", both, f"{name}.added")
    return graph.node("LayerNormalization", [added, *norm], name, axis=-1, epsilon=EPSILON)

"""Writes the fitted encoder as an ONNX graph that onnxruntime runs on a plain processor.

The graph takes `ids` and `mask` (texts, tokens) and gives `total` (texts, width), the sum of what the last layer
makes of each text's tokens, and `spans` (texts, tokens, flags), the scores of each token. A text of several windows
adds up its sums, so the heads that need the mean are left to the component.

The weights of the vocabulary are int8 with a scale for each row. Those of the layers are multiplied in one of three
ways (`Arithmetic`); which is shipped, and what each costs and gives, is in the model's card.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from triage.training.encoder.network import ATTENTION_HEADS, EPSILON, Params

_CONTRIB = "com.microsoft"
Floats = npt.NDArray[np.float32]


class Arithmetic(StrEnum):
    """How the layers multiply."""

    #: Weights stored as int8 with a scale for each column, multiplied as floats.
    STORED = "stored"
    #: The same weights; what they are multiplied with becomes uint8, with one scale for each batch.
    DYNAMIC = "dynamic"
    #: Weights and what they are multiplied with are int8, with a scale for each run of `BLOCK` numbers.
    BLOCKS = "blocks"
    #: Floats throughout: what the others are compared with.
    FLOAT = "float"


BLOCK = 32


class _Graph:
    """Nodes and weights as they come together."""

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic = arithmetic
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def weight(self, name: str, value: npt.NDArray[Any]) -> str:
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, *, contrib: bool = False, **attributes: Any) -> str:
        self.nodes.append(
            helper.make_node(kind, inputs, [output], name=output, domain=_CONTRIB if contrib else "", **attributes)
        )
        return output

    def multiply(self, name: str, given: str, weights: Floats) -> str:
        """Multiply the last axis of `given` with `weights` (from, to)."""
        match self.arithmetic:
            case Arithmetic.FLOAT:
                return self.node("MatMul", [given, self.weight(f"{name}.w", weights)], name)
            case Arithmetic.STORED:
                stored, scale = by_column(weights)
                parts = [self.weight(f"{name}.w8", stored), self.weight(f"{name}.scale", scale)]
                whole = self.node("DequantizeLinear", parts, f"{name}.w", axis=1)
                return self.node("MatMul", [given, whole], name)
            case Arithmetic.DYNAMIC:
                # One bit less than fits: processors without VNNI add up two products in 16 bits.
                stored, scale = by_column(weights, most=63)
                parts = [self.weight(f"{name}.w8", stored), self.weight(f"{name}.scale", scale)]
                return self.node("DynamicQuantizeMatMul", [given, *parts], name, contrib=True)
            case Arithmetic.BLOCKS:
                blocks, scales = by_block(weights)
                parts = [self.weight(f"{name}.w8", blocks), self.weight(f"{name}.scale", scales)]
                sizes = {"K": weights.shape[0], "N": weights.shape[1], "bits": 8, "block_size": BLOCK}
                return self.node("MatMulNBits", [given, *parts], name, contrib=True, accuracy_level=4, **sizes)


def by_column(weights: Floats, *, most: int = 127) -> tuple[npt.NDArray[np.int8], Floats]:
    """Give int8 weights (from, to) and a scale for each column."""
    scale = np.maximum(np.abs(weights).max(axis=0), 1e-8) / most
    return np.clip(np.rint(weights / scale), -most, most).astype(np.int8), scale.astype(np.float32)


def by_block(weights: Floats) -> tuple[npt.NDArray[np.uint8], Floats]:
    """Give uint8 weights (to, blocks, block) around 128, and a scale for each block (to, blocks)."""
    turned = weights.T.reshape(weights.shape[1], -1, BLOCK)
    scale = np.maximum(np.abs(turned).max(axis=2), 1e-8) / 127
    stored = np.clip(np.rint(turned / scale[:, :, None]), -127, 127) + 128
    return stored.astype(np.uint8), scale.astype(np.float32)


def graph_of(params: Params, arithmetic: Arithmetic) -> bytes:
    """Write the graph."""
    graph = _Graph(arithmetic)
    words = np.asarray(params["words"], np.float32)
    stored, scale = by_column(words.T)
    bits = [
        graph.node("Gather", [graph.weight("words8", stored.T), "ids"], "word8"),
        graph.node("Gather", [graph.weight("words.scale", scale[:, None]), "ids"], "word.scale"),
    ]
    word = graph.node("Mul", [graph.node("Cast", [bits[0]], "word.cast", to=TensorProto.FLOAT), bits[1]], "word")
    places = graph.weight("places", np.asarray(params["places"], np.float32))
    shape = graph.node("Shape", ["ids"], "tokens", start=1, end=2)
    zero, one = graph.weight("zero", np.array([0], np.int64)), graph.weight("one", np.array([1], np.int64))
    placed = graph.node("Slice", [places, zero, shape, zero, one], "placed")
    added = graph.node("Add", [word, placed], "embedded")
    gamma, beta = (graph.weight(f"norm.{at}", np.asarray(params["norm"][at], np.float32)) for at in (0, 1))
    state = graph.node("LayerNormalization", [added, gamma, beta], "state", axis=-1, epsilon=EPSILON)
    layers = params["layers"]
    for at in range(len(layers["qkv"][0])):
        state = _layer(
            graph, at, {name: [np.asarray(one[at], np.float32) for one in both] for name, both in layers.items()}, state
        )
    whole = graph.node("Cast", ["mask"], "mask.float", to=TensorProto.FLOAT)
    inside = graph.node("Unsqueeze", [whole, graph.weight("last", np.array([-1], np.int64))], "inside")
    kept = graph.node("Mul", [state, inside], "kept")
    graph.node("ReduceSum", [kept, one], "total", keepdims=0)
    weights, bias = (np.asarray(one, np.float32) for one in params["heads"]["spans"])
    raw = graph.node("MatMul", [state, graph.weight("spans.w", weights)], "spans.raw")
    graph.node("Add", [raw, graph.weight("spans.b", bias)], "spans")
    made = helper.make_graph(
        graph.nodes,
        "amends_encoder",
        [helper.make_tensor_value_info(name, TensorProto.INT32, ["texts", "tokens"]) for name in ("ids", "mask")],
        [
            helper.make_tensor_value_info("total", TensorProto.FLOAT, ["texts", words.shape[1]]),
            helper.make_tensor_value_info("spans", TensorProto.FLOAT, ["texts", "tokens", weights.shape[1]]),
        ],
        graph.weights,
    )
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid(_CONTRIB, 1)]
    model: onnx.ModelProto = helper.make_model(made, opset_imports=opsets, ir_version=10, producer_name="amends")
    written: bytes = model.SerializeToString()
    return written


def _layer(graph: _Graph, at: int, weights: dict[str, list[Floats]], state: str) -> str:
    name = f"layer.{at}"
    bias = {part: graph.weight(f"{name}.{part}.b", weights[part][1]) for part in ("qkv", "out", "wide", "narrow")}
    norms = {
        part: [graph.weight(f"{name}.{part}.{number}", value) for number, value in enumerate(weights[part])]
        for part in ("norm", "last")
    }
    all_three = graph.node(
        "Add", [graph.multiply(f"{name}.qkv", state, weights["qkv"][0]), bias["qkv"]], f"{name}.qkv+"
    )
    parts = [f"{name}.{part}" for part in ("query", "key", "value")]
    graph.nodes.append(helper.make_node("Split", [all_three], parts, name=f"{name}.split", axis=-1, num_outputs=3))
    looked = graph.node(
        "MultiHeadAttention", [*parts, "", "mask"], f"{name}.looked", contrib=True, num_heads=ATTENTION_HEADS
    )
    out = graph.multiply(f"{name}.out", looked, weights["out"][0])
    state = _skip(graph, f"{name}.middle", [out, state, *norms["norm"], bias["out"]])
    wide = graph.multiply(f"{name}.wide", state, weights["wide"][0])
    bent = graph.node("BiasGelu", [wide, bias["wide"]], f"{name}.bent", contrib=True)
    narrow = graph.multiply(f"{name}.narrow", bent, weights["narrow"][0])
    return _skip(graph, f"{name}.state", [narrow, state, *norms["last"], bias["narrow"]])


def _skip(graph: _Graph, name: str, inputs: list[str]) -> str:
    return graph.node("SkipLayerNormalization", inputs, name, contrib=True, epsilon=EPSILON)

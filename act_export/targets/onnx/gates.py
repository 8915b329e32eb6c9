"""One activation for the gates that share it.

A cell computes all gates in one product, splits it, and applies sigmoid or tanh to each part:

    i, f, g, o = split(h W + c);  sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)

Columns of a product are the product with columns of W, so the gates of one activation become one
product with one activation, which ONNX Runtime computes as one node:

    i, f, o = split(sigmoid(h W_ifo + c_ifo));  g = tanh(h W_g + c_g)

Gates that are sums of parts, as a GRU's sigmoid(x_r + u_r) and sigmoid(x_z + u_z), likewise. Saves
3 nodes a ponder step of an LSTM or a GRU.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir
from onnx_ir.passes.common import RemoveUnusedNodesPass

from act_export.targets.onnx.columns import Columns
from act_export.targets.onnx.values import add_constant, add_node

ACTIVATIONS = {"Sigmoid", "Tanh", "Relu"}


@dataclass(frozen=True)
class Part:
    """Columns ``start`` to ``stop`` of a value."""

    whole: ir.Value
    start: int
    stop: int

    @property
    def width(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class Gate:
    """An activation of a sum of parts; gates of a group have parts of the same wholes."""

    activation: ir.Node
    terms: list[Part]


class MergeGates(ir.passes.InPlacePass):
    """Merge the gates of every graph that share an activation and what they are parts of."""

    def call(self, model: ir.Model) -> ir.passes.PassResult:
        columns = Columns(model)
        merged = False
        for graph in [model.graph, *model.graph.subgraphs()]:
            splits = [node for node in graph if node.op_type == "Split"]
            parts = {
                output: part
                for split in splits
                for output, part in _parts(split)
                if columns.possible(part.whole)
            }
            groups: dict[tuple[str, tuple[ir.Value, ...]], list[Gate]] = defaultdict(list)
            for node in graph:
                if node.op_type in ACTIVATIONS and (terms := _terms(node.inputs[0], parts)):
                    wholes = tuple(part.whole for part in terms)
                    groups[node.op_type, wholes].append(Gate(node, terms))
            shared = [gates for gates in groups.values() if len(gates) > 1]
            divided = {part.whole for gates in shared for part in gates[0].terms}
            for gates in shared:
                _merge(model, gates, columns)
            for output, part in parts.items():
                if part.whole in divided and output.uses():
                    alone = columns.select(part.whole, ((part.start, part.stop),))
                    output.replace_all_uses_with(alone)
            merged |= bool(shared)
        RemoveUnusedNodesPass()(model)
        return ir.passes.PassResult(model, modified=merged)


def _parts(split: ir.Node) -> Iterator[tuple[ir.Value, Part]]:
    """Yield each output of a split of the last axis, with the part that it is."""
    whole = split.inputs[0]
    if whole is None or whole.shape is None:
        return
    if split.attributes.get_int("axis", 0) not in (-1, len(whole.shape) - 1):
        return
    start = 0
    for output in split.outputs:
        if output.shape is None or not isinstance(width := output.shape[-1], int):
            return
        yield output, Part(whole, start, start + width)
        start += width


def _terms(value: ir.Value | None, parts: dict[ir.Value, Part]) -> list[Part]:
    """The parts whose sum a value is; none if it is anything else."""
    if value in parts:
        return [parts[value]]
    node = None if value is None else value.producer()
    if node is None or node.op_type != "Add" or not all(v in parts for v in node.inputs):
        return []
    a, b = (parts[v] for v in node.inputs if v is not None)
    return sorted((a, b), key=lambda part: id(part.whole)) if a.width == b.width else []


def _merge(model: ir.Model, gates: list[Gate], columns: Columns) -> None:
    first = gates[0].activation
    outputs = [gate.activation.outputs[0] for gate in gates]
    widths = [gate.terms[0].width for gate in gates]
    old = outputs[0]
    assert old.shape is not None
    shape = ir.Shape([*old.shape[:-1], sum(widths)])
    argument, *rest = (
        columns.select(terms[0].whole, tuple((part.start, part.stop) for part in terms))
        for terms in zip(*(gate.terms for gate in gates), strict=True)
    )
    for summand in rest:
        argument = add_node(first, "Add", [argument, summand], shape, old.dtype)
    activated = add_node(first, first.op_type, [argument], shape, old.dtype)
    sizes = add_constant(model, "gates", np.array(widths, np.int64))
    split = ir.node("Split", [activated, sizes], {"axis": -1}, num_outputs=len(gates))
    assert first.graph is not None
    first.graph.insert_before(first, split)
    for output, new in zip(outputs, split.outputs, strict=True):
        new.shape, new.type = output.shape, output.type
        output.replace_all_uses_with(new, replace_graph_outputs=True)

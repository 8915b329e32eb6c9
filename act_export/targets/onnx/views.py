"""Views: operations that only change a tensor's shape.

torch moves axes about a time step (squeeze, transpose, unsqueeze, slice), each a node that the
runtime pays for. A chain of them with known shapes is at most one Reshape; between a Gemm or a Cast
and its user most cancel. Saves about 15 nodes a call.
"""

from __future__ import annotations

import math

import numpy as np
import onnx_ir as ir
from onnx_ir.passes.common import RemoveUnusedNodesPass

from act_export.targets.onnx.values import add_constant, add_node, constant, loops, static_shape

RESHAPING = {"Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten"}
"""Never change the order of the elements."""

POINTWISE = {"Cast", "Sigmoid", "Tanh", "Relu", "Less"}
"""Commute with a change of shape, where their other input is a single number."""


class CollapseViews(ir.passes.InPlacePass):
    """Make every chain of views one Reshape of its source, or none."""

    def call(self, model: ir.Model) -> ir.passes.PassResult:
        before = _count(model)
        for graph in [model.graph, *model.graph.subgraphs()]:
            for node in graph:
                last = _before_its_view(node) if node.op_type in POINTWISE else node
                if _is_view(last):
                    _collapse(model, graph, last)
        for body, loop in loops(model).items():
            _drop_view_of_condition(body, loop)
        RemoveUnusedNodesPass()(model)
        return ir.passes.PassResult(model, modified=_count(model) < before)


def _count(model: ir.Model) -> int:
    return sum(1 for _ in model.graph.all_nodes())


def _is_view(node: ir.Node) -> bool:
    """True if the output is the first input in another shape, both known."""
    if not node.inputs or len(node.outputs) != 1:
        return False
    source, result = static_shape(node.inputs[0]), static_shape(node.outputs[0])
    if source is None or result is None or math.prod(source) != math.prod(result):
        return False
    if node.op_type == "Transpose":
        moved = [axis for axis in node.attributes["perm"].as_ints() if source[axis] > 1]
        return moved == sorted(moved)
    if node.op_type == "Slice":
        # Nothing is left out, so only a negative step could change the order.
        steps = constant(node.inputs[4]) if len(node.inputs) > 4 else np.ones(1)
        return steps is not None and bool((steps > 0).all())
    return node.op_type in RESHAPING


def _before_its_view(node: ir.Node) -> ir.Node:
    """op(view(x)) -> view(op(x)): the view, or ``node`` where there is none to pass."""
    view, *others = node.inputs
    (result,) = node.outputs
    reshape = view.producer() if view is not None else None
    if reshape is None or not _is_view(reshape) or static_shape(result) != static_shape(view):
        return node
    sizes = [static_shape(other) for other in others]
    if any(size is None or math.prod(size) != 1 for size in sizes):
        return node
    source = reshape.inputs[0]
    assert source is not None
    new = add_node(
        node, node.op_type, [source, *others], source.shape, result.dtype, **node.attributes
    )
    again = add_node(node, "Identity", [new], result.shape, result.dtype)
    result.replace_all_uses_with(again, replace_graph_outputs=True)
    moved = again.producer()
    assert moved is not None
    return moved


def _collapse(model: ir.Model, graph: ir.Graph, node: ir.Node) -> None:
    (result,) = node.outputs
    source = _source(node)
    shape = static_shape(result)
    # A graph returns only what it computed itself, and that once.
    ours = source.producer() is not None and source.graph is graph and not source.is_graph_output()
    if static_shape(source) != shape:
        if node.op_type == "Reshape" and node.inputs[0] is source:
            return
        wanted = add_constant(model, "shape", np.array(shape, np.int64))
        source = add_node(node, "Reshape", [source, wanted], result.shape, result.dtype)
    elif result.is_graph_output() and not ours:
        if node.op_type == "Identity" and node.inputs[0] is source:
            return
        source = add_node(node, "Identity", [source], result.shape, result.dtype)
    result.replace_all_uses_with(source, replace_graph_outputs=True)


def _source(node: ir.Node) -> ir.Value:
    """Return the input of a chain's first view; a value from another graph ends the chain."""
    source = node.inputs[0]
    assert source is not None
    producer = source.producer()
    chained = producer is not None and producer.graph is node.graph and _is_view(producer)
    return _source(producer) if producer is not None and chained else source


def _drop_view_of_condition(body: ir.Graph, loop: ir.Node) -> None:
    """Drop the views of a loop's condition, which may have any shape of one element."""
    for condition in (loop.inputs[1], body.outputs[0]):
        view = None if condition is None else condition.producer()
        if condition is None or view is None or not _is_view(view):
            continue
        if condition is body.outputs[0]:
            body.outputs[0] = _source(view)
        else:
            loop.replace_input_with(1, _source(view))
        body.inputs[1].shape = None

"""A product's bias holds what everything that reads the product adds to it."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from act_export.targets.onnx.values import add_constant, constant, static_shape


class AddToAllReaders(ir.passes.InPlacePass):
    """Where every reader of x W + b adds a constant, let b hold the last one's.

    A cell's projection is read once with the flag's weights and its bias added and else with its
    bias alone: with the bias inside, only the flag's weights are added. Saves a node a time step.
    """

    def call(self, model: ir.Model) -> ir.passes.PassResult:
        products = [node for node in model.graph.all_nodes() if node.op_type == "Gemm"]
        changed = [_move(model, node) for node in products]
        return ir.passes.PassResult(model, modified=any(changed))


def _move(model: ir.Model, node: ir.Node) -> bool:
    (product,) = node.outputs
    bias = constant(node.inputs[2]) if len(node.inputs) > 2 else None
    readers = [reader for reader, _ in product.uses()]
    if bias is None or not readers or product.is_graph_output():
        return False
    added = [_constant_added(reader, product) for reader in readers]
    if any(value is None for value in added):
        return False
    moved = added[-1]
    assert moved is not None
    total = add_constant(model, "bias", bias + moved)
    if static_shape(total) not in (static_shape(product), (static_shape(product) or ())[-1:]):
        return False
    node.replace_input_with(2, total)
    for reader, value in zip(readers, added, strict=True):
        assert value is not None
        if np.array_equal(value, moved):
            reader.outputs[0].replace_all_uses_with(product, replace_graph_outputs=True)
        else:
            rest = add_constant(model, "bias", value - moved)
            reader.replace_input_with(1 - list(reader.inputs).index(product), rest)
    return True


def _constant_added(reader: ir.Node, product: ir.Value) -> np.ndarray | None:
    """Return the constant that the reader adds to the product, if it does only that."""
    if reader.op_type != "Add" or static_shape(reader.outputs[0]) != static_shape(product):
        return None
    return constant(reader.inputs[1 - list(reader.inputs).index(product)])

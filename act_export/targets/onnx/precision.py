"""Weights in fewer bits. Inputs, outputs, states and the halting arithmetic stay float32.

fp16: matrices are stored in half precision and cast when ONNX Runtime loads the file (its
processors' kernels compute in float32), so a file is half as large and as fast as before.

int8: products with large matrices become ONNX Runtime's ``MatMulNBits``: each weight one byte, with
a scale for every block of up to 128 along the sum, and x quantised block by block as it comes. A
float32 matrix is read from memory at every ponder step, which is most of the time of a large cell;
this reads a quarter. Small matrices stay float32: there the runtime's own cost is larger than what
is saved, and the halting unit decides how long the model ponders.
"""

from __future__ import annotations

import math

import numpy as np
import onnx_ir as ir
from onnx_ir.passes.common import RemoveUnusedNodesPass

from act_export.targets.onnx.loops import HoistInvariants
from act_export.targets.onnx.values import (
    Array,
    add_constant,
    add_node,
    constant,
    static_shape,
)

BLOCKS = (32, 64, 128)
"""Weights that share a scale: the first size that holds a whole sum, else the last."""

SMALLEST_SUM = 32
"""Terms of a sum below which a product stays float32."""

SMALLEST = 1024
"""Elements below which a matrix stays float32."""


def to_half(model: ir.Model) -> None:
    """Store matrices in half precision."""
    first = next(iter(model.graph))
    for value in list(model.graph.initializers.values()):
        matrix = constant(value)
        if matrix is None or matrix.dtype != np.float32 or not _is_large(matrix):
            continue
        half = add_constant(model, f"{value.name}_half", matrix.astype(np.float16))
        cast = add_node(first, "Cast", [half], value.shape, ir.DataType.FLOAT, to=ir.DataType.FLOAT)
        value.replace_all_uses_with(cast)
        del model.graph.initializers[value.name]


def to_int8(model: ir.Model) -> None:
    """Quantise the weights of large products."""
    quantised: dict[tuple[ir.Value, bool], tuple[ir.Value, ir.Value]] = {}
    for node in list(model.graph.all_nodes()):
        if node.op_type not in ("Gemm", "MatMul"):
            continue
        weight, rows = node.inputs[1], static_shape(node.inputs[0])
        matrix = constant(weight)
        if weight is None or matrix is None or matrix.ndim != 2 or not _is_large(matrix):
            continue
        turned = node.op_type == "Gemm" and bool(node.attributes.get_int("transB", 0))
        matrix = matrix if turned else matrix.T
        if matrix.shape[1] < SMALLEST_SUM or (rows is None) or not _is_plain(node):
            continue
        if (weight, turned) not in quantised:
            codes, scales = quantise(matrix)
            quantised[weight, turned] = (
                add_constant(model, f"{weight.name}_int8", codes),
                add_constant(model, f"{weight.name}_scales", scales),
            )
        _replace(model, node, matrix.shape, quantised[weight, turned])
    model.graph.opset_imports["com.microsoft"] = 1
    HoistInvariants()(model)
    RemoveUnusedNodesPass()(model)


def quantise(matrix: Array) -> tuple[Array, Array]:
    """(N, K) -> codes (N, blocks, block), of which 128 is zero, and scales (N, blocks).

    The last block is filled up with zeros.
    """
    outputs, terms = matrix.shape
    block = next((size for size in BLOCKS if size >= terms), BLOCKS[-1])
    blocks = math.ceil(terms / block)
    padded = np.zeros((outputs, blocks * block), np.float32)
    padded[:, :terms] = matrix
    padded = padded.reshape(outputs, blocks, block)
    scales = np.abs(padded).max(-1) / np.float32(127)
    codes = np.rint(padded / np.where(scales, scales, 1)[..., None]) + 128
    return codes.astype(np.uint8), scales


def _is_large(matrix: Array) -> bool:
    return matrix.ndim > 1 and min(matrix.shape[-2:]) > 1 and matrix.size >= SMALLEST


def _is_plain(node: ir.Node) -> bool:
    """A product as it is, not scaled, of an argument that is not turned."""
    given = node.attributes
    return given.get_float("alpha", 1.0) == given.get_float(
        "beta", 1.0
    ) == 1.0 and not given.get_int("transA", 0)


def _replace(
    model: ir.Model, node: ir.Node, size: tuple[int, ...], weight: tuple[ir.Value, ir.Value]
) -> None:
    outputs, terms = size
    *_, block = static_shape(weight[0]) or ()
    (result,) = node.outputs
    added = node.inputs[2] if len(node.inputs) > 2 else None
    bias = added
    if added is not None and static_shape(added) == (1, outputs):
        shape = add_constant(model, "shape", np.array([outputs], np.int64))
        bias = add_node(node, "Reshape", [added, shape], (outputs,), added.dtype)
    elif added is not None and static_shape(added) != (outputs,):
        bias = None  # each row adds its own
    inputs: list[ir.Value | None] = [node.inputs[0], *weight]
    product = ir.node(
        "MatMulNBits",
        inputs if bias is None else [*inputs, None, None, bias],
        {"K": terms, "N": outputs, "bits": 8, "block_size": block, "accuracy_level": 4},
        domain="com.microsoft",
    )
    assert node.graph is not None
    node.graph.insert_before(node, product)
    (value,) = product.outputs
    value.shape, value.type = result.shape, result.type
    if added is not None and bias is None:
        value = add_node(node, "Add", [value, added], result.shape, result.dtype)
    result.replace_all_uses_with(value, replace_graph_outputs=True)

"""The choice of what a program computes in float16, and what it stores as int8.

Halting decides by comparing a sum with a threshold, and float16 holds neither well enough: 0.99
becomes 0.990234. So halting is computed in float32 in every precision, and the weighted means with
it; the cells' matrices and gates, which take the time, are computed in float16.
"""

from __future__ import annotations

from typing import Any

import coremltools.optimize as cto
from coremltools.converters.mil.mil import Operation, Var, types

MATRIX_OPS = ("conv", "linear", "matmul")

MOVES = ("expand_dims", "gather", "reshape", "slice_by_index", "split", "squeeze", "transpose")
"""Ops whose result has the elements of their operand ``x``."""

ROWS = ("gather", "gather_nd", "scatter", "scatter_nd")
"""Ops that read or write one row of many: a cast would convert all the others too."""


def computes_in_half(op: Operation) -> bool:
    """True if an op is to compute in float16; call it on the ops in program order.

    Matrix products do, and so do ops on their results, unless another operand was computed in
    float32. Ops that make one number for each row do not: halting units, sums and counts.
    """
    if not any(_is_float(v) and v.rank and v.shape[-1] != 1 for v in op.outputs):
        return False
    if op.op_type in ROWS:
        return op.op_type == "gather" and op.x.val is not None  # from a table of weights
    if op.op_type in MATRIX_OPS:
        return True
    sources = [_source(v) for v in op.get_flattened_inputs() if _is_float(v)]
    makers = [v.op for v in sources if v.op and v.op.op_type not in ("const", "while_loop")]
    return bool(makers) and all(map(_from_half, makers))


def _is_float(variable: Var) -> bool:
    return variable.is_tensor_or_scalar_of("fp32")


def _source(variable: Var) -> Var:
    """Return the variable that its elements come from, past the ops that only move them."""
    while variable.op is not None and variable.op.op_type in MOVES:
        variable = variable.op.x
    return variable


def _from_half(op: Operation) -> bool:
    """True if the op casts back a result that was computed in float16."""
    return op.op_type == "cast" and op.x.dtype == types.fp16


def quantize(model: Any) -> Any:
    """Return the model with its matrices stored as int8, one scale for each row.

    Halting units stay as they are: a matrix of one row saves nothing and decides N. So do constants
    that are not operands of a matrix product, such as the initial values of loops.
    """
    per_row = cto.coreml.OpLinearQuantizerConfig(
        mode="linear_symmetric", granularity="per_channel", weight_threshold=0
    )
    matrices = {
        op.name: per_row
        for function in model._mil_program.functions.values()
        for op in function.operations
        if op.op_type == "const" and _is_matrix(op.outputs[0])
    }
    config = cto.coreml.OptimizationConfig(op_name_configs=matrices)
    return cto.coreml.linear_quantize_weights(model, config)


def _is_matrix(weight: Var) -> bool:
    users = {op.op_type for op in weight.child_ops}
    return weight.rank > 1 and weight.shape[0] > 1 and users <= set(MATRIX_OPS)

"""Reading and writing one row of a tensor, as a loop over time does at every time step.

litert-torch lowers both for indices that may be any: up to ten operations to check and gather one,
and a scatter, which not every runtime has.
"""

from __future__ import annotations

from typing import Any

import torch
from litert_converter.mlir import ir
from litert_converter.mlir.dialects import stablehlo
from litert_torch.backend.lowerings import registry, utils

INDEX_SELECT = torch.ops.aten.index_select.default
INDEX_PUT = torch.ops.aten.index_put.default

_any_index_put = registry.lookup(INDEX_PUT)


def index_select(context: Any, x: Any, axis: int, index: Any) -> Any:
    """x (..., S, ...), index (N) -> (..., N, ...) along ``axis``."""
    return gather(x, axis % len(x.type.shape), index)


def gather(x: Any, axis: int, index: Any) -> Any:
    """x (..., S, ...), index (...) -> the same with S replaced by the shape of ``index``.

    An index out of range is an error here as it is in torch.
    """
    shape = [*x.type.shape[:axis], *index.type.shape, *x.type.shape[axis + 1 :]]
    return ir.Operation.create(
        "tfl.gather",
        results=[ir.RankedTensorType.get(shape, x.type.element_type)],
        operands=[x, index],
        attributes={
            "axis": ir.IntegerAttr.get(_integer(), axis),
            "batch_dims": ir.IntegerAttr.get(_integer(), 0),
        },
    ).result


def index_put(
    context: Any, x: Any, indices: list[Any], values: Any, accumulate: bool = False
) -> Any:
    """x (S, ...), one index (1), values (1, ...) -> x with the row at the index replaced."""
    size, *rest = x.type.shape
    one = len(indices) == 1 and indices[0] is not None and indices[0].type.shape == [1]
    if not one or accumulate or values.type.shape != [1, *rest]:
        return _any_index_put(context, x, indices, values, accumulate)
    index = stablehlo.convert(ir.RankedTensorType.get([1], _integer()), indices[0])
    row = stablehlo.reshape(ir.RankedTensorType.get([], _integer()), index)
    zero = utils.splat(0, _integer())
    before = stablehlo.compare(row, zero, stablehlo.ComparisonDirectionAttr.get("LT"))
    count = stablehlo.get_dimension_size(x, 0) if size < 0 else utils.splat(size, _integer())
    from_the_end = stablehlo.add(row, count)
    row = stablehlo.select(before, from_the_end, row)
    return stablehlo.dynamic_update_slice(x, values, [row, *(zero for _ in rest)])


LOWERINGS = {INDEX_SELECT: index_select, INDEX_PUT: index_put}


def _integer() -> Any:
    return ir.IntegerType.get_signless(32)

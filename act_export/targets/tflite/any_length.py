"""Lowerings for tensors one of whose sizes is known at run time only: the number of time steps.

litert-torch lowers shapes through JAX, which must know every size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from litert_converter.mlir import ir
from litert_converter.mlir.dialects import arith, stablehlo
from litert_torch.backend.lowerings import registry, utils

from act_export.targets.tflite import rows

UNKNOWN = ir.ShapedType.get_dynamic_size()


def _lowering(operator: Any, any_size: Callable[..., Any]) -> Callable[..., Any]:
    """``any_size`` where a size is unknown, else litert-torch's own lowering."""
    known = registry.lookup(operator)

    def lower(context: Any, *args: Any, **kwargs: Any) -> Any:
        (result,) = utils.node_meta_to_ir_types(context.node)
        chosen = any_size if UNKNOWN in result.shape else known
        return chosen(context, *args, **kwargs)

    return lower


def _reshaped(context: Any, x: Any, *_: Any) -> Any:
    """x in the shape of the node's result, of whose sizes one may be unknown."""
    (result,) = utils.node_meta_to_ir_types(context.node)
    sizes = [-1 if size == UNKNOWN else size for size in result.shape]
    return _operation("tfl.reshape", result, [x, _integers(sizes)])


def _filled(context: Any, sizes: Sequence[Any], value: float, **_: Any) -> Any:
    """A tensor of a value; a size is a number or a scalar."""
    (result,) = utils.node_meta_to_ir_types(context.node)
    integer = ir.IntegerType.get_signless(32)
    scalars = [s if isinstance(s, ir.Value) else _value(utils.splat(s, integer)) for s in sizes]
    shape = _operation(
        "tfl.pack",
        ir.RankedTensorType.get([len(scalars)], integer),
        scalars,
        axis=ir.IntegerAttr.get(integer, 0),
        values_count=ir.IntegerAttr.get(integer, len(scalars)),
    )
    return _operation("tfl.fill", result, [shape, _value(utils.splat(value, result.element_type))])


def _joined(context: Any, tensors: Sequence[Any], axis: int = 0) -> Any:
    """litert-torch would take what has an unknown size for empty."""
    axis %= len(tensors[0].type.shape)
    return stablehlo.concatenate(tensors, ir.IntegerAttr.get(ir.IntegerType.get_signless(64), axis))


def _looked_up(context: Any, table: Any, index: Any, *_: Any) -> Any:
    """Rows of a table."""
    return rows.gather(table, 0, index)


def _elementwise(name: str) -> Callable[..., Any]:
    """Make a binary op's lowering: operand types may differ, and TFLite broadcasts by itself."""

    def lower(context: Any, x: Any, y: Any, *, alpha: float = 1) -> Any:
        (result,) = utils.node_meta_to_ir_types(context.node)
        assert alpha == 1, "decomposed"
        operands = [_converted(_value(v), result.element_type) for v in (x, y)]
        none = ir.StringAttr.get("NONE")
        return _operation(name, result, operands, fused_activation_function=none)

    return lower


def _operation(name: str, result: Any, operands: list[Any], **attributes: Any) -> Any:
    return ir.Operation.create(
        name, results=[result], operands=operands, attributes=attributes
    ).result


def _value(made: Any) -> Any:
    return made if isinstance(made, ir.Value) else made.result


def _converted(x: Any, element: Any) -> Any:
    if x.type.element_type == element:
        return x
    return stablehlo.convert(ir.RankedTensorType.get(x.type.shape, element), x)


def _integers(values: list[int]) -> Any:
    tensor = ir.RankedTensorType.get([len(values)], ir.IntegerType.get_signless(32))
    attribute = ir.DenseElementsAttr.get(
        torch.tensor(values, dtype=torch.int32).numpy(), type=tensor.element_type
    )
    return arith.ConstantOp(tensor, attribute).result


ATEN = torch.ops.aten

LOWERINGS = {
    ATEN.view.default: _lowering(ATEN.view.default, _reshaped),
    ATEN.unsqueeze.default: _lowering(ATEN.unsqueeze.default, _reshaped),
    ATEN.full.default: _lowering(ATEN.full.default, _filled),
    ATEN.cat.default: _lowering(ATEN.cat.default, _joined),
    ATEN.embedding.default: _lowering(ATEN.embedding.default, _looked_up),
    ATEN.add.Tensor: _lowering(ATEN.add.Tensor, _elementwise("tfl.add")),
    ATEN.mul.Tensor: _lowering(ATEN.mul.Tensor, _elementwise("tfl.mul")),
    ATEN.sub.Tensor: _lowering(ATEN.sub.Tensor, _elementwise("tfl.sub")),
}

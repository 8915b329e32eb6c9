"""Teaches litert-torch torch's ``while_loop``, which becomes TFLite's WHILE.

litert-torch 0.10.0 has no lowering of the operator, though litert-converter turns StableHLO's
while into TFLite's. Two things are missing, both here, and only they use converters' internals:

- :func:`lower` lowers the operator to ``stablehlo.while``;
- :func:`outline` then gives the converted loops the form in which a flatbuffer holds them, where
  condition and body are functions of exactly what the loop carries.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from litert_converter.mlir import ir
from litert_converter.mlir.dialects import func, stablehlo
from litert_torch.backend.export import LoweringInterpreter

CONSTANTS = ("arith.constant", "tfl.pseudo_const", "tfl.no_value")
"""Operations that a function cannot be handed without their value ceasing to be a constant."""

OPERATOR = torch.ops.higher_order.while_loop


def lower(context: Any, condition: Any, body: Any, carried: Any, captured: Any) -> tuple[Any, ...]:
    """``while_loop(condition, body, carried, captured)`` as ``stablehlo.while``.

    What is captured is carried, unchanged; the converter finds out what of it is constant.
    """
    initial = [_value(v) for v in (*carried, *captured)]
    # The converter makes 32-bit integers of 64-bit ones everywhere but in a loop's signature.
    wide = [v.type for v in initial]
    types = [_narrow(t) for t in wide]
    node, location = context.node, context.loc
    loop = stablehlo.WhileOp(types, _converted(initial, types))
    for region, graph in zip(loop.regions, (condition, body), strict=True):
        block = region.blocks.append(*types, arg_locs=[location] * len(types))
        with ir.InsertionPoint(block):
            interpreter = LoweringInterpreter(graph, context)
            interpreter.run(*_converted(block.arguments, wide), enable_io_processing=False)
            results = [_value(v) for v in interpreter.outputs]
            if graph is body:
                kept = list(block.arguments)[len(carried) :]
                results = [*_converted(results, types[: len(carried)]), *kept]
            stablehlo.return_(results)
    # The interpreter of the regions has left none.
    context.node, context.ir_location = node, location
    return tuple(_converted(loop.results, wide)[: len(carried)])


def _value(value: Any) -> Any:
    """A lowering may return an operation for its one result."""
    return value if isinstance(value, ir.Value) else value.result


def _narrow(tensor: Any) -> Any:
    i64, i32 = ir.IntegerType.get_signless(64), ir.IntegerType.get_signless(32)
    return ir.RankedTensorType.get(tensor.shape, i32) if tensor.element_type == i64 else tensor


def _converted(values: Any, types: list[Any]) -> list[Any]:
    return [
        value if value.type == type_ else stablehlo.convert(type_, value)
        for value, type_ in zip(values, types, strict=True)
    ]


def outline(module: Any) -> None:
    """Make functions of the conditions and bodies of a converted module's loops.

    What a loop captures from outside it is carried from then on; constants are copied into it.
    """
    top = module.operation.regions[0].blocks[0]
    for number, loop in enumerate(list(_loops(top))):
        with loop.location:
            _outline(loop, f"while_{number}", top)


def _loops(block: Any) -> Iterator[Any]:
    """The loops in a block, inner ones before those around them."""
    for operation in block.operations:
        for region in operation.regions:
            for inner in region.blocks:
                yield from _loops(inner)
        if operation.operation.name == "tfl.while":
            yield operation.operation


def _outline(loop: Any, name: str, top: Any) -> None:
    blocks = [region.blocks[0] for region in loop.regions]
    captured = _captured(blocks)
    operands = [*loop.operands, *captured]
    types = [v.type for v in operands]
    with ir.InsertionPoint(loop):
        outlined = ir.Operation.create(
            "tfl.while",
            results=types,
            operands=operands,
            attributes=dict(loop.attributes.items()),
            regions=2,
        )
    for part, block, region in zip(("cond", "body"), blocks, outlined.regions, strict=True):
        kept = captured if part == "body" else []
        function = _function(f"{name}_{part}", block, types, captured, kept, top)
        caller = region.blocks.append(*types, arg_locs=[loop.location] * len(types))
        with ir.InsertionPoint(caller):
            call = func.CallOp(function, list(caller.arguments))
            ir.Operation.create("tfl.yield", operands=list(call.operation.results))
    for old, new in zip(loop.results, outlined.results, strict=False):
        old.replace_all_uses_with(new)
    loop.erase()


def _captured(blocks: list[Any]) -> list[Any]:
    """Return the values that the blocks use from outside; copy constants into the blocks."""
    captured: dict[Any, None] = {}
    for block in blocks:
        inside, copies = set(block.arguments), {}
        first, *_ = operations = [op.operation for op in block.operations]
        for operation in operations:
            for value in set(operation.operands) - inside:
                if isinstance(value.owner, ir.Block) or value.owner.name not in CONSTANTS:
                    captured[value] = None
                    continue
                if value not in copies:
                    with ir.InsertionPoint(first):
                        copies[value] = value.owner.clone().operation.result
                operation.replace_uses_of_with(value, copies[value])
            inside.update(operation.results)
    return list(captured)


def _function(
    name: str, block: Any, types: list[Any], captured: list[Any], kept: list[Any], top: Any
) -> Any:
    """Move a loop's block into a private function of what the loop carries.

    Args:
        captured: what is now carried after the block's own arguments.
        kept: of it what is to be returned after the block's own results.
    """
    *operations, end = [op.operation for op in block.operations]
    results = [v.type for v in (*end.operands, *kept)]
    with ir.InsertionPoint(top):
        function = func.FuncOp(name, (types, results), visibility="private")
    entry = function.add_entry_block()
    for old, new in zip((*block.arguments, *captured), entry.arguments, strict=True):
        for operation in (*operations, end):
            operation.replace_uses_of_with(old, new)
    for operation in operations:
        entry.append(operation)
    with ir.InsertionPoint(entry):
        func.ReturnOp([*end.operands, *list(entry.arguments)[len(types) - len(kept) :]])
    return function

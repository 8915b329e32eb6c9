"""Outputs that are tensors of their own.

What a signature passes through, or returns under two names, would have one tensor for both: the
converter drops copies. LiteRT's CompiledModel knows tensors by their names, and would not tell the
two apart.
"""

from __future__ import annotations

from typing import Any

from litert_converter.mlir import ir


def separate(module: Any) -> None:
    """Let each signature of a converted module return only what it computes, and that once.

    A loop's body may return what it was given, but that once too: other runtimes than LiteRT refuse
    one tensor in two places.
    """
    for function in module.operation.regions[0].blocks[0].operations:
        if function.operation.name == "func.func":
            (block,) = function.operation.regions[0].blocks
            _separate(list(block.operations)[-1].operation, passing=_is_private(function))


def _is_private(function: Any) -> bool:
    """True if it is the condition or body of a loop."""
    attributes = function.operation.attributes
    return "sym_visibility" in attributes and attributes["sym_visibility"].value == "private"


def _separate(end: Any, *, passing: bool) -> None:
    taken = set()
    for place, value in enumerate(list(end.operands)):
        passed = isinstance(value.owner, ir.Block) or not value.owner.operands
        if (passed and not passing) or value in taken:
            with end.location, ir.InsertionPoint(end):
                end.operands[place] = _copy(value)
        taken.add(value)


def _copy(value: Any) -> Any:
    """The larger of the value and itself: the converter drops what only moves or adds nothing."""
    return ir.Operation.create("tfl.maximum", results=[value.type], operands=[value, value]).result

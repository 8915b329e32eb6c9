"""A pass for coremltools' pipeline: weights that loops made for themselves become the function's.

Where a loop's body converts a weight to float16, or slices it, the result is a constant of that
body, and a weight that is used outside the loop too would be stored twice.
"""

from __future__ import annotations

from typing import Any

import coremltools as ct
import numpy as np
from coremltools.converters.mil.mil import Block
from coremltools.converters.mil.mil import Builder as mb  # noqa: N813
from coremltools.converters.mil.mil.passes.graph_pass import AbstractGraphPass
from coremltools.converters.mil.mil.passes.pass_registry import register_pass

LEAST = 100
"""Elements a constant must have for ``const_deduplication``, which does the rest, to look at it."""


def sharing_weights() -> ct.PassPipeline:
    """coremltools' own passes and this one, where constants are settled but not yet merged."""
    pipeline = ct.PassPipeline.DEFAULT
    cleanup = len(pipeline.passes) - len(ct.PassPipeline.CLEANUP.passes)
    pipeline.insert_pass(cleanup, "act::share_weights")
    return pipeline


@register_pass(namespace="act", override=True, name="share_weights")
class ShareWeights(AbstractGraphPass):
    """Move large constants out of nested blocks."""

    def apply(self, prog: Any) -> None:
        for function in prog.functions.values():
            with function:
                for operation in list(function.operations):
                    for block in operation.blocks:
                        _move(function, block)


def _move(function: Block, block: Block) -> None:
    for operation in list(block.operations):
        for inner in operation.blocks:
            _move(function, inner)
        if operation.op_type == "const" and np.size(operation.val.val) >= LEAST:
            (old,) = operation.outputs
            moved = mb.const(
                val=old.val, name=f"{old.name}_shared", before_op=next(iter(function.operations))
            )
            block.replace_uses_of_var_after_op(anchor_op=operation, old_var=old, new_var=moved)
            block.remove_ops([operation])

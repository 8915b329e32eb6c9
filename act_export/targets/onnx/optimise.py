"""The passes over every lowered graph and its subgraphs, so that a loop's body is bare.

A runtime pays for each node about as much as for the arithmetic of a small one, so nodes are what
is saved here; each rewrite says how many. All leave the graph standard ONNX: what ONNX Runtime
fuses when it loads the file (Gemm with its activation) is left to it.
"""

from __future__ import annotations

import math

import onnx_ir as ir
from onnx_ir.passes.common import (
    CommonSubexpressionEliminationPass,
    DeduplicateInitializersPass,
    LiftConstantsToInitializersPass,
    LiftSubgraphInitializersToMainGraphPass,
    OutputFixPass,
    RemoveUnusedNodesPass,
)
from onnxscript.optimizer import fold_constants
from onnxscript.rewriter import RewritePass

from act_export.targets.onnx import linear
from act_export.targets.onnx.bias import AddToAllReaders
from act_export.targets.onnx.gates import MergeGates
from act_export.targets.onnx.gru import FuseSteps
from act_export.targets.onnx.loops import (
    AddBeforeCarrying,
    CountTurns,
    DropUnusedVariables,
    HoistInvariants,
    ScalarConditions,
)
from act_export.targets.onnx.values import static_shape
from act_export.targets.onnx.views import CollapseViews

SMALL = 1 << 16
"""Elements up to which a constant is stored rather than made in every call."""

LARGE = 1 << 26
"""Elements up to which what is made of constants alone, as the columns of a weight, is stored."""


def optimise(model: ir.Model, float_weights: bool) -> None:
    """Rewrite the model in place; its values lose their names.

    Args:
        float_weights: whether its weights stay floats, as a GRU's must.
    """
    fold_constants(
        model, input_size_limit=LARGE, output_size_limit=LARGE, should_fold=_is_small_fill
    )
    for each in (
        *_lift_constants(),
        RewritePass(linear.FOLD),
        RewritePass(linear.FLATTEN),
        CollapseViews(),
        *([FuseSteps()] if float_weights else []),
        RewritePass(linear.GATHER),
        CollapseViews(),
        MergeGates(),
        CollapseViews(),
        RewritePass(linear.GATHER),
        AddBeforeCarrying(),
        HoistInvariants(),
        CommonSubexpressionEliminationPass(),
        RewritePass(linear.GATHER),
        *_lift_constants(),
        AddToAllReaders(),
        RewritePass(linear.ACCUMULATE),
        CollapseViews(),
        CountTurns(),
        DropUnusedVariables(),
        ScalarConditions(),
        RemoveUnusedNodesPass(),
        DeduplicateInitializersPass(),
        OutputFixPass(),
    ):
        each(model)


def _lift_constants() -> tuple[ir.passes.InPlacePass, ...]:
    """All to the main graph, as whose initializers the rewrites know them."""
    return (
        LiftConstantsToInitializersPass(lift_all_constants=True, size_limit=0),
        LiftSubgraphInitializersToMainGraphPass(),
    )


def _is_small_fill(node: ir.Node) -> bool | None:
    """Zeros that a loop starts with are folded; None where the folder is to decide by itself."""
    if node.op_type != "ConstantOfShape":
        return None
    shape = static_shape(node.outputs[0])
    return shape is not None and math.prod(shape) <= SMALL

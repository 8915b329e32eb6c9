"""Rules that gather a linear map and what is added to it in one Gemm."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import onnx_ir as ir
from onnxscript.rewriter.pattern import MatchResult, RewriteRuleClassBase, RewriteRuleSet

from act_export.targets.onnx.values import constant, static_shape


class FlattenLinear(RewriteRuleClassBase):
    """x W + b over rows of several axes -> one Gemm over all rows.

    Saves a node, and leaves the changes of shape where they cancel with others.
    """

    def pattern(self, op: Any, x: Any, weight: Any, bias: Any) -> Any:
        return op.Add(op.MatMul(x, weight), bias)

    def check(self, context: Any, x: ir.Value, weight: ir.Value, bias: ir.Value) -> MatchResult:
        result = MatchResult()
        if static_shape(x) is None or len(static_shape(x) or ()) < 2:
            return result.fail("the rows of x are not known")
        if constant(weight) is None or len(static_shape(weight) or ()) != 2:
            return result.fail("the weight is not a constant matrix")
        if constant(bias) is None or len(static_shape(bias) or ()) != 1:
            return result.fail("the bias is not a constant vector")
        return result

    def rewrite(self, op: Any, x: ir.Value, weight: ir.Value, bias: ir.Value) -> Any:
        *rows, features = static_shape(x) or ()
        outputs = (static_shape(weight) or ())[1]
        flat = op.Reshape(x, op.Constant(value_ints=[math.prod(rows), features]))
        flat.shape, flat.dtype = ir.Shape((math.prod(rows), features)), x.dtype
        product = op.Gemm(flat, weight, bias)
        product.shape, product.dtype = ir.Shape((math.prod(rows), outputs)), x.dtype
        return op.Reshape(product, op.Constant(value_ints=[*rows, outputs]))


class FlattenSingleBatch(RewriteRuleClassBase):
    """A B with one matrix in a batch of each -> the product of the matrices.

    Leaves the changes of shape where they cancel with others.
    """

    def pattern(self, op: Any, a: Any, b: Any) -> Any:
        return op.MatMul(a, b)

    def check(self, context: Any, a: ir.Value, b: ir.Value) -> MatchResult:
        result = MatchResult()
        for factor in (a, b):
            shape = static_shape(factor)
            if shape is None or len(shape) != 3 or shape[0] != 1:
                return result.fail("not one matrix in a batch")
        return result

    def rewrite(self, op: Any, a: ir.Value, b: ir.Value) -> Any:
        factors = []
        for factor in (a, b):
            _, *shape = static_shape(factor) or ()
            factors.append(op.Reshape(factor, op.Constant(value_ints=shape)))
            factors[-1].shape, factors[-1].dtype = ir.Shape(shape), factor.dtype
        product = op.MatMul(*factors)
        (rows, _), (_, outputs) = (static_shape(factor) or () for factor in factors)
        product.shape, product.dtype = ir.Shape((rows, outputs)), a.dtype
        return op.Reshape(product, op.Constant(value_ints=[1, rows, outputs]))


class AddToBias(RewriteRuleClassBase):
    """(A W + b) + c -> A W + (b + c).

    In a loop b + c is the same in every iteration, so it can be hoisted; in an unrolled one it is
    the same at every step but the first. Saves a node a ponder step.
    """

    def pattern(self, op: Any, a: Any, weight: Any, bias: Any, c: Any) -> Any:
        product = op.Gemm(a, weight, bias, _allow_other_attributes=True, _outputs=["product"])
        return op.Add(product, c)

    def check(
        self,
        context: Any,
        a: ir.Value,
        weight: ir.Value,
        bias: ir.Value,
        c: ir.Value,
        product: ir.Value,
    ) -> MatchResult:
        result = MatchResult()
        shape, added = static_shape(product), static_shape(c)
        if constant(bias) is None:
            return result.fail("the bias is already a sum")
        if shape is None or added is None or np.broadcast_shapes(shape, added) != shape:
            return result.fail("what is added is not of the product's shape")
        node = product.producer()
        if node is None or node.attributes.get_float("beta", 1.0) != 1.0:
            return result.fail("the bias is scaled")
        return result

    def rewrite(
        self,
        op: Any,
        a: ir.Value,
        weight: ir.Value,
        bias: ir.Value,
        c: ir.Value,
        product: ir.Value,
    ) -> Any:
        shape = np.broadcast_shapes(static_shape(bias) or (), static_shape(c) or ())
        both = op.Add(c, bias)
        both.shape, both.dtype = ir.Shape(shape), c.dtype
        node = product.producer()
        assert node is not None
        return op.Gemm(a, weight, both, **node.attributes)


class AccumulateByGemm(RewriteRuleClassBase):
    """m + p s with one number p and one row s -> Gemm(p, s, m).

    How the mean state grows at each ponder step. Saves a node for each state tensor and step.
    """

    def pattern(self, op: Any, m: Any, p: Any, s: Any) -> Any:
        return op.Add(m, op.Mul(p, s))

    def check(self, context: Any, m: ir.Value, p: ir.Value, s: ir.Value) -> MatchResult:
        result = MatchResult()
        if static_shape(p) != (1, 1):
            return result.fail("p is not one number")
        row = static_shape(s)
        if row is None or len(row) != 2 or row[0] != 1 or static_shape(m) != row:
            return result.fail("m and s are not single rows of one length")
        if s.dtype != ir.DataType.FLOAT:
            return result.fail("not of float32")
        return result

    def rewrite(self, op: Any, m: ir.Value, p: ir.Value, s: ir.Value) -> Any:
        return op.Gemm(p, s, m)


class AddZero(RewriteRuleClassBase):
    """x + 0 -> x: the sums that a loop begins with, where its first step is outside."""

    def pattern(self, op: Any, x: Any, zero: Any) -> Any:
        return op.Add(x, zero)

    def check(self, context: Any, x: ir.Value, zero: ir.Value) -> MatchResult:
        result = MatchResult()
        zeros, shape = constant(zero), static_shape(x)
        if zeros is None or zeros.any():
            return result.fail("nothing is zero")
        if shape is None or np.broadcast_shapes(shape, zeros.shape) != shape:
            return result.fail("the zeros give x its shape")
        return result

    def rewrite(self, op: Any, x: ir.Value, zero: ir.Value) -> Any:
        return op.Identity(x)


class AddConstants(RewriteRuleClassBase):
    """(x + j) + k with constants j and k -> x + (j + k)."""

    def pattern(self, op: Any, x: Any, j: Any, k: Any) -> Any:
        return op.Add(op.Add(x, j), k)

    def check(self, context: Any, x: ir.Value, j: ir.Value, k: ir.Value) -> MatchResult:
        result = MatchResult()
        if constant(j) is None or constant(k) is None:
            return result.fail("two of the three are not constants")
        return result

    def rewrite(self, op: Any, x: ir.Value, j: ir.Value, k: ir.Value) -> Any:
        both = sum(array for array in (constant(j), constant(k)) if array is not None)
        return op.Add(x, op.Constant(value=ir.tensor(both)))


FOLD = RewriteRuleSet([AddZero.rule()], commute=True)
FLATTEN = RewriteRuleSet([FlattenSingleBatch.rule()])
GATHER = RewriteRuleSet([FlattenLinear.rule(), AddToBias.rule(), AddConstants.rule()], commute=True)
ACCUMULATE = RewriteRuleSet([AccumulateByGemm.rule()], commute=True)

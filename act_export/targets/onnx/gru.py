"""A GRU's ponder steps, where they are written out, as two operations: each half as one.

The steps s_n = cell(p, s_{n-1}), of which the first alone adds the flag's weights to p, are what
ONNX's GRU computes over a sequence whose input is the flag, 1, 0, 0, ...: with the flag's weights
as the input's and p as the bias, which here differs from call to call. Where a step's arithmetic is
small, all steps together cost less than a few in a loop.

How many time steps a GRU takes is an input of it. That of the second half is none where the first
has halted already, so the time follows N, in two stairs, without control flow.

Of other cells: ONNX Runtime's RNN takes longer than the two nodes a step that it stands for, and an
LSTM returns no c_n but the last.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx_ir as ir
from onnx_ir.passes.common import RemoveUnusedNodesPass
from onnxscript.rewriter.pattern import Pattern

from act_export.targets.onnx.columns import Columns
from act_export.targets.onnx.values import Array, add_constant, add_node, constant, static_shape

GATES = (1, 0, 2)
"""ONNX's gates, z, r, n, by their places in torch's order r, z, n."""

MARGIN = 1e-3
"""The least excess of a halting sum over the threshold for the second half to be left out: more
than rounding can make, because the sum that decides on N is computed separately."""


def _linear(op: Any, x: Any, weight: Any, bias: Any) -> Any:
    return op.Gemm(x, weight, bias, transA=0, transB=1, alpha=1.0, beta=1.0)


def _step(op: Any, projection: Any, state: Any, weight: Any, bias: Any) -> Any:
    recurrent = _linear(op, state, weight, bias)
    x_r, x_z, x_n = op.Split(projection, axis=1, num_outputs=3, _outputs=3)
    u_r, u_z, u_n = op.Split(recurrent, axis=1, num_outputs=3, _outputs=3)
    n = op.Tanh(op.Add(x_n, op.Mul(op.Sigmoid(op.Add(x_r, u_r)), u_n)))
    return op.Add(n, op.Mul(op.Sigmoid(op.Add(x_z, u_z)), op.Sub(state, n)))


def _going(op: Any, states: Any, weight: Any, bias: Any, axis: Any, limits: Any) -> Any:
    halting = op.Sigmoid(_linear(op, states, weight, bias))
    return op.Less(op.CumSum(halting, axis, exclusive=0, reverse=0), limits)


STEP = Pattern(_step)
"""The next state, made of a projection, a state and the cell's weight and bias."""

GOING = Pattern(_going)
"""The test, for all states, that the halting sum is still below the threshold."""


class FuseSteps(ir.passes.InPlacePass):
    """Make two GRUs of the steps whose states a Concat gathers, if they are of one row.

    Saves 10 nodes a ponder step, and costs 15.
    """

    def call(self, model: ir.Model) -> ir.passes.PassResult:
        columns, weights = Columns(model), Weights(model)
        gathered = [node for node in model.graph if node.op_type == "Concat"]
        chains = [chain for node in gathered if (chain := _chain(model, node, columns))]
        for chain in chains:
            _Fusion(model, chain, columns, weights).fuse()
        RemoveUnusedNodesPass()(model)
        return ir.passes.PassResult(model, modified=bool(chains))


@dataclass(frozen=True)
class Halting:
    """A layer's halting unit, and the threshold of its sum."""

    weight: ir.Value
    bias: ir.Value
    threshold: float


@dataclass(frozen=True)
class Chain:
    """Successive steps from a state, and the Concat of their states, (steps, H)."""

    gathered: ir.Node
    start: ir.Value
    """(1, H)."""
    projection: ir.Value
    """(1, 3 H)."""
    flag: ir.Value
    """The term that the first step adds to the projection: (3 H)."""
    weight: ir.Value
    """(3 H, H)."""
    bias: ir.Value
    """(3 H)."""
    halting: Halting | None
    """None if it is not known, as where the threshold is an input."""


@dataclass
class Weights:
    """Constants in the order of the operation's gates; each is stored once."""

    model: ir.Model
    _stored: dict[ir.Value, ir.Value] = field(default_factory=dict)

    def ordered(self, value: ir.Value, *shape: int) -> ir.Value:
        """(3 H, ...) as a constant of this shape."""
        if value not in self._stored:
            array = constant(value)
            assert array is not None
            gates = array.reshape(3, -1)[list(GATES)].reshape(shape)
            self._stored[value] = add_constant(self.model, f"{value.name}_gru", gates)
        return self._stored[value]


def _chain(model: ir.Model, gathered: ir.Node, columns: Columns) -> Chain | None:
    """The chain whose states, first to last, are the rows of this Concat, if there is one."""
    states = list(gathered.inputs)
    steps = [_bindings(model, STEP, state) for state in states]
    if len(steps) < 2 or gathered.attributes.get_int("axis", 0) or not all(steps):
        return None
    first, *later = steps
    chained = [step["state"] for step in later] == states[:-1]
    if not (chained and _same(steps, "weight", "bias") and _same(later, "projection")):
        return None
    weight, bias, projection = (later[0][name] for name in ("weight", "bias", "projection"))
    flag = _added(first["projection"], projection)
    known = all(constant(value) is not None for value in (flag, weight, bias))
    if flag is None or not known or not columns.possible(projection):
        return None
    if static_shape(first["state"]) != (1, (static_shape(weight) or ())[-1]):
        return None
    halting = _halting(model, gathered.outputs[0])
    return Chain(gathered, first["state"], projection, flag, weight, bias, halting)


def _halting(model: ir.Model, states: ir.Value) -> Halting | None:
    """Find the halting that decides how many of these states count."""
    for node in model.graph:
        found = _bindings(model, GOING, node.outputs[0])
        limits = constant(found.get("limits"))
        if limits is not None and found["states"] is states:
            return Halting(found["weight"], found["bias"], float(limits.max()))
    return None


def _bindings(model: ir.Model, pattern: Pattern, value: ir.Value | None) -> dict[str, ir.Value]:
    """Return the pattern's bindings where it computes the value; empty if it does not."""
    node = None if value is None else value.producer()
    if node is None:
        return {}
    match = pattern.match(model, model.graph, node, check_nodes_are_removable=False)
    return dict(match.bindings) if match else {}


def _same(steps: Iterable[dict[str, ir.Value]], *names: str) -> bool:
    return all(len({step[name] for step in steps}) == 1 for name in names)


def _added(total: ir.Value, value: ir.Value) -> ir.Value | None:
    """Return the term that is added to ``value`` to give ``total``; None if there is none."""
    node = total.producer()
    if node is None or node.op_type != "Add" or value not in node.inputs:
        return None
    return node.inputs[1 - list(node.inputs).index(value)]


@dataclass(frozen=True)
class _Fusion:
    model: ir.Model
    chain: Chain
    columns: Columns
    weights: Weights

    @property
    def size(self) -> int:
        """H."""
        return (static_shape(self.chain.start) or ())[-1]

    def fuse(self) -> None:
        """Let the states come from GRUs."""
        steps, size = len(self.chain.gathered.inputs), self.size
        ranges = tuple((gate * size, (gate + 1) * size) for gate in GATES)
        projection = self.columns.select(self.chain.projection, ranges)
        recurrent = self.weights.ordered(self.chain.bias, 1, 3 * size)
        bias = self._node("Concat", [projection, recurrent], 1, 6 * size, axis=1)
        # ONNX Runtime's GRU clips what it takes the tanh of, and would make a number of NaN.
        zeros = self._constant("zeros", np.zeros((1, 3 * size, 1)))
        zero_or_nan = self._node("MatMul", [projection, zeros], 1, 1, 1)
        start = self._node("Add", [self.chain.start, zero_or_nan], 1, 1, size)

        flags = np.eye(steps, 1)[..., None]
        half = steps if self.chain.halting is None else (steps + 1) // 2
        states, last = self._gru(flags[:half], bias, start)
        if self.chain.halting is not None:
            length = self._length(self.chain.halting, states, half, steps - half)
            rest, _ = self._gru(flags[half:], bias, last, length)
            states = self._node("Concat", [states, rest], steps, 1, 1, size, axis=0)
        self.chain.gathered.outputs[0].replace_all_uses_with(
            self._reshaped(states, steps, size), replace_graph_outputs=True
        )

    def _gru(
        self, flags: Array, bias: ir.Value, start: ir.Value, length: ir.Value | None = None
    ) -> tuple[ir.Value, ir.Value]:
        """All states (steps, 1, 1, H), which are 0 after ``length`` steps, and the last."""
        size, shapes = self.size, ((len(flags), 1, 1, self.size), (1, 1, self.size))
        flag = self.weights.ordered(self.chain.flag, 1, 3 * size, 1)
        weight = self.weights.ordered(self.chain.weight, 1, 3 * size, size)
        node = ir.node(
            "GRU",
            [self._constant("flags", flags), flag, weight, bias, length, start],
            {"hidden_size": size, "linear_before_reset": 1},
            num_outputs=2,
        )
        for output, shape in zip(node.outputs, shapes, strict=True):
            output.shape, output.type = ir.Shape(shape), ir.TensorType(ir.DataType.FLOAT)
        assert self.chain.gathered.graph is not None
        self.chain.gathered.graph.insert_before(self.chain.gathered, node)
        states, last = node.outputs
        return states, last

    def _length(self, halting: Halting, states: ir.Value, steps: int, rest: int) -> ir.Value:
        """The number of steps to be taken after these: the rest, or none."""
        rows = self._reshaped(states, steps, self.size)
        unit = self._node("Gemm", [rows, halting.weight, halting.bias], steps, 1, transB=1)
        values = self._node("Sigmoid", [unit], steps, 1)
        axes = add_constant(self.model, "axes", np.array([0], np.int64))
        total = self._node("ReduceSum", [values, axes], 1, keepdims=0)
        enough = self._constant("enough", np.array([halting.threshold + MARGIN]))
        due = self._node("Less", [total, enough], 1, dtype=ir.DataType.BOOL)
        counts: list[ir.Value | None] = [
            add_constant(self.model, "steps", np.array([count], np.int32)) for count in (rest, 0)
        ]
        return self._node("Where", [due, *counts], 1, dtype=ir.DataType.INT32)

    def _reshaped(self, value: ir.Value, *shape: int) -> ir.Value:
        sizes = add_constant(self.model, "shape", np.array(shape, np.int64))
        return self._node("Reshape", [value, sizes], *shape)

    def _constant(self, name: str, array: Array) -> ir.Value:
        return add_constant(self.model, name, array.astype(np.float32))

    def _node(
        self,
        op: str,
        inputs: list[ir.Value | None],
        *shape: int,
        dtype: ir.DataType = ir.DataType.FLOAT,
        **attributes: Any,
    ) -> ir.Value:
        return add_node(self.chain.gathered, op, inputs, shape, dtype, **attributes)

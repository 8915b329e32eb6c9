"""Rewrites that save work in every iteration of a loop."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
from onnx_ir.passes.common import RemoveUnusedNodesPass

from act_export.targets.onnx.values import (
    add_constant,
    add_node,
    constant,
    loops,
    static_shape,
)

UNLIMITED = np.array(np.iinfo(np.int64).max)
"""A trip count that only the condition ends."""

CANNOT_FAIL = {"Add", "Sub", "Mul", "Cast", "Concat", "Gemm", "MatMul", "Reshape", "Sigmoid"}
"""Ops safe before a loop that then makes no iteration: no value or index makes them fail."""


class HoistInvariants(ir.passes.InPlacePass):
    """Compute before the loop what is the same in every iteration.

    Saves a node per iteration for each, such as the sum of a cell's projection and its biases.
    """

    def call(self, model: ir.Model) -> ir.passes.PassResult:
        hoisted = False
        for body, loop in reversed(loops(model).items()):
            for node in list(body):
                outside = all(value is None or not _inside(value, body) for value in node.inputs)
                returned = any(output.is_graph_output() for output in node.outputs)
                if node.op_type in CANNOT_FAIL and outside and not returned:
                    body.remove(node)
                    assert loop.graph is not None
                    loop.graph.insert_before(loop, node)
                    hoisted = True
        return ir.passes.PassResult(model, modified=hoisted)


class AddBeforeCarrying(ir.passes.InPlacePass):
    """Let a loop carry v + k where it carries v and only ever adds the invariant k to it.

    The loop form's projection, to which the cell adds its bias. Saves a node a ponder step.
    """

    def call(self, model: ir.Model) -> ir.passes.PassResult:
        changed = False
        for body, loop in loops(model).items():
            for place, variable in list(enumerate(body.inputs))[2:]:
                changed |= _add_before(body, loop, place, variable)
        return ir.passes.PassResult(model, modified=changed)


class CountTurns(ir.passes.InPlacePass):
    """Let the loop count the iterations that a condition counts, as max(a, n) < limit does.

    n grows by one in every iteration, so the condition on it is a trip count known beforehand.
    Saves a node a ponder step. A loop without one gets the largest there is: onnxruntime's symbolic
    shape inference fails where it is left out.
    """

    def call(self, model: ir.Model) -> ir.passes.PassResult:
        for body, loop in loops(model).items():
            if loop.inputs[0] is None and not _count_turns(model, body, loop):
                loop.replace_input_with(0, add_constant(model, "turns", UNLIMITED))
        return ir.passes.PassResult(model, modified=True)


class DropUnusedVariables(ir.passes.InPlacePass):
    """Let a loop carry only what its body or what follows it reads.

    Saves a copy per iteration for each.
    """

    def call(self, model: ir.Model) -> ir.passes.PassResult:
        dropped = False
        for body, loop in loops(model).items():
            unused = [
                place
                for place in range(2, len(body.inputs))
                if not body.inputs[place].uses()
                and not body.inputs[place].is_graph_output()
                and not loop.outputs[place - 2].uses()
                and not loop.outputs[place - 2].is_graph_output()
            ]
            if unused:
                _drop(body, loop, unused)
                dropped = True
        RemoveUnusedNodesPass()(model)
        return ir.passes.PassResult(model, modified=dropped)


class ScalarConditions(ir.passes.InPlacePass):
    """Make the conditions of loops scalars, as ONNX says that they are.

    A loop over one row is exported with a condition of shape (1, 1), which ONNX Runtime takes and
    OpenVINO refuses. Costs a node a ponder step, which copies nothing.
    """

    def call(self, model: ir.Model) -> ir.passes.PassResult:
        changed = False
        for body, loop in loops(model).items():
            before, after = loop.inputs[1], body.outputs[0]
            if before is not None and static_shape(before) not in (None, ()):
                loop.replace_input_with(1, add_node(loop, "Squeeze", [before], (), before.dtype))
                changed = True
            if static_shape(after) not in (None, ()):
                squeezed = ir.node("Squeeze", [after])
                (scalar,) = squeezed.outputs
                scalar.shape, scalar.type = ir.Shape(()), after.type
                body.append(squeezed)
                body.outputs[0] = scalar
                changed = True
        return ir.passes.PassResult(model, modified=changed)


def _inside(value: ir.Value, body: ir.Graph) -> bool:
    """True if the body computes or carries the value."""
    return value.graph is body and not value.is_initializer()


def _add_before(body: ir.Graph, loop: ir.Node, place: int, variable: ir.Value) -> bool:
    adds = [node for node, _ in variable.uses()]
    again = body.outputs[place - 1].producer()
    start, after = loop.inputs[place], loop.outputs[place - 2]
    if start is None or not adds or variable.is_graph_output():
        return False
    if after.uses() or after.is_graph_output():
        return False
    if again is None or again.op_type != "Identity" or again.inputs[0] is None:
        return False
    next_value = again.inputs[0]
    others = {v for node in adds for v in node.inputs if v is not variable}
    if any(node.op_type != "Add" for node in adds) or len(others) != 1:
        return False
    (added,) = others
    if added is None or constant(added) is None or _inside(next_value, body):
        return False
    assert loop.graph is not None
    sums = [ir.node("Add", [value, added]) for value in (start, next_value)]
    for add in sums:
        add.outputs[0].shape, add.outputs[0].type = adds[0].outputs[0].shape, variable.type
        loop.graph.insert_before(loop, add)
    loop.replace_input_with(place, sums[0].outputs[0])
    again.replace_input_with(0, sums[1].outputs[0])
    for value in (variable, body.outputs[place - 1], after):
        value.shape = adds[0].outputs[0].shape
    for add in adds:
        add.outputs[0].replace_all_uses_with(variable)
    body.remove(adds, safe=True)
    return True


def _drop(body: ir.Graph, loop: ir.Node, places: list[int]) -> None:
    kept = [place for place in range(len(loop.inputs)) if place not in places]
    outputs = [output for at, output in enumerate(loop.outputs) if at + 2 not in places]
    for place in reversed(places):
        del body.inputs[place]
        del body.outputs[place - 1]
    new = ir.Node(
        "",
        "Loop",
        [loop.inputs[place] for place in kept],
        loop.attributes.values(),
        num_outputs=len(outputs),
    )
    assert loop.graph is not None
    loop.graph.insert_before(loop, new)
    for old, output in zip(outputs, new.outputs, strict=True):
        output.shape, output.type = old.shape, old.type
        old.replace_all_uses_with(output, replace_graph_outputs=True)
    loop.graph.remove(loop, safe=True)


def _count_turns(model: ir.Model, body: ir.Graph, loop: ir.Node) -> bool:
    less = body.outputs[0].producer()
    if less is None or less.op_type != "Less":
        return False
    larger, limit = less.inputs
    limits = constant(limit)
    maximum = None if larger is None else larger.producer()
    if maximum is None or maximum.op_type != "Max" or len(maximum.inputs) != 2 or limits is None:
        return False
    for place, count in enumerate(maximum.inputs):
        first = None if count is None else _first_of_count(body, loop, count)
        if first is not None and limits.size == 1:
            turns = np.ceil(limits.item() - first).astype(np.int64)
            loop.replace_input_with(0, add_constant(model, "turns", turns))
            less.replace_input_with(0, maximum.inputs[1 - place])
            return True
    return False


def _first_of_count(body: ir.Graph, loop: ir.Node, count: ir.Value) -> float | None:
    """Return the count's initial value, if the loop carries it and adds 1 in every iteration."""
    add = count.producer()
    if add is None or add.op_type != "Add" or count not in list(body.outputs):
        return None
    place = list(body.outputs).index(count) + 1
    variable = body.inputs[place]
    others = [value for value in add.inputs if value is not variable]
    start = constant(loop.inputs[place])
    if len(others) != 1 or start is None or len(set(start.ravel().tolist())) != 1:
        return None
    step = constant(others[0])
    return float(start.flat[0]) if step is not None and (step == 1).all() else None

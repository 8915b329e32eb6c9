"""Columns of a value, computed as columns of the constants that it comes from.

The columns of A W + b are those of W and b; of a sum, those of its terms; of what only moves rows,
those of its source; of a variable that a loop carries, those of its first value and of its next.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import onnx_ir as ir

from act_export.targets.onnx.values import add_constant, constant, loops, static_shape

Ranges = tuple[tuple[int, int], ...]
"""Columns from and to, in the order in which they are wanted."""

MOVES_ROWS = {"Identity", "Gather", "Squeeze", "Unsqueeze", "Transpose", "Slice", "Reshape"}
"""Leave the last axis as it is, where its size is the same after them; but see ``_sources``."""


@dataclass
class Columns:
    """Selects columns; computes those of one value once."""

    model: ir.Model
    _selected: dict[tuple[ir.Value, Ranges], ir.Value] = field(default_factory=dict)
    _taken: dict[tuple[ir.Value, Ranges, int], ir.Value] = field(default_factory=dict)
    _possible: dict[ir.Value, bool] = field(default_factory=dict)

    def possible(self, value: ir.Value) -> bool:
        """True if all columns come from constants."""
        if value not in self._possible:
            self._possible[value] = True  # a loop may carry it round to itself
            self._possible[value] = self._judge(value)
        return self._possible[value]

    def _judge(self, value: ir.Value) -> bool:
        array, node = constant(value), value.producer()
        if array is not None:
            return array.ndim > 0
        if node is None:
            carried = self._carried(value)
            return carried is not None and all(self.possible(source) for source in carried)
        sources = _sources(node)
        return bool(sources) and all(self.possible(source) for source, _ in sources.values())

    def select(self, value: ir.Value, ranges: Ranges) -> ir.Value:
        """These columns of a value for which that is possible."""
        key = value, ranges
        if key not in self._selected:
            node, carried = value.producer(), self._carried(value)
            if ranges == ((0, _width(value, -1)),):
                self._selected[key] = value
            elif constant(value) is not None:
                self._selected[key] = self._of_constant(value, ranges, -1)
            elif node is not None:
                self._selected[key] = self._of_node(node, value, ranges)
            else:
                assert carried is not None
                self._carry(value, carried, ranges)
        return self._selected[key]

    def _of_constant(self, value: ir.Value, ranges: Ranges, axis: int) -> ir.Value:
        array, key = constant(value), (value, ranges, axis)
        assert array is not None
        if key not in self._taken:
            index = np.concatenate([np.arange(*columns) for columns in ranges])
            name = f"{value.name}_columns"
            self._taken[key] = add_constant(self.model, name, array.take(index, axis))
        return self._taken[key]

    def _of_node(self, node: ir.Node, value: ir.Value, ranges: Ranges) -> ir.Value:
        inputs = list(node.inputs)
        for place, (source, axis) in _sources(node).items():
            inputs[place] = (
                self.select(source, ranges)
                if axis == -1
                else self._of_constant(source, ranges, axis)
            )
        shape = _narrowed(value, ranges)
        if node.op_type == "Reshape":
            wanted = np.array(static_shape(value) or (), np.int64)
            wanted[-1] = _count(ranges)
            inputs[1] = add_constant(self.model, "shape", wanted)
        new = ir.Node(node.domain, node.op_type, inputs, node.attributes.values())
        new.outputs[0].shape, new.outputs[0].type = shape, value.type
        assert node.graph is not None
        node.graph.insert_after(node, new)
        return new.outputs[0]

    def _carried(self, value: ir.Value) -> tuple[ir.Value, ir.Value] | None:
        """Return a loop variable's initial value and its next value; None for other values."""
        body = value.graph
        loop = None if body is None else loops(self.model).get(body)
        if body is None or loop is None or not value.is_graph_input():
            return None
        place = list(body.inputs).index(value)
        start = loop.inputs[place]
        if place < 2 or start is None or len(loop.outputs) != len(loop.inputs) - 2:
            return None  # a loop that also stacks outputs: a new variable's place is before them
        return start, body.outputs[place - 1]

    def _carry(self, value: ir.Value, carried: tuple[ir.Value, ir.Value], ranges: Ranges) -> None:
        """Let the loop carry these columns as a variable of its own."""
        body = value.graph
        assert body is not None
        loop = loops(self.model)[body]
        new = ir.Value(
            name=f"{value.name}_columns{len(body.inputs)}",
            shape=_narrowed(value, ranges),
            type=value.type,
        )
        self._selected[value, ranges] = new
        start, after = (self.select(source, ranges) for source in carried)
        body.inputs.append(new)
        body.outputs.append(after)
        loop.resize_inputs(len(loop.inputs) + 1)
        loop.replace_input_with(len(loop.inputs) - 1, start)
        loop.resize_outputs(len(loop.outputs) + 1)
        loop.outputs[-1].shape, loop.outputs[-1].type = new.shape, new.type


def _sources(node: ir.Node) -> dict[int, tuple[ir.Value, int]]:
    """Which inputs give the output its columns, and on which axis of theirs; none if unknown."""
    if node.op_type == "Gemm":
        axes = {1: 0 if node.attributes.get_int("transB", 0) else 1, 2: -1}
    elif node.op_type == "MatMul":
        axes = {1: 1}
    elif node.op_type == "Add":
        axes = {0: -1, 1: -1}
    elif node.op_type in MOVES_ROWS and _keeps_last_axis(node):
        axes = {0: -1}
    else:
        return {}
    found = {
        place: (source, axis)
        for place, axis in axes.items()
        if place < len(node.inputs) and (source := node.inputs[place]) is not None
    }
    width = _width(node.outputs[0], -1)
    if width is None or any(_width(source, axis) != width for source, axis in found.values()):
        return {}
    if any(axis != -1 and constant(source) is None for source, axis in found.values()):
        return {}
    return found


def _keeps_last_axis(node: ir.Node) -> bool:
    """Given that it keeps its size, which for a reshape is enough."""
    shape = None if node.inputs[0] is None else node.inputs[0].shape
    if shape is None:
        return False
    last = len(shape) - 1
    if node.op_type == "Transpose":
        return node.attributes["perm"].as_ints()[-1] == last
    if node.op_type == "Gather":
        return node.attributes.get_int("axis", 0) not in (-1, last)
    if node.op_type == "Slice":
        axes = constant(node.inputs[3]) if len(node.inputs) > 3 else None
        return axes is not None and not {-1, last} & set(axes.tolist())
    return node.op_type != "Reshape" or static_shape(node.outputs[0]) is not None


def _count(ranges: Ranges) -> int:
    return sum(stop - start for start, stop in ranges)


def _narrowed(value: ir.Value, ranges: Ranges) -> ir.Shape:
    assert value.shape is not None
    return ir.Shape([*value.shape[:-1], _count(ranges)])


def _width(value: ir.Value, axis: int) -> int | None:
    if value.shape is None or not len(value.shape) or not isinstance(value.shape[axis], int):
        return None
    return int(value.shape[axis])  # type: ignore[arg-type]

"""Facts about a value that are known before the graph runs, and the adding of constants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

Array = npt.NDArray[Any]


def static_shape(value: ir.Value | None) -> tuple[int, ...] | None:
    """The value's shape, if every size is a number."""
    if value is None or value.shape is None or not value.shape.is_static():
        return None
    return tuple(int(size) for size in value.shape)  # type: ignore[arg-type]


def constant(value: ir.Value | None) -> Array | None:
    """The value, if it is the same in every call."""
    if value is None or value.is_graph_input() or value.const_value is None:
        return None
    array: Array = value.const_value.numpy()
    return array


def add_constant(model: ir.Model, name: str, array: Array) -> ir.Value:
    """A new initializer of the main graph, whose values its subgraphs see too."""
    taken = model.graph.initializers
    unique = next(n for n in _numbered(name) if n not in taken)
    tensor = ir.tensor(np.ascontiguousarray(array), name=unique)
    value = ir.Value(
        name=unique, shape=tensor.shape, type=ir.TensorType(tensor.dtype), const_value=tensor
    )
    model.graph.register_initializer(value)
    return value


def add_node(
    before: ir.Node,
    op: str,
    inputs: list[ir.Value | None],
    shape: tuple[int, ...] | ir.Shape | None,
    dtype: ir.DataType | None,
    **attributes: Any,
) -> ir.Value:
    """A new node with one output, put before another of its graph."""
    node = ir.node(op, inputs, attributes)
    (output,) = node.outputs
    output.shape = None if shape is None else ir.Shape(shape)
    if dtype is not None:
        output.type = ir.TensorType(dtype)
    assert before.graph is not None
    before.graph.insert_before(before, node)
    return output


def loops(model: ir.Model) -> dict[ir.Graph, ir.Node]:
    """Every Loop by its body, innermost last."""
    return {
        node.attributes["body"].as_graph(): node
        for node in model.graph.all_nodes()
        if node.op_type == "Loop" and node.domain == ""
    }


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{count}" for count in range(1, 1 << 30))

"""The names of a finished graph's values and nodes."""

from __future__ import annotations

import onnx_ir as ir


def rename(model: ir.Model, outputs: list[str]) -> None:
    """Give the outputs these names, and every other value one of its own.

    A subgraph may not use a name of the graphs around it.
    """
    taken = {value.name for value in model.graph.inputs} | {*outputs}
    taken |= {name for graph in model.graphs() for name in graph.initializers}
    results = set(model.graph.outputs)
    count = 0
    for graph in (model.graph, *model.graph.subgraphs()):
        inner = [] if graph is model.graph else list(graph.inputs)
        for value in (*inner, *(output for node in graph for output in node.outputs)):
            while value not in results and value.name in taken:
                count += 1
                value.name = f"v{count}"
            taken.add(value.name)
    for name, output in zip(outputs, model.graph.outputs, strict=True):
        output.name = name
    for count, node in enumerate(model.graph.all_nodes()):
        node.name = f"{node.op_type}_{count}"

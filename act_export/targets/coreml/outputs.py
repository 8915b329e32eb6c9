"""A value of its own for every output of a program.

coremltools gives the value that is an output the output's name. So an input that is returned as it
came would lose its name, and of two outputs that are one value one would; and it takes ``clone``
for nothing at all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from coremltools.converters.mil import Builder as mb  # noqa: N813
from coremltools.converters.mil import register_torch_op
from coremltools.converters.mil.frontend.torch.internal_graph import InternalTorchIRNode
from coremltools.converters.mil.frontend.torch.ops import noop
from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY
from torch import fx
from torch.export.graph_signature import TensorArgument


def separate_outputs(exported: torch.export.ExportedProgram) -> None:
    """Copy, in place, every output that is an input or another output."""
    graph, specs = exported.graph, exported.graph_signature.output_specs
    output = graph.output_node()
    results: list[Any] = list(output.args[0])  # type: ignore[arg-type]
    sources: set[fx.Node] = set()
    for place, result in enumerate(results):
        source = result
        while _is_nothing(source):
            source = source.args[0]
        if source.op == "placeholder" or source in sources:
            with graph.inserting_before(output):
                results[place] = graph.call_function(act_copy, (source,))
            specs[place] = replace(specs[place], arg=TensorArgument(results[place].name))
        sources.add(source)
    output.args = (tuple(results),)


def _is_nothing(node: fx.Node) -> bool:
    """True if coremltools emits no operation for the node."""
    return (
        isinstance(node.target, torch._ops.OpOverload)
        and _TORCH_OPS_REGISTRY.get_func(node.target.name()) is noop
    )


@register_torch_op(override=True)  # type: ignore[untyped-decorator]
def act_copy(context: Any, node: InternalTorchIRNode) -> None:
    """Convert a node of :func:`separate_outputs`."""
    (name,) = node.inputs
    context.add(mb.identity(x=context[name], name=node.name))

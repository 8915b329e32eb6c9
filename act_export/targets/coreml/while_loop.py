"""torch's ``while_loop`` operator, for which coremltools has no converter, as MIL's.

coremltools reads a graph whose nodes are operators on tensors; a ``while_loop`` node also has two
sub-graphs, its condition and its body. :func:`attach_loops` moves them into the node's metadata and
gives the node a name of our own to be converted under, so neither a converter that coremltools may
come to have nor one that a user registers is touched. The sub-graphs' own nodes are then converted
by coremltools' converters, inside the blocks of MIL's ``while_loop``; loops may nest. Weights come
in from outside the loop, so they are constants of the function and stored once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from coremltools.converters.mil import Builder as mb  # noqa: N813
from coremltools.converters.mil import register_torch_op
from coremltools.converters.mil.frontend.torch.internal_graph import InternalTorchIRNode
from coremltools.converters.mil.frontend.torch.ops import convert_single_node
from coremltools.converters.mil.frontend.torch.utils import TORCH_DTYPE_TO_MIL_DTYPE
from coremltools.converters.mil.mil import Var, types
from torch import fx
from torch.utils import _pytree as pytree

_LOOP = "loop"
"""Where a node's metadata holds its :class:`_Loop`."""


@dataclass(frozen=True)
class _Loop:
    """The condition, body and carried variables of a ``while_loop`` node."""

    condition: fx.GraphModule
    body: fx.GraphModule
    carried: tuple[torch.Tensor, ...]
    """The dtypes and ranks of its variables."""


def attach_loops(module: fx.GraphModule) -> None:
    """Change every ``while_loop`` of a graph, in place, into what coremltools' frontend reads."""
    graph = module.graph
    for node in graph.find_nodes(
        op="call_function", target=torch.ops.higher_order.while_loop, sort=False
    ):
        condition, body, variables, others = node.args
        node.meta[_LOOP] = _Loop(
            getattr(module, condition.target),
            getattr(module, body.target),
            tuple(variable.meta["val"] for variable in variables),
        )
        node.target = act_while_loop
        node.args = (list(variables), list(others))
        for part in (condition, body):
            attach_loops(getattr(module, part.target))
            graph.erase_node(part)


@register_torch_op(override=True)  # type: ignore[untyped-decorator]
def act_while_loop(context: Any, node: InternalTorchIRNode) -> None:
    """Convert a node of :func:`attach_loops`."""
    loop: _Loop = node.meta[_LOOP]
    variables, others = ([context[name] for name in names] for names in node.inputs)

    def condition(*variables: Var) -> Var:
        (test,) = _convert(context, loop.condition, [*variables, *others])
        return _conform(test, torch.empty((), dtype=torch.bool))

    def body(*variables: Var) -> list[Var]:
        results = _convert(context, loop.body, [*variables, *others])
        return _made_here(map(_conform, results, loop.carried), [*variables, *others])

    outputs = mb.while_loop(
        _cond=condition,
        _body=body,
        loop_vars=tuple(map(_unknown, map(_conform, variables, loop.carried))),
        name=node.name,
    )
    context.add(outputs if isinstance(outputs, (tuple, list)) else (outputs,), node.name)


def _convert(context: Any, module: fx.GraphModule, inputs: list[Var]) -> list[Var]:
    """Convert a sub-graph's nodes into the current block and return its results."""
    names = [node.name for node in module.graph.find_nodes(op="placeholder")]
    context.push((names, inputs))
    for node in module.graph.nodes:
        if node.op == "call_function":
            convert_single_node(context, InternalTorchIRNode.from_exir_node(node))
    (results,) = module.graph.output_node().args
    converted = [context[result.name] for result in pytree.tree_leaves(results)]
    context.pop()
    return converted


def _conform(variable: Var, like: torch.Tensor) -> Var:
    """Give a variable the dtype that torch says it has, and rank 0 if it says so.

    A block's results must have the types of the loop's variables, but coremltools forgets the
    dtype of zeros, and reshapes nothing to rank 0.
    """
    dtype = TORCH_DTYPE_TO_MIL_DTYPE[like.dtype]
    if variable.dtype != dtype:
        variable = mb.cast(x=variable, dtype=types.builtin_to_string(dtype))
    if like.ndim == 0 and types.is_tensor(variable.sym_type):
        if variable.val is None:
            return mb.squeeze(x=variable)
        return mb.const(val=np.reshape(variable.val, ())[()])
    return variable


def _unknown(variable: Var) -> Var:
    """The same, of no value known before it runs: else the loop is built as if it never changed."""
    variable = mb.identity(x=variable)
    variable._sym_val = None
    return variable


def _made_here(results: Iterable[Var], inputs: list[Var]) -> list[Var]:
    """The results, each made in the block, and only once: Apple's compiler wants them so.

    One that comes from outside would also be taken by coremltools' ``loop_invariant_elimination``
    for what the variable is at first, too. One whose value coremltools has inferred, if only in
    symbols, as of a short concatenation, would not match its variable, of no value known.
    """
    made: list[Var] = []
    for result in results:
        if result.sym_val is not None:
            made.append(_unknown(result))
        elif any(result is other for other in (*inputs, *made)):
            made.append(mb.identity(x=result))
        else:
            made.append(result)
    return made

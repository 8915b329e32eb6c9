"""The host form: the one traced program cut at its ponder loops, for an app that drives them.

    begin           once a time step: the encoder, the projection of x
    step            again and again while ``progress`` is below the threshold
    finish          once: the mean state, the head, N and R

With several ACT layers each has its step, and between two steps lies a ``next``. A value that a
part makes for a later one, or for its own next call, has the same name with ``_out`` after it: the
driver (:mod:`act_artefact.driver`) keeps all values by name and knows nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, fx

from act_artefact import interface
from act_artefact.driver import PartFacts, Repeat
from act_artefact.interface import Interface
from act_export.program import Program

WHILE = torch.ops.higher_order.while_loop
RESHAPE = torch.ops.aten.reshape.default


@dataclass(frozen=True)
class Part:
    """One graph of the host form."""

    facts: PartFacts
    program: Program


def cut_at_loops(program: Program) -> list[Part]:
    """Cut a program of one time step at its loops, in the order in which they run."""
    cut = _Cut(program)
    parts = []
    for loop in cut.loops:
        before = f"next{loop.number}" if loop.number else "begin"
        start = {f"{loop.name(i)}_out": node for i, node in enumerate(loop.carried)}
        parts.append(cut.between(before, loop.number, start))
        parts.append(cut.step("step" if len(cut.loops) == 1 else f"step{loop.number}", loop))
    parts.append(cut.between("finish", len(cut.loops), cut.outputs))
    return parts


class _Loop:
    """A ponder loop in the traced program."""

    def __init__(self, node: fx.Node, number: int) -> None:
        self.number = number
        arguments: Any = node.args
        self.carried: list[fx.Node] = list(arguments[2])
        self.extra: list[fx.Node] = list(arguments[3])
        """Values that its condition and body read from outside the loop."""
        self.results = {item: int(str(item.args[1])) for item in node.users}
        """The values that leave it, and their places among those it carries."""
        owner: Any = node.graph.owning_module
        self.body: fx.Graph = getattr(owner, arguments[1].target).graph
        condition: fx.Graph = getattr(owner, arguments[0].target).graph
        (compare,) = (each for each in condition.nodes if each.op == "call_function")
        inner = _placeholders(condition)
        progress, threshold = compare.args
        self.progress = inner.index(progress)
        """The place of the carried value that the condition reads."""
        self.threshold: float | fx.Node = threshold
        if isinstance(threshold, fx.Node):
            self.threshold = self.extra[inner.index(threshold) - len(self.carried)]

    def name(self, place: int) -> str:
        """Return the name, outside the loop, of the value carried in this place."""
        if place == self.progress:
            return f"progress{self.number}"
        return f"carry{self.number}_{place}"


class _Cut:
    """The assignment of values to parts, and the names of values between parts."""

    def __init__(self, program: Program) -> None:
        self.program = program
        graph = program.exported.graph_module.graph
        found = graph.find_nodes(op="call_function", target=WHILE)
        self.loops = [_Loop(node, number) for number, node in enumerate(found)]
        tensors = {**program.exported.state_dict, **program.exported.constants}
        self.weights: dict[fx.Node, Tensor] = {}
        self.names: dict[fx.Node, str] = {}
        """Names of the values that enter parts: the call's inputs, and those that cross."""
        specs = program.exported.graph_signature.input_specs
        for node, spec in zip(_placeholders(graph), specs, strict=True):
            if spec.target is None:
                self.names[node] = spec.arg.name
            else:
                self.weights[node] = tensors[spec.target]
        for loop in self.loops:
            self.names.update({item: loop.name(place) for item, place in loop.results.items()})
        self.outputs = dict(
            zip((t.name for t in program.interface.outputs), _results(graph), strict=True)
        )
        self.crossing: list[list[fx.Node]] = [[] for _ in range(len(self.loops) + 1)]
        """For each part between loops, the values it computes that other parts need."""
        self._own()

    def _own(self) -> None:
        """Give every value to the first part that needs it, and name those that others need."""
        owner = dict.fromkeys((*self.weights, *self.names), -1)

        def cross(node: fx.Node) -> None:
            self.names[node] = f"kept{sum(map(len, self.crossing))}"
            self.crossing[owner[node]].append(node)

        def need(node: fx.Node, part: int) -> None:
            if node not in owner:
                owner[node] = part
                for each in node.all_input_nodes:
                    need(each, part)
            elif 0 <= owner[node] < part and node not in self.names:
                cross(node)

        for part, loop in enumerate(self.loops):
            for node in (*loop.carried, *loop.extra):
                need(node, part)
            for node in loop.extra:
                if node not in self.weights and node not in self.names:
                    cross(node)
        for node in self.outputs.values():
            need(node, len(self.loops))

    def between(self, name: str, place: int, outputs: dict[str, fx.Node]) -> Part:
        """Make the part that runs once: before the first loop, between two, or after the last."""
        kept = {f"{self.names[node]}_out": node for node in self.crossing[place]}
        builder = _Builder(self.weights, self.names)
        return self._part(name, builder, {**outputs, **kept}, own=set(self.crossing[place]))

    def step(self, name: str, loop: _Loop) -> Part:
        """One ponder step: the loop's body."""
        weights, names = {}, {}
        for place, argument in enumerate(_placeholders(loop.body)):
            if place < len(loop.carried):
                names[argument] = loop.name(place)
            elif (outer := loop.extra[place - len(loop.carried)]) in self.weights:
                weights[argument] = self.weights[outer]
            else:
                names[argument] = self.names[outer]
        outputs = {f"{loop.name(i)}_out": node for i, node in enumerate(_results(loop.body))}
        threshold = loop.threshold
        repeat = Repeat(
            loop.name(loop.progress),
            self.names[threshold] if isinstance(threshold, fx.Node) else threshold,
        )
        return self._part(name, _Builder(weights, names), outputs, set(), repeat)

    def _part(
        self,
        name: str,
        builder: _Builder,
        outputs: dict[str, fx.Node],
        own: set[fx.Node],
        repeat: Repeat | None = None,
    ) -> Part:
        module, inputs = builder.build(outputs, own)
        described = Interface(
            tuple(self._own_input(name) or _describe(name, node) for name, node in inputs.items()),
            tuple(_describe(name, node) for name, node in outputs.items()),
            (),
        )
        example = {
            t.name: torch.zeros(t.at(0), dtype=getattr(torch, t.dtype)) for t in described.inputs
        }
        traced = partial(torch.export.export, module, (), kwargs=example)
        facts = PartFacts(
            name,
            tuple(t.name for t in described.inputs),
            tuple(t.name for t in described.outputs),
            repeat,
        )
        return Part(facts, Program(described, self.program.form, traced))

    def _own_input(self, name: str) -> interface.Tensor | None:
        """The call's input of this name, with its default."""
        return next((t for t in self.program.interface.inputs if t.name == name), None)


class _Builder:
    """Copies what some values need into a graph of its own."""

    def __init__(self, weights: dict[fx.Node, Tensor], names: dict[fx.Node, str]) -> None:
        self.weights, self.names = weights, names

    def build(
        self, outputs: dict[str, fx.Node], own: set[fx.Node]
    ) -> tuple[fx.GraphModule, dict[str, fx.Node]]:
        """A module of keyword arguments to a dict, and its inputs by name.

        Args:
            own: values that have names because others need them, but are made here.
        """
        root, graph = torch.nn.Module(), fx.Graph()
        copies: dict[fx.Node, fx.Node] = {}
        inputs: dict[str, fx.Node] = {}
        order = list(_needed(outputs.values(), lambda n: n in self.names and n not in own))
        for node in order:
            if node in self.names and node not in own:
                inputs[self.names[node]] = node
                copies[node] = graph.placeholder(self.names[node])
        for node in inputs.values():
            if not node.meta["val"].ndim:  # a scalar travels as one element: Core ML has no other
                copies[node] = graph.call_function(RESHAPE, (copies[node], []))
        for node in order:
            if node in self.weights:
                name = f"weight{len(copies)}"
                root.register_buffer(name, self.weights[node])
                copies[node] = graph.get_attr(name)
            elif node not in copies:
                copies[node] = graph.node_copy(node, copies.__getitem__)
        graph.output(
            {name: self._outgoing(graph, copies[node], node) for name, node in outputs.items()}
        )
        graph.lint()
        return fx.GraphModule(root, graph), inputs

    @staticmethod
    def _outgoing(graph: fx.Graph, copy: fx.Node, node: fx.Node) -> fx.Node:
        """The value as an output, which is of its own: neither an input nor another output."""
        if not node.meta["val"].ndim:
            return graph.call_function(RESHAPE, (copy, [1]))
        return graph.call_function(torch.ops.aten.clone.default, (copy,))


def _needed(nodes: Iterable[fx.Node], given: Any) -> Iterable[fx.Node]:
    """The nodes and all that they are computed from, as far as what is given, in order."""
    seen: dict[fx.Node, None] = {}

    def visit(node: fx.Node) -> None:
        if node in seen:
            return
        if not given(node):
            for each in node.all_input_nodes:
                visit(each)
        seen[node] = None

    for node in nodes:
        visit(node)
    return seen


def _placeholders(graph: fx.Graph) -> list[fx.Node]:
    return [node for node in graph.nodes if node.op == "placeholder"]


def _results(graph: fx.Graph) -> list[fx.Node]:
    (output,) = graph.find_nodes(op="output")
    results: Any = output.args[0]
    return list(results)


def _describe(name: str, node: fx.Node) -> interface.Tensor:
    value = node.meta["val"]
    dtype: interface.Dtype = "float32" if value.is_floating_point() else "int32"
    return interface.Tensor(name, dtype, tuple(value.shape) or (1,))

"""Turning a MIL function into a plan: all that does not depend on the inputs, done once.

Every value of the function, nested blocks included, gets a slot in one flat environment. Constants,
compressed ones too, are computed while planning and already lie in the environment's template, and
each op becomes a step: a closure over its numpy function, the slots it reads and writes, and the
type its result must have. Running a program is copying the template and calling the steps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from act_mil.errors import MILError
from act_mil.ops import OPS, Op
from act_mil.package import Package, function_block, operation_name, operations
from act_mil.steps import (
    REFUSALS,
    Block,
    Step,
    attribute,
    branch,
    call_op,
    loop,
    move,
    store_result,
    store_results,
)
from act_mil.types import StateType, TensorType, ValueType, read_type, same_type

_CONTROL = ("const", "while_loop", "cond", "read_state", "write_state")
_ABSENT = 0
"""The slot that holds ``None``: what an absent optional tensor arrives as."""

Scope = dict[str, int]
"""Slots by value name, for the values that an op may read."""


@dataclass
class Plan:
    """A function, ready to run.

    Attributes:
        template: The environment before a run: constants in their slots, ``None`` elsewhere.
        types: The type of each slot's value.
        inputs: The slots of the function's inputs, states excepted.
        states: The slots of its states.
        outputs: The slots of its outputs.
        main: The function's block.
        blocks: All blocks.
        loops: The bodies of its while loops by loop name.
    """

    template: list[Any] = field(default_factory=list)
    types: list[ValueType] = field(default_factory=list)
    inputs: Scope = field(default_factory=dict)
    states: Scope = field(default_factory=dict)
    outputs: Scope = field(default_factory=dict)
    main: Block = field(default_factory=Block)
    blocks: list[Block] = field(default_factory=list)
    loops: dict[str, Block] = field(default_factory=dict)


def make_plan(package: Package, function: Any, max_iterations: int) -> Plan:
    """Plan a ``MILSpec.Function`` message of ``package``.

    Args:
        package: Where its constants are stored.
        function: The message.
        max_iterations: How often a while loop may run its body before that is an error.

    Raises:
        MILError: if the function is damaged or uses ops that are not registered.
    """
    block = function_block(function)
    kinds = {operation.type for operation in operations(block)}
    missing = sorted(kinds.difference(OPS, _CONTROL))
    if missing:
        raise MILError(
            f"{package.path}: no numpy implementation of the MIL op{'s' * (len(missing) > 1)} "
            f"{', '.join(missing)}: register one with @act_mil.op({missing[0]!r}), "
            "or export the model without it"
        )
    try:
        return _Planner(package, max_iterations).function(function.inputs, block)
    except MILError as error:
        raise MILError(f"{package.path}: {error}") from error


class _Planner:
    """The state of planning one function."""

    def __init__(self, package: Package, max_iterations: int) -> None:
        self.package = package
        self.max_iterations = max_iterations
        self.plan = Plan()
        self.constant: set[int] = set()
        self.widened: dict[int, int] = {}
        self.slot(TensorType("BOOL", ()))  # _ABSENT

    def function(self, inputs: Iterable[Any], block: Any) -> Plan:
        plan = self.plan
        for proto in inputs:
            slot = self.slot(read_type(proto.type))
            state = isinstance(plan.types[slot], StateType)
            (plan.states if state else plan.inputs)[proto.name] = slot
        plan.main, slots = self.block(block, {**plan.inputs, **plan.states})
        plan.outputs = dict(zip(block.outputs, slots, strict=True))
        return plan

    def slot(self, kind: ValueType, value: Any = None) -> int:
        self.plan.template.append(value)
        self.plan.types.append(kind)
        return len(self.plan.template) - 1

    def constant_slot(self, proto: Any) -> int:
        slot = self.slot(read_type(proto.type), self.package.value(proto))
        self.constant.add(slot)
        return slot

    def wide_slot(self, slot: int) -> int:
        """The slot of a float16 constant's float32 copy, so that no run widens it again."""
        if slot not in self.widened:
            value = self.plan.template[slot].astype(np.float32)
            self.widened[slot] = self.slot(TensorType("FLOAT32", value.shape), value)
        return self.widened[slot]

    def block(self, proto: Any, scope: Scope) -> tuple[Block, list[int]]:
        """Plan a block; return it and the slots of its outputs."""
        block = Block()
        self.plan.blocks.append(block)
        scope = dict(scope)
        for operation in proto.operations:
            label = f"{operation.type} {operation_name(operation)!r}"
            try:
                step = self.step(operation, scope)
            except MILError as error:
                raise MILError(f"{label}: {error}") from error
            if step is not None:
                block.add(step, label, operation.type)
        return block, [self.resolve(name, scope) for name in proto.outputs]

    def resolve(self, name: str, scope: Scope) -> int:
        if name not in scope:
            raise MILError(f"reads {name!r}, which nothing before it makes")
        return scope[name]

    def step(self, operation: Any, scope: Scope) -> Step | None:
        """Plan one operation and put its outputs in ``scope``; constants need no step."""
        arguments = {
            name: [
                self.constant_slot(binding.value)
                if binding.WhichOneof("binding") == "value"
                else self.resolve(binding.name, scope)
                for binding in argument.arguments
            ]
            for name, argument in operation.inputs.items()
        }
        for name, value in operation.attributes.items():
            if name != "name":
                arguments[name] = [self.constant_slot(value)]
        outputs = [self.slot(read_type(output.type)) for output in operation.outputs]
        if operation.type == "const":
            step = self.copy(arguments, "val", outputs)
        elif operation.type == "read_state":
            step = self.copy(arguments, "input", outputs)
        elif operation.type == "write_state":
            step = self.copy(arguments, "data", [self.operand(arguments, "input")])
        elif operation.type == "while_loop":
            step = self.while_loop(operation, scope, arguments, outputs)
        elif operation.type == "cond":
            step = self.cond(operation, scope, arguments, outputs)
        else:
            step = self.ordinary(OPS[operation.type], arguments, outputs)
        scope |= zip((output.name for output in operation.outputs), outputs, strict=True)
        if operation.type == "const" or operation.type.startswith("constexpr_"):
            self.fold(step, outputs)
            return None
        return step

    def operands(self, arguments: dict[str, list[int]], name: str) -> list[int]:
        if not arguments.get(name):
            raise MILError(f"lacks its argument {name!r}")
        return arguments[name]

    def operand(self, arguments: dict[str, list[int]], name: str) -> int:
        slots = self.operands(arguments, name)
        if len(slots) != 1:
            raise MILError(f"has {len(slots)} values for its argument {name!r}, not 1")
        return slots[0]

    def require(self, found: list[int], declared: list[int], what: str) -> None:
        """Check that the values in the slots ``found`` may stand in the slots ``declared``."""
        if len(found) != len(declared):
            raise MILError(f"{what}: {len(found)} values, {len(declared)} are declared")
        for source, target in zip(found, declared, strict=True):
            if not same_type(self.plan.types[source], self.plan.types[target]):
                kinds = f"{self.plan.types[source]}, declared {self.plan.types[target]}"
                raise MILError(f"{what}: a value is {kinds}")

    def fold(self, step: Step, outputs: list[int]) -> None:
        try:
            step(self.plan.template)
        except REFUSALS as error:
            raise MILError(str(error)) from error
        self.constant.update(outputs)

    def copy(self, arguments: dict[str, list[int]], name: str, target: list[int]) -> Step:
        source = self.operand(arguments, name)
        self.require([source], target, name)
        return move(source, target[0])

    def ordinary(self, op: Op, arguments: dict[str, list[int]], outputs: list[int]) -> Step:
        unknown = sorted(arguments.keys() - op.parameters)
        if unknown:
            raise MILError(f"has an argument {unknown[0]!r}, which act_mil does not know")
        for name in sorted(op.required):
            self.operand(arguments, name)
        if op.values is not None:
            tensors = arguments.get(op.values, [])
        else:
            tensors = [
                self.operand(arguments, name) if name in arguments else _ABSENT
                for name in op.tensors
            ]
            while tensors and tensors[-1] == _ABSENT:
                tensors.pop()
        fixed: dict[str, Any] = {}
        varying: dict[str, int] = {}
        for name in arguments.keys() & op.attributes:
            slot = self.operand(arguments, name)
            if slot in self.constant:
                fixed[name] = attribute(self.plan.template[slot])
            else:
                varying[name] = slot
        if op.rounds:
            halves = [slot in self.constant and self.is_half(slot) for slot in tensors]
            tensors = [
                self.wide_slot(slot) if half else slot
                for slot, half in zip(tensors, halves, strict=True)
            ]
        halves = [op.rounds and self.is_half(slot) for slot in tensors]
        function = partial(op.function, **fixed) if fixed else op.function
        call = call_op(function, tensors, halves, varying)
        kinds = [self.plan.types[slot] for slot in outputs]
        if op.many:
            return store_results(call, outputs, kinds, rounds=op.rounds)
        if len(outputs) != 1:
            raise MILError(f"declares {len(outputs)} outputs, it has one")
        return store_result(call, outputs[0], kinds[0], rounds=op.rounds)

    def is_half(self, slot: int) -> bool:
        kind = self.plan.types[slot]
        return isinstance(kind, TensorType) and kind.element == "FLOAT16"

    def cond(
        self, operation: Any, scope: Scope, arguments: dict[str, list[int]], outputs: list[int]
    ) -> Step:
        if len(operation.blocks) != 2:
            raise MILError(f"has {len(operation.blocks)} blocks, not 2")
        test = self.operand(arguments, "pred")
        then, then_results = self.block(operation.blocks[0], scope)
        other, other_results = self.block(operation.blocks[1], scope)
        self.require(then_results, outputs, "its true branch")
        self.require(other_results, outputs, "its false branch")
        kinds = [self.plan.types[slot] for slot in outputs]
        return branch(test, (then, other), (then_results, other_results), outputs, kinds)

    def while_loop(
        self, operation: Any, scope: Scope, arguments: dict[str, list[int]], outputs: list[int]
    ) -> Step:
        if len(operation.blocks) != 2:
            raise MILError(f"has {len(operation.blocks)} blocks, not 2")
        initial = self.operands(arguments, "loop_vars")
        # The loop's outputs are its variables: their slots also serve both blocks as inputs.
        self.require(initial, outputs, "loop_vars")
        planned = []
        for proto in operation.blocks:
            names = [value.name for value in proto.inputs]
            if len(names) != len(outputs):
                raise MILError(f"a block takes {len(names)} of {len(outputs)} loop variables")
            planned.append(self.block(proto, scope | dict(zip(names, outputs, strict=True))))
        (condition, tests), (body, results) = planned
        if len(tests) != 1:
            raise MILError(f"its condition makes {len(tests)} values, not 1")
        self.require(results, outputs, "its body")
        self.plan.loops[operation_name(operation)] = body
        return loop(condition, tests[0], body, initial, outputs, results, self.max_iterations)

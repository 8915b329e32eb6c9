"""The executable form of a program: blocks of steps over a flat environment of values.

A step costs well under a microsecond beside its numpy function, because all that the saved program
already settles (operands' slots, attributes, the result's type) is fixed in a closure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from operator import itemgetter
from typing import Any

import numpy as np

from act_mil.errors import MILError
from act_mil.ops.lists import TensorList
from act_mil.types import TensorType, ValueType

Environment = list[Any]
Step = Callable[[Environment], None]
Call = Callable[[Environment], Any]

REFUSALS = (ArithmeticError, LookupError, MemoryError, TypeError, ValueError)
"""Exceptions that numpy and the ops raise for operands that do not fit them."""


class Block:
    """Steps in order, and how often they ran."""

    def __init__(self) -> None:
        self.runs = 0
        self.counts: Counter[str] = Counter()
        self._steps: list[Step] = []
        self._labels: dict[Step, str] = {}

    def add(self, step: Step, label: str, kind: str) -> None:
        """Append a step of op type ``kind``; ``label`` names it in errors."""
        self._steps.append(step)
        self._labels[step] = label
        self.counts[kind] += 1

    def execute(self, environment: Environment) -> None:
        """Run the steps once.

        Raises:
            MILError: if an op refuses its operands; its message starts with the op's label.
        """
        self.runs += 1
        step = None
        try:
            for step in self._steps:
                step(environment)
        except MILError:
            raise
        except REFUSALS as error:
            label = "" if step is None else self._labels[step]
            raise MILError(f"{label}: {error}") from error


def attribute(value: Any) -> Any:
    """Convert a value to what ops take as an attribute: a plain scalar or tuple."""
    if not isinstance(value, np.ndarray):
        return value
    return value.item() if value.ndim == 0 else tuple(value.tolist())


def call_op(
    function: Callable[..., Any],
    tensors: list[int],
    halves: list[bool],
    attributes: dict[str, int],
) -> Call:
    """Make the call of an op's function.

    Args:
        function: The function, its constant attributes bound.
        tensors: The slots of its positional parameters.
        halves: Which of them to widen from float16 to float32.
        attributes: The slots of attributes that are only known at run time.
    """
    fetch = _fetch(tensors, halves)
    if not attributes:
        return lambda environment: function(*fetch(environment))
    slots = tuple(attributes.items())
    return lambda environment: function(
        *fetch(environment), **{name: attribute(environment[slot]) for name, slot in slots}
    )


def store_result(call: Call, slot: int, kind: ValueType, *, rounds: bool) -> Step:
    """Make the step that checks a call's one result against ``kind`` and stores it.

    With ``rounds``, a float32 result becomes the float16 that ``kind`` declares.
    """
    if not isinstance(kind, TensorType):

        def store(environment: Environment) -> None:
            environment[slot] = check(call(environment), kind)

        return store

    dtype, shape = kind.dtype, kind.static_shape
    halve = rounds and dtype == np.float16

    def store_tensor(environment: Environment) -> None:
        result = call(environment)
        if type(result) is not np.ndarray:
            result = np.asarray(result)
        if halve and result.dtype == np.float32:
            result = result.astype(np.float16)
        if result.dtype is not dtype or result.shape != shape:
            check(result, kind)
        environment[slot] = result

    return store_tensor


def store_results(call: Call, slots: list[int], kinds: list[ValueType], *, rounds: bool) -> Step:
    """Make the step that stores each of a call's results as :func:`store_result` does."""
    results: list[Any] = []
    stores = [
        store_result(lambda _, i=i: results[i], slot, kind, rounds=rounds)  # type: ignore[misc]
        for i, (slot, kind) in enumerate(zip(slots, kinds, strict=True))
    ]

    def step(environment: Environment) -> None:
        results[:] = call(environment)
        if len(results) != len(stores):
            raise ValueError(f"made {len(results)} results, {len(stores)} are declared")
        for store in stores:
            store(environment)

    return step


def move(source: int, target: int) -> Step:
    """Make the step that copies one slot to another."""

    def step(environment: Environment) -> None:
        environment[target] = environment[source]

    return step


def branch(
    test: int,
    branches: tuple[Block, Block],
    results: tuple[list[int], list[int]],
    outputs: list[int],
    kinds: list[ValueType],
) -> Step:
    """Make the step that runs the first block if slot ``test`` is true, else the second."""

    def step(environment: Environment) -> None:
        chosen = 0 if environment[test] else 1
        branches[chosen].execute(environment)
        for source, target, kind in zip(results[chosen], outputs, kinds, strict=True):
            environment[target] = check(environment[source], kind)

    return step


def loop(
    condition: Block,
    test: int,
    body: Block,
    initial: list[int],
    carried: list[int],
    results: list[int],
    limit: int,
) -> Step:
    """Make the step that runs ``body`` while ``condition`` leaves slot ``test`` true.

    Args:
        condition: Makes the test from the loop's variables.
        test: The slot of its result.
        body: Makes the next variables from the present ones.
        initial: The slots of the variables' first values.
        carried: The slots of the variables, where both blocks read them and the loop leaves them.
        results: The slots where the body leaves the next ones.
        limit: How often the body may run.
    """
    start = _fetch(initial, [False] * len(initial))
    after = _fetch(results, [False] * len(results))

    def step(environment: Environment) -> None:
        done = 0
        for slot, value in zip(carried, start(environment), strict=True):
            environment[slot] = value
        while True:
            condition.execute(environment)
            if not environment[test]:
                return
            if done == limit:
                raise ValueError(f"still running after {limit} iterations")
            body.execute(environment)
            for slot, value in zip(carried, after(environment), strict=True):
                environment[slot] = value
            done += 1

    return step


def check(value: Any, kind: ValueType) -> Any:
    """Return ``value`` if it is of type ``kind``.

    Raises:
        ValueError: if it is not.
    """
    if isinstance(kind, TensorType):
        if value.dtype != kind.dtype or not kind.admits(value.shape):
            sizes = ", ".join(map(str, value.shape))
            raise ValueError(f"result is {value.dtype}[{sizes}], declared {kind}")
    elif not isinstance(value, TensorList):
        raise ValueError(f"result is a {type(value).__name__}, declared {kind}")
    return value


def _fetch(slots: list[int], halves: list[bool]) -> Callable[[Environment], Any]:
    if any(halves):
        pairs = tuple(zip(slots, halves, strict=True))
        return lambda environment: [
            environment[slot].astype(np.float32) if half else environment[slot]
            for slot, half in pairs
        ]
    if len(slots) == 1:
        (only,) = slots
        return lambda environment: (environment[only],)
    return itemgetter(*slots) if slots else lambda _: ()

"""Running a saved ML Program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from act_mil.errors import MILError
from act_mil.interface import describe
from act_mil.package import Package
from act_mil.plan import make_plan
from act_mil.types import StateType, TensorType


class Program:
    """A function of a saved ``.mlpackage``, evaluated with numpy on any system.

    It reads what is on disk (manifest, protobuf, weights, compressed weights) and nothing of the
    converter's, so it tests the artefact itself. Ops follow the documentation of MIL. It cannot
    prove that Apple's compiler accepts the package (see :func:`act_mil.lint`), nor that the
    Neural Engine or GPU, which may choose another order of summation, give the same last bits.

    float16: an op on float16 tensors computes in float32 and rounds its result, once, to float16.
    Data movement, comparison and casts are exact. Overflow yields infinity and no warning, as on a
    device.

    Every result is checked against the shape and element type that the program declares for it.

    A program keeps states and counters, so one object serves one thread at a time.

    Example:
        >>> program = Program("act.mlpackage")                                   # doctest: +SKIP
        >>> outputs = program.run({"x": x, "h0": h, "c0": c})                    # doctest: +SKIP
        >>> outputs["y"], program.while_iterations                               # doctest: +SKIP

    Attributes:
        name: The function's name.
        inputs: What :meth:`run` takes, in the function's order.
        outputs: What it returns, in the function's order.
        state: The function's states by name: arrays that outlive a run, zeros at first. Assign to
            its items to set them.
        metadata: The author's own key-value pairs in the package.
    """

    def __init__(
        self, path: str | Path, function: str | None = None, *, max_iterations: int = 100_000
    ) -> None:
        """Load a function and prepare it to run.

        Args:
            path: The ``.mlpackage`` folder.
            function: The function's name; ``None`` for the package's default, mostly ``"main"``.
            max_iterations: How often one execution of a while loop may run its body; one more is
                an error, so that a broken loop ends.

        Raises:
            MILError: if the package is damaged, lacks the function, or uses an op that is not
                implemented.
        """
        package = Package.load(path)
        self.name, proto = package.function(function)
        self._path = package.path
        self._plan = make_plan(package, proto, max_iterations)
        self.inputs, self.outputs = describe(package, self.name, self._plan)
        self.metadata: dict[str, str] = dict(package.model.description.metadata.userDefined)
        self.state: dict[str, np.ndarray] = {}
        self.reset_state()

    def reset_state(self) -> None:
        """Set every state to zeros."""
        for name, slot in self._plan.states.items():
            kind = self._state_type(name, slot)
            self.state[name] = np.zeros(kind.static_shape or (), kind.dtype)

    def run(self, inputs: Mapping[str, ArrayLike]) -> dict[str, np.ndarray]:
        """Evaluate the function once.

        Args:
            inputs: An array for each input; those with a default may be left out. Shapes must fit
                exactly; elements are converted within their kind, as Core ML does (float64 and
                integers to float32, int64 to int32 if the values fit, but no float to an integer).

        Returns:
            The outputs by name, as fresh arrays of the declared shapes and dtypes.

        Raises:
            MILError: if an input is missing, unknown or unfit, if an op refuses its operands or
                makes a result other than declared, or if a while loop does not end. The states are
                then left as they were.
        """
        plan = self._plan
        unknown = sorted(set(inputs) - set(plan.inputs))
        if unknown:
            known = ", ".join(plan.inputs) or "none"
            raise MILError(f"{self._path}: has no input {unknown[0]!r}; its inputs: {known}")
        environment = plan.template.copy()
        for name, slot in plan.states.items():
            environment[slot] = self._checked_state(name, slot)
        for block in plan.blocks:
            block.runs = 0
        with np.errstate(all="ignore"):
            for value in self.inputs:
                environment[plan.inputs[value.name]] = value.read(inputs)
            plan.main.execute(environment)
        for name, slot in plan.states.items():
            self.state[name] = np.array(environment[slot])
        return {name: np.array(environment[slot]) for name, slot in plan.outputs.items()}

    @property
    def operations(self) -> int:
        """The number of ops in the function, inner blocks included, constants excluded."""
        return sum(sum(block.counts.values()) for block in self._plan.blocks)

    @property
    def while_iterations(self) -> int:
        """The number of iterations of all while loops together in the last run."""
        return sum(self.loop_iterations.values())

    @property
    def loop_iterations(self) -> dict[str, int]:
        """The number of iterations of each while loop in the last run, by the loop's name.

        A nested loop's count adds up over the iterations of the loops around it.
        """
        return {name: body.runs for name, body in self._plan.loops.items()}

    @property
    def op_counts(self) -> Counter[str]:
        """The number of ops of each type that the last run executed, excluding constants."""
        counts: Counter[str] = Counter()
        for block in self._plan.blocks:
            for kind, count in block.counts.items():
                counts[kind] += count * block.runs
        return +counts

    def _state_type(self, name: str, slot: int) -> TensorType:
        kind: Any = self._plan.types[slot]
        if not isinstance(kind, StateType) or kind.tensor.static_shape is None:
            raise MILError(f"{self._path}: state {name!r} is {kind}, which has no fixed size")
        return kind.tensor

    def _checked_state(self, name: str, slot: int) -> np.ndarray:
        kind = self._state_type(name, slot)
        value = np.asarray(self.state.get(name))
        if value.dtype != kind.dtype or value.shape != kind.static_shape:
            raise MILError(f"state {name!r} is {value.dtype}{list(value.shape)}, declared {kind}")
        return value

"""The tensors of an exported model: the same names, shapes and order for every target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy.typing as npt

Dtype = Literal["float32", "int32"]

TIME_AXIS = 1
"""Where an input or output has its time, if it has any; the only axis whose length may vary."""


@dataclass(frozen=True)
class Tensor:
    """One input or output."""

    name: str
    dtype: Dtype
    shape: tuple[int | str | None, ...]
    """None for a number of time steps that a call chooses, a name for another axis of any size."""
    default: float | None = None
    """The value of an input that a runtime lets be left out, or whose caller has no wish."""

    def __str__(self) -> str:
        return f"{self.name} {self.dtype}{list(self.shape)}"

    def data_input(self, time_axes: int, vocab_size: int | None = None) -> DataInput:
        """Describe what is fed to it.

        Args:
            time_axes: axes of time after the batch's, 0 or 1.
        """
        shape = self.shape[1 + time_axes :]
        features = tuple(size for size in shape if isinstance(size, int))
        return DataInput(self.name, features, vocab_size)

    def at(self, time: int, sizes: Mapping[str, int] | None = None) -> tuple[int, ...]:
        """The shape in a call of ``time`` time steps, with named axes of these sizes."""
        known = sizes or {}
        named = (known[size] if isinstance(size, str) else size for size in self.shape)
        return tuple(time if size is None else size for size in named)


@dataclass(frozen=True)
class StatePair:
    """A state tensor: ``output`` is fed back to ``input``; a sequence starts at ``initial``."""

    input: str
    output: str
    initial: float = 0.0


@dataclass(frozen=True)
class DataInput:
    """An input that real data are fed to."""

    name: str
    features: tuple[int, ...]
    """The shape of one time step, or of one item where there is no time; empty for tokens."""
    vocab_size: int | None = None
    """Tokens are below it, where that is known."""
    axes: tuple[str | None, ...] = ()
    """The names of the features' axes, where they have names: these may be of any size."""

    @property
    def dtype(self) -> Dtype:
        return "float32" if self.features else "int32"


@dataclass(frozen=True)
class Axis:
    """An axis whose size a call chooses."""

    name: str
    largest: int
    """The largest size that the model was made and checked for."""


@dataclass(frozen=True)
class Interface:
    """In order: the data inputs, the state, the budget if it is an input; y, N, R, the state."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    states: tuple[StatePair, ...]
    axes: tuple[Axis, ...] = ()
    """The named axes."""

    @property
    def sizes(self) -> dict[str, int]:
        """The largest size of each named axis."""
        return {axis.name: axis.largest for axis in self.axes}

    def within(self, inputs: Mapping[str, npt.NDArray[Any]]) -> bool:
        """Tell if no named axis of a call's inputs is larger than its largest size."""
        return all(
            inputs[tensor.name].shape[axis] <= self.sizes[name]
            for tensor in self.data_inputs
            for axis, name in enumerate(tensor.shape)
            if isinstance(name, str)
        )

    def largest(self) -> Interface:
        """The same with every named axis of its largest size."""

        def stated(tensor: Tensor) -> Tensor:
            shape = (self.sizes[n] if isinstance(n, str) else n for n in tensor.shape)
            return replace(tensor, shape=tuple(shape))

        return Interface(
            tuple(map(stated, self.inputs)), tuple(map(stated, self.outputs)), self.states
        )

    @property
    def data(self) -> Tensor:
        """The first data input: ``x`` or ``tokens``."""
        return self.inputs[0]

    @property
    def data_inputs(self) -> tuple[Tensor, ...]:
        """All data inputs: what is neither state nor budget."""
        states = {pair.input for pair in self.states}
        return tuple(t for t in self.inputs if t.default is None and t.name not in states)

    @property
    def budget(self) -> tuple[Tensor, ...]:
        """``halt_threshold`` and ``max_ponder``, where they are inputs; each has one element."""
        return tuple(t for t in self.inputs if t.default is not None)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Interface:
        """From ``inputs``, ``outputs`` and ``states`` as a manifest holds them."""

        def tensors(rows: list[dict[str, Any]]) -> tuple[Tensor, ...]:
            return tuple(Tensor(**{**row, "shape": tuple(row["shape"])}) for row in rows)

        return cls(
            tensors(value["inputs"]),
            tensors(value["outputs"]),
            tuple(StatePair(**row) for row in value["states"]),
        )

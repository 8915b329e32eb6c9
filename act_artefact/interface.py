"""The tensors of an exported model: the same names, shapes and order for every target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Dtype = Literal["float32", "int32"]

TIME_AXIS = 1
"""Where an input or output has its time, if it has any; the only axis whose length may vary."""


@dataclass(frozen=True)
class Tensor:
    """One input or output."""

    name: str
    dtype: Dtype
    shape: tuple[int | None, ...]
    """None for a number of time steps that a call chooses."""
    default: float | None = None
    """The value of an input that a runtime lets be left out, or whose caller has no wish."""

    def __str__(self) -> str:
        return f"{self.name} {self.dtype}{list(self.shape)}"

    def at(self, time: int) -> tuple[int, ...]:
        """The shape in a call of ``time`` time steps."""
        return tuple(time if size is None else size for size in self.shape)


@dataclass(frozen=True)
class StatePair:
    """A state tensor: ``output`` is fed back to ``input``; a sequence starts at ``initial``."""

    input: str
    output: str
    initial: float = 0.0


@dataclass(frozen=True)
class Interface:
    """In order: x or tokens, the state, the budget if it is an input; y, N, R, the state."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    states: tuple[StatePair, ...]

    @property
    def data(self) -> Tensor:
        """The input that is not state: ``x`` or ``tokens``."""
        return self.inputs[0]

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

"""The tensors of an exported model: the same names, shapes and order for every target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Dtype = Literal["float32", "int32"]


@dataclass(frozen=True)
class Tensor:
    """One input or output."""

    name: str
    dtype: Dtype
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.name} {self.dtype}{list(self.shape)}"


@dataclass(frozen=True)
class StatePair:
    """A state tensor: ``output`` is fed back to ``input``; a sequence starts at ``initial``."""

    input: str
    output: str
    initial: float = 0.0


@dataclass(frozen=True)
class Interface:
    """Inputs and outputs in order: x or tokens, then the state; y, N, R, then the state."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    states: tuple[StatePair, ...]

    @property
    def data(self) -> Tensor:
        """The input that is not state: ``x`` or ``tokens``."""
        return self.inputs[0]

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Interface:
        """From ``inputs``, ``outputs`` and ``states`` as a manifest holds them."""

        def tensors(rows: list[dict[str, Any]]) -> tuple[Tensor, ...]:
            return tuple(Tensor(r["name"], r["dtype"], tuple(r["shape"])) for r in rows)

        return cls(
            tensors(value["inputs"]),
            tensors(value["outputs"]),
            tuple(StatePair(**row) for row in value["states"]),
        )

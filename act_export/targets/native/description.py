"""The native engine's network in numbers: recurrent layers and the affine maps between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

CellKind = Literal["rnn", "rnn_relu", "gru", "lstm"]

GATES: dict[CellKind, int] = {"rnn": 1, "rnn_relu": 1, "gru": 3, "lstm": 4}
"""Blocks of H rows in a cell's matrices, in torch's order: r z n; i f g o."""


@dataclass(frozen=True)
class Affine:
    """y = weight x + bias."""

    weight: Array
    """(rows, columns)."""
    bias: Array
    """(rows,)."""

    @property
    def columns(self) -> int:
        return self.weight.shape[1]

    def after(self, first: Affine) -> Affine:
        """The two as one: self(first(x))."""
        return Affine(self.weight @ first.weight, self.weight @ first.bias + self.bias)


@dataclass(frozen=True)
class Layer:
    """A recurrent layer that ponders. G = gates x H rows lie in torch's order of gates."""

    cell: CellKind
    halting: int
    """The halting policy's number in the file."""
    max_ponder: int
    threshold: float
    """The threshold that the policy compares its progress with, from 0 to 1."""
    input: Affine
    """(G, columns): of x, of the embedding, or of the mean state of the layer below."""
    flag: Array
    """(G,): the term that the first ponder step adds."""
    recurrent: Affine
    """(G, H)."""
    unit: Affine
    """(1, H): the halting unit; zero where the policy has none."""

    @property
    def hidden_size(self) -> int:
        return self.recurrent.columns


@dataclass(frozen=True)
class Network:
    """All of a model."""

    embedding: Array | None
    """(V, E): what the first layer's input map reads for each token; None where x is features."""
    layers: tuple[Layer, ...]
    head: Affine
    """(O, H of the last layer)."""

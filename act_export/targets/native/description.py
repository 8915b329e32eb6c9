"""The native engine's network in numbers: recurrent layers and the affine maps between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

CellKind = Literal["rnn", "rnn_relu", "gru", "lstm", "conv_gru"]

GATES: dict[CellKind, int] = {"rnn": 1, "rnn_relu": 1, "gru": 3, "lstm": 4, "conv_gru": 3}
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
    """A recurrent layer that ponders. G = gates x H rows lie in torch's order of gates.

    A ``conv_gru`` has the columns of :func:`patches`.
    """

    cell: CellKind
    halting: int
    """The halting policy's number in the file."""
    max_ponder: int
    threshold: float
    """The threshold that the policy compares its progress with, from 0 to 1."""
    input: Affine
    """(G, columns): of x, of the embedding, or of the mean state of the layer below."""
    flag: Array | None
    """(G,): the term that the first ponder step adds; None for ``conv_gru``."""
    recurrent: Affine
    """(G, H); for ``conv_gru`` (G, 9 H)."""
    unit: Affine
    """(1, H), for ``conv_gru`` (1, 2 H): the halting unit; zero where the policy has none."""

    @property
    def hidden_size(self) -> int:
        return len(self.recurrent.bias) // GATES[self.cell]


@dataclass(frozen=True)
class Image:
    """The frame of a model that is iterated on images."""

    encoder: Affine
    """(H, 9 channels)."""
    height: int
    """The largest."""
    width: int
    """The largest."""
    pooled: bool
    filled: bool

    @property
    def channels(self) -> int:
        return self.encoder.columns // 9


@dataclass(frozen=True)
class Network:
    """All of a model."""

    embedding: Array | None
    """(V, E): what the first layer's input map reads for each token; None where x is features."""
    layers: tuple[Layer, ...]
    head: Affine
    """(O, H of the last layer)."""
    image: Image | None = None
    """None where x has time steps; else there is one layer, a ``conv_gru``."""


def patches(convolution: Array, bias: Array) -> Affine:
    """Make a convolution (rows, channels, 3, 3) the map of a patch, (3, 3, channels) flat."""
    return Affine(convolution.transpose(0, 2, 3, 1).reshape(len(bias), -1), bias)

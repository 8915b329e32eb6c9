"""What a ponder loop is given and what it returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from act_mobile.cells import SplitCell, State
from act_mobile.halting import Budget

PonderKind = Literal["eager", "unroll", "loop", "peeled"]

HaltingUnit = Callable[[Tensor], Tensor]
"""h of a state, (B, H), to the halting unit's value h_n in (0, 1), a column (B, 1)."""


@dataclass(frozen=True)
class SigmoidUnit:
    """Graves' halting unit, h_n = sigmoid(W s_n + b) (eq. 5), with a layer's learned W and b."""

    linear: nn.Linear

    def __call__(self, h: Tensor, /) -> Tensor:
        return torch.sigmoid(self.linear(h))


class TimeStep(NamedTuple):
    """One time step of a batch, before its first ponder step."""

    cell: SplitCell
    projection: Tensor
    """``cell.project(x)``, without the flag: (B, G)."""
    state: State
    """Each (B, H)."""
    halting_unit: HaltingUnit
    budget: Budget


class Pondered(NamedTuple):
    """One time step of a batch, after its last ponder step."""

    state: State
    """The mean state, weighted by p: each (B, H)."""
    steps: Tensor
    """N: (B,), int32."""
    remainder: Tensor
    """R: (B,). The gradient of the ponder cost N + R flows through it."""

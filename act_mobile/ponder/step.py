"""The arguments and results of a ponder loop."""

from __future__ import annotations

from typing import Literal, NamedTuple

from torch import Tensor

from act_mobile.cells import SplitCell
from act_mobile.halting.policy import Budget, Halting, HaltingUnit
from act_mobile.state import State

PonderKind = Literal["eager", "unroll", "loop", "peeled"]


class TimeStep(NamedTuple):
    """One time step of a batch, before its first ponder step."""

    cell: SplitCell
    projection: Tensor
    """``cell.project(x)``, without the flag: (B, G)."""
    state: State
    """Each (B, ...)."""
    halting: Halting
    """An adaptive one."""
    unit: HaltingUnit
    budget: Budget

    @property
    def means(self) -> tuple[bool, ...]:
        """For each state tensor, True if it is combined by mean; else its last value counts."""
        mean = self.halting.combined == "mean"
        return tuple(mean and each.combined == "mean" for each in self.cell.state)


class Pondered(NamedTuple):
    """One time step of a batch, after its last ponder step."""

    state: State
    """Combined, as the policy and the state's description say: each (B, ...)."""
    steps: Tensor
    """N: (B,), int32."""
    remainder: Tensor
    """The policy's figure beside N, (B,). For ``act``, R, through which N + R has a gradient."""


def column(rows: Tensor, like: Tensor) -> Tensor:
    """(B, 1) with as many axes as ``like``, (B, ...), so that each row is scaled by its number."""
    return rows if like.dim() == 2 else rows.view(-1, *[1] * (like.dim() - 1))

"""``fixed:K``: K ponder steps whatever the input (Repeat-RNN, Fojo 2018).

The baseline that adaptive models are compared with. The last state counts: p = (0, ..., 0, 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from act_mobile.halting.policy import (
    Advance,
    Budget,
    Carry,
    Ending,
    Halting,
    HaltingUnit,
    Mask,
    Start,
    Unrolled,
)
from act_mobile.state import State


@dataclass(frozen=True)
class FixedHalting(Halting):
    """Stop after ``max_ponder`` steps."""

    combined: ClassVar[Literal["mean", "last"]] = "last"
    carries: ClassVar[int] = 1
    adaptive: ClassVar[bool] = False
    charges: ClassVar[bool] = False
    kinds: ClassVar[tuple[str, ...]] = ("eager", "unroll", "loop", "peeled")
    number: ClassVar[int | None] = 0

    @property
    def budget(self) -> Budget:
        """No progress to make: only the limit counts."""
        return Budget(1.0, self.max_ponder)

    def start(self, zeros: Tensor, own: State) -> Start:
        return Start((zeros,))

    def advance(self, unit: HaltingUnit, carry: Carry, read: Tensor, mask: Mask | None) -> Advance:
        return Advance((carry[0].clone(),), carry[0] - 1, None)

    def finish(self, carry: Carry) -> Ending:
        return Ending(None, carry[0] + 1)

    def unroll(self, unit: HaltingUnit, read: Tensor, budget: Budget, own: State) -> Unrolled:
        max_ponder = int(budget.max_ponder)
        taken = torch.ones(max_ponder, len(read) // max_ponder, dtype=torch.bool)
        return Unrolled(None, taken, read.new_ones(taken.shape[1]))

    def __str__(self) -> str:
        return f"fixed:{self.max_ponder}"


def parse(argument: str | None, max_ponder: int, epsilon: float) -> FixedHalting | None:
    """Make the policy; None if ``argument`` is no K from 1 to ``max_ponder``."""
    if argument is None or not argument.isascii() or not argument.isdecimal():
        return None
    if len(argument) > len(str(max_ponder)) or not 1 <= int(argument) <= max_ponder:
        return None
    return FixedHalting(int(argument))

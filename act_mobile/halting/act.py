"""``act``: Adaptive Computation Time (Graves 2016).

    h_n = sigmoid(W s_n + b)                                                       (eq. 5)
    N   = first n with h_1 + ... + h_n >= 1 - epsilon, or the limit                (eq. 6)
    R   = 1 - (h_1 + ... + h_{N-1}),    p = (h_1, ..., h_{N-1}, R)                 (eq. 7, 8)

and the time step's state is the sum of p_n s_n. The mean sums h_n s_n over all N steps; what the
last step weighs more or less, R - h_N = 1 - (h_1 + ... + h_N), is its correction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from torch import Tensor

from act_mobile.halting.policy import (
    Advance,
    Budget,
    Carry,
    Ending,
    HaltingUnit,
    Mask,
    Start,
    Unrolled,
)
from act_mobile.halting.unit import SigmoidHalting
from act_mobile.state import State

if TYPE_CHECKING:
    from act_mobile.sequence import RunLayer


@dataclass(frozen=True)
class ACTHalting(SigmoidHalting):
    """Stop at the first n where h_1 + ... + h_n >= 1 - epsilon, or at the limit.

    The carry is the halting sum without and with the last step.
    """

    combined: ClassVar[Literal["mean", "last"]] = "mean"
    carries: ClassVar[int] = 2
    number: ClassVar[int | None] = 1

    def start(self, zeros: Tensor, own: State) -> Start:
        return Start((zeros, zeros.clone()))

    def advance(self, unit: HaltingUnit, carry: Carry, read: Tensor, mask: Mask | None) -> Advance:
        before, total = carry
        value = unit(read)
        if mask is None:
            before = total.clone()
        else:
            value = value * mask.alive
            before = torch.where(mask.running, total, before)
        total = total + value
        return Advance((before, total), total, value)

    def finish(self, carry: Carry) -> Ending:
        before, total = carry
        return Ending(1 - total, 1 - before)

    def unroll(self, unit: HaltingUnit, read: Tensor, budget: Budget, own: State) -> Unrolled:
        """Weigh all steps by what the halting sum of a row has reached after n of them,

            reached_n = h_1 + ... + h_n while that is below the threshold, else 1    reached_0 = 0

        so that p_n = reached_n - reached_{n-1}: h_n before the last step, R at it and 0 after it.
        """
        max_ponder = int(budget.max_ponder)
        total = unit(read).view(max_ponder, len(read) // max_ponder).cumsum(0)
        # No sum is below the last limit, so every row halts there.
        limits = read.new_tensor([[0.0]] * (max_ponder - 1) + [[-2.0]]) + budget.threshold
        reached = torch.where(total < limits, total, 1.0)
        before = torch.cat([torch.zeros_like(total[:1]), reached[:-1]])
        taken = before < 1
        remainder = 1 - torch.where(taken, before, 0.0).amax(0, keepdim=True)
        return Unrolled(reached - before, taken, remainder.squeeze(0))

    def training_layer(self) -> RunLayer:
        from act_mobile.analytic import run_analytic

        return run_analytic

    def __str__(self) -> str:
        return "act"


def parse(argument: str | None, max_ponder: int, epsilon: float) -> ACTHalting | None:
    """Make the policy; None if ``argument``, which it takes none of, is given."""
    return ACTHalting(max_ponder, epsilon) if argument is None else None

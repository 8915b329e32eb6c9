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
from torch import Tensor, nn

from act_mobile.halting.policy import (
    Advance,
    Budget,
    Carry,
    Ending,
    Halting,
    HaltingUnit,
    Mask,
    Unrolled,
)

if TYPE_CHECKING:
    from act_mobile.sequence import RunLayer


@dataclass(frozen=True)
class SigmoidUnit:
    """Graves' halting unit, with a layer's learned W and b."""

    linear: nn.Linear

    def __call__(self, h: Tensor, /) -> Tensor:
        return torch.sigmoid(self.linear(h))


@dataclass(frozen=True)
class ACTHalting(Halting):
    """Stop at the first n where h_1 + ... + h_n >= 1 - epsilon, or at the limit.

    The carry is the halting sum without and with the last step.
    """

    combined: ClassVar[Literal["mean", "last"]] = "mean"
    carries: ClassVar[int] = 2
    epsilon: float = 0.01

    @property
    def budget(self) -> Budget:
        return Budget(1.0 - self.epsilon, self.max_ponder)

    def module(self, hidden_size: int) -> nn.Linear:
        """Make W and b, which starts at +1 so that training begins with few ponder steps."""
        linear = nn.Linear(hidden_size, 1)
        nn.init.ones_(linear.bias)
        return linear

    def unit(self, module: nn.Linear) -> HaltingUnit:
        return SigmoidUnit(module)

    def start(self, zeros: Tensor) -> Carry:
        return zeros, zeros.clone()

    def advance(self, unit: HaltingUnit, carry: Carry, h: Tensor, mask: Mask | None) -> Advance:
        before, total = carry
        value = unit(h)
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

    def unroll(self, unit: HaltingUnit, h: Tensor, budget: Budget) -> Unrolled:
        """Weigh all steps by what the halting sum of a row has reached after n of them,

            reached_n = h_1 + ... + h_n while that is below the threshold, else 1    reached_0 = 0

        so that p_n = reached_n - reached_{n-1}: h_n before the last step, R at it and 0 after it.
        """
        max_ponder = int(budget.max_ponder)
        total = unit(h).view(max_ponder, len(h) // max_ponder).cumsum(0)
        # No sum is below the last limit, so every row halts there.
        limits = h.new_tensor([[0.0]] * (max_ponder - 1) + [[-2.0]]) + budget.threshold
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

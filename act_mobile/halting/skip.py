"""``skip``: a time step may get no ponder step at all (Skip RNN, Campos 2018).

A probability u to update accumulates from one time step to the next, and is state of the policy:

    N_t     = 1 if 1 - u_t < the threshold, 0.5, else 0
    du_t    = sigmoid(W s_t + b)                        s_t = s_{t-1} where N_t = 0
    u_{t+1} = du_t if N_t = 1, else u_t + min(du_t, 1 - u_t)                   u_0 = 1

The gate N_t is binary; its gradient passes straight through to u_t, and its cost is N_t.
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
    HaltingUnit,
    Mask,
    Start,
    Unrolled,
)
from act_mobile.halting.unit import SigmoidHalting
from act_mobile.ponder.pondering import Pondered, Pondering, Trail, column
from act_mobile.state import State, StateTensor


@dataclass(frozen=True)
class SkipHalting(SigmoidHalting):
    """Take one step where 1 - u is below the threshold, else none.

    The carry is u.
    """

    max_ponder: int = 1
    epsilon: float = 0.5
    combined: ClassVar[Literal["mean", "last"]] = "last"
    carries: ClassVar[int] = 1
    skips: ClassVar[bool] = True
    state: ClassVar[tuple[StateTensor, ...]] = (StateTensor("u", (1,), 1.0, "kept"),)
    kinds: ClassVar[tuple[str, ...]] = ("eager", "unroll", "loop", "host")
    number: ClassVar[int | None] = 3

    def start(self, zeros: Tensor, own: State) -> Start:
        (u,) = own
        return Start((u + zeros,), 1 - u)

    def advance(self, unit: HaltingUnit, carry: Carry, read: Tensor, mask: Mask | None) -> Advance:
        return Advance(tuple(c.clone() for c in carry), torch.ones_like(carry[0]), None)

    def finish(self, carry: Carry) -> Ending:
        return Ending(None, carry[0])

    def unroll(self, unit: HaltingUnit, read: Tensor, budget: Budget, own: State) -> Unrolled:
        (u,) = own
        return Unrolled(None, (1 - u < budget.threshold).t(), u.squeeze(1))

    def keep(self, unit: HaltingUnit, own: State, read: Tensor, steps: Tensor) -> State:
        (u,) = own
        du = unit(read)
        return (torch.where(steps > 0, du, u + torch.minimum(du, 1 - u)),)

    def train(self, pondering: Pondering) -> Pondered:
        """Compute the step for all rows: the gate's gradient is of what it would have changed."""
        step, constants, state = pondering.step, pondering.constants, pondering.state
        (u,) = pondering.own
        due = (1 - u < pondering.budget.threshold).to(u.dtype)
        gate = due + u - u.detach()
        inputs = step.first(constants) or constants
        new = step.update(inputs, state)
        combined = tuple(
            column(gate, s) * s + column(1 - gate, s) * old
            for s, old in zip(new, state, strict=True)
        )
        du = pondering.unit(step.features(constants, combined))
        own = gate * du + (1 - gate) * (u + torch.minimum(du, 1 - u))
        return Pondered((*combined, own), due.squeeze(1).to(torch.int32), u.squeeze(1))

    def cost(self, steps: Tensor, remainder: Tensor, trail: Trail | None) -> Tensor:
        """Compute N, whose gradient is that of u."""
        return steps + (remainder - remainder.detach())

    def __str__(self) -> str:
        return "skip"


def parse(argument: str | None, max_ponder: int, epsilon: float) -> SkipHalting | None:
    """Make the policy; None if ``argument``, which it takes none of, is given."""
    return SkipHalting() if argument is None else None

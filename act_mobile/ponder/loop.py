"""The ponder loop as torch's ``while_loop`` operator, which becomes the runtime's own."""

from __future__ import annotations

import torch
from torch import Tensor
from torch._higher_order_ops.while_loop import while_loop

from act_mobile.ponder.step import Pondered, TimeStep


def ponder_loop(step: TimeStep) -> Pondered:
    """Ponder a time step in one ``while_loop``: runs until the last row halts.

    Halted rows of a batch stay as they are. The counters are floats: integers change their type
    under decomposition.
    """
    cell, projection, state, halting_unit, threshold, max_ponder = step
    size = len(state)
    flag = cell.flag

    def more(n: Tensor, running: Tensor, *_: Tensor) -> Tensor:
        return (running.max() > 0) & (n < max_ponder)

    def body(
        n: Tensor, running: Tensor, total: Tensor, steps: Tensor, left: Tensor, *states: Tensor
    ) -> tuple[Tensor, ...]:
        state, means = states[:size], states[size:]
        alive = running > 0
        n = n + 1
        new = cell.update(projection + flag * (n < 1.5).to(flag.dtype), state)
        state = tuple(torch.where(alive, s, old) for s, old in zip(new, state, strict=True))
        halting = halting_unit(state[0]).unsqueeze(-1)
        left = torch.where(alive, 1 - total, left)
        total = torch.where(alive, total + halting, total)
        last = ~((total < threshold) & (n < max_ponder - 0.5))
        weight = torch.where(last, left, halting) * running
        means = tuple(m + weight * s for m, s in zip(means, state, strict=True))
        return (
            n,
            running * (~last).to(running.dtype),
            total,
            steps + running,
            left,
            *state,
            *means,
        )

    column = projection.new_zeros(len(projection), 1)  # like a view, it would keep its strides
    _, _, _, steps, remainder, *states = while_loop(
        more,
        body,
        (
            torch.zeros((), dtype=projection.dtype, device=projection.device),
            torch.ones_like(column),
            torch.zeros_like(column),
            torch.zeros_like(column),
            torch.ones_like(column),
            *(s.clone() for s in state),
            *(torch.zeros_like(s) for s in state),
        ),
    )
    return Pondered(tuple(states[size:]), steps.squeeze(-1).to(torch.int32), remainder.squeeze(-1))

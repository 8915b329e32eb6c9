"""The ponder loop written out: max_ponder steps, each masked once its row has halted."""

from __future__ import annotations

import torch

from act_mobile.ponder.step import Pondered, TimeStep


def ponder_unroll(step: TimeStep) -> Pondered:
    """Ponder a time step without control flow; costs max_ponder steps whatever the input.

    A halted row keeps its state, so it can neither contribute nor overflow.
    """
    cell, projection, state, halting_unit, (threshold, limit) = step
    max_ponder = int(limit)
    state = cell.update(projection + cell.flag, state)
    total = halting_unit(state[0])
    steps = remainder = torch.ones_like(total)
    running = total < threshold
    weight = torch.where(running, total, remainder) if max_ponder > 1 else remainder
    means = tuple(weight * s for s in state)

    for n in range(2, max_ponder + 1):
        new = cell.update(projection, state)
        state = tuple(torch.where(running, s, old) for s, old in zip(new, state, strict=True))
        halting = halting_unit(state[0])
        left = 1 - total
        total = total + halting
        more = torch.logical_and(running, total < threshold)
        weight = torch.where(more, halting, left) if n < max_ponder else left
        weight = torch.where(running, weight, torch.zeros_like(weight))
        means = tuple(m + weight * s for m, s in zip(means, state, strict=True))
        steps = steps + running.to(steps.dtype)
        remainder = torch.where(running, left, remainder)
        running = more

    return Pondered(means, steps.squeeze(-1).to(torch.int32), remainder.squeeze(-1))

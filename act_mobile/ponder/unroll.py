"""The ponder loop written out: max_ponder steps, each masked once its row has halted."""

from __future__ import annotations

import torch

from act_mobile.ponder.step import Pondered, TimeStep


def ponder_unroll(step: TimeStep) -> Pondered:
    """Ponder a time step without control flow; costs max_ponder steps whatever the input.

    A halted row keeps its state, so it can neither contribute nor overflow.
    """
    cell, projection, state, halting_unit, threshold, max_ponder = step
    inputs = projection + cell.flag
    total = steps = remainder = projection.new_zeros(len(projection), 1)
    means = tuple(torch.zeros_like(s) for s in state)
    running = torch.ones_like(total, dtype=torch.bool)

    for n in range(1, max_ponder + 1):
        new = cell.update(inputs, state)
        state = tuple(torch.where(running, s, old) for s, old in zip(new, state, strict=True))
        halting = halting_unit(state[0]).unsqueeze(-1)
        left = 1 - total
        total = torch.where(running, total + halting, total)
        last = total >= threshold if n < max_ponder else torch.ones_like(running)
        weight = torch.where(last, left, halting) * running
        means = tuple(m + weight * s for m, s in zip(means, state, strict=True))
        steps = steps + running.to(steps.dtype)
        remainder = torch.where(running & last, left, remainder)
        running = running & ~last
        inputs = projection

    return Pondered(means, steps.squeeze(-1).to(torch.int32), remainder.squeeze(-1))

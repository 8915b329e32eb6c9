"""The ponder loop written out: max_ponder steps of the cell, and only then what each is worth.

A runtime pays for every operation, so a step is the cell alone, whether its row has halted or not;
the policy weighs all steps at once.
"""

from __future__ import annotations

import torch
from torch import Tensor

from act_mobile.ponder.step import Pondered, TimeStep


def ponder_unroll(step: TimeStep) -> Pondered:
    """Ponder a time step without control flow; costs max_ponder steps whatever the input."""
    cell, projection, state, halting, unit, budget = step
    max_ponder, batch = int(budget.max_ponder), len(projection)
    states = [cell.update(projection + cell.flag, state)]
    if max_ponder == 1:
        ones = projection.new_ones(batch)
        return Pondered(states[0], ones.to(torch.int32), ones)
    for _ in range(1, max_ponder):
        states.append(cell.update(projection, states[-1]))
    rows = [torch.cat(each) for each in zip(*states, strict=True)]

    weights, taken, remainder = halting.unroll(unit, rows[0], budget)
    means = step.means
    if not all(means):  # the last of the steps taken
        following = torch.cat([taken[1:], torch.zeros_like(taken[:1])])
        last = (taken & ~following).to(projection.dtype)
    combined = []
    for each, before, mean in zip(rows, state, means, strict=True):
        stack = each.view(max_ponder, batch, -1)
        if not cell.bounded:  # a state after the last may be infinite
            stack = torch.where(taken.unsqueeze(2), stack, 0.0)
        flat = _weighted(weights if mean else last, stack)
        combined.append(flat if before.dim() == 2 else flat.view(before.shape))
    return Pondered(
        tuple(combined), taken.sum(0, keepdim=True, dtype=torch.int32).squeeze(0), remainder
    )


def _weighted(weights: Tensor, stack: Tensor) -> Tensor:
    """(M, B), (M, B, H) -> the sum over M: (B, H)."""
    return torch.bmm(weights.t().unsqueeze(1), stack.transpose(0, 1)).squeeze(1)

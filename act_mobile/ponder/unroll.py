"""The ponder loop written out: max_ponder steps, and only then what each is worth.

A runtime pays for every operation, so a step is the update alone, whether its row has halted or
not; the policy weighs all steps at once.
"""

from __future__ import annotations

import torch
from torch import Tensor

from act_mobile.ponder.pondering import Pondered, Pondering, column, ended


def ponder_unroll(start: Pondering) -> Pondered:
    """Ponder rows without control flow; costs max_ponder steps whatever the input."""
    step, constants, halting = start.step, start.constants, start.halting
    max_ponder, batch = int(start.budget.max_ponder), len(start.state[0])
    states = [step.update(step.first(constants) or constants, start.state)]
    if max_ponder == 1 and not halting.skips:
        ones = start.state[0].new_ones(batch)
        return ended(start, states[0], ones.to(torch.int32), ones)
    for _ in range(1, max_ponder):
        states.append(step.update(constants, states[-1]))
    rows = [torch.cat(each) for each in zip(*states, strict=True)]
    reads = [step.features(constants, state) for state in states]
    plain = all(read is state[0] for read, state in zip(reads, states, strict=True))
    read = rows[0] if plain else torch.cat(reads)

    weights, taken, remainder = halting.unroll(start.unit, read, start.budget, start.own)
    steps = taken.sum(0, keepdim=True, dtype=torch.int32).squeeze(0)
    means = start.means
    if not all(means):
        last = _last(taken).to(read.dtype)
    combined = []
    for each, before, mean in zip(rows, start.state, means, strict=True):
        stack = each.view(max_ponder, batch, -1)
        if not step.bounded:  # a state after the last may be infinite
            stack = torch.where(taken.unsqueeze(2), stack, 0.0)
        flat = _weighted(weights if mean and weights is not None else last, stack)
        result = flat if before.dim() == 2 else flat.view(before.shape)
        if halting.skips:
            result = torch.where(column(steps.unsqueeze(1) > 0, before), result, before)
        combined.append(result)
    return ended(start, tuple(combined), steps, remainder)


def _last(taken: Tensor) -> Tensor:
    """Find the last of the steps taken: (M, B), bool."""
    if len(taken) == 1:
        return taken
    return taken & ~torch.cat([taken[1:], torch.zeros_like(taken[:1])])


def _weighted(weights: Tensor, stack: Tensor) -> Tensor:
    """(M, B), (M, B, H) -> the sum over M: (B, H)."""
    return torch.bmm(weights.t().unsqueeze(1), stack.transpose(0, 1)).squeeze(1)

"""The ponder loop written out: max_ponder steps of the cell, and only then what each is worth.

A runtime pays for every operation, so a step is the cell alone, whether its row has halted or not.
What the halting sum of a row has reached after n steps,

    reached_n = h_1 + ... + h_n while that is below the threshold, else 1        reached_0 = 0

is found for all steps at once, and so are the weights: p_n = reached_n - reached_{n-1}, which is
h_n before the last step, R at it and 0 after it.
"""

from __future__ import annotations

import torch

from act_mobile.ponder.step import Pondered, TimeStep


def ponder_unroll(step: TimeStep) -> Pondered:
    """Ponder a time step without control flow; costs max_ponder steps whatever the input."""
    cell, projection, state, halting_unit, (threshold, limit) = step
    max_ponder, batch = int(limit), len(projection)
    states = [cell.update(projection + cell.flag, state)]
    if max_ponder == 1:
        ones = projection.new_ones(batch)
        return Pondered(states[0], ones.to(torch.int32), ones)
    for _ in range(1, max_ponder):
        states.append(cell.update(projection, states[-1]))
    rows = [torch.cat(each) for each in zip(*states, strict=True)]

    total = halting_unit(rows[0]).view(max_ponder, batch).cumsum(0)
    # The last step's is below 0, which no sum is: a row has halted there in any case.
    limits = projection.new_tensor([[0.0]] * (max_ponder - 1) + [[-2.0]]) + threshold
    going = total < limits
    reached = torch.where(going, total, 1.0)
    before = torch.cat([torch.zeros_like(total[:1]), reached[:-1]])
    taken = before < 1
    weights = reached - before
    stacks = [each.view(max_ponder, batch, -1) for each in rows]
    if not cell.bounded:  # a state after the last may be infinite
        stacks = [torch.where(taken.unsqueeze(2), stack, 0.0) for stack in stacks]
    return Pondered(
        tuple(torch.bmm(weights.t().unsqueeze(1), s.transpose(0, 1)).squeeze(1) for s in stacks),
        taken.sum(0, keepdim=True, dtype=torch.int32).squeeze(0),
        (1 - torch.where(taken, before, 0.0).amax(0, keepdim=True)).squeeze(0),
    )

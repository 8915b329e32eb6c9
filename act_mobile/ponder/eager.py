"""The ponder loop in python: stops when every row has halted, and drops rows as they halt."""

from __future__ import annotations

import torch
from torch import Tensor

from act_mobile.ponder.step import Pondered, TimeStep


def ponder_eager(step: TimeStep) -> Pondered:
    """Ponder a time step; differentiable; a halted row is not computed again."""
    cell, projection, state, halting_unit, (threshold, max_ponder) = step
    batch = projection.shape[0]
    rows = torch.arange(batch, device=projection.device)
    total = projection.new_zeros(batch)
    means = tuple(torch.zeros_like(s) for s in state)

    done_rows: list[Tensor] = []
    done_means: list[tuple[Tensor, ...]] = []
    done_remainders: list[Tensor] = []
    done_steps: list[Tensor] = []

    inputs = projection + cell.flag
    for n in range(1, int(max_ponder) + 1):
        state = cell.update(inputs, state)
        halting = halting_unit(state[0]).squeeze(-1)
        remainder = 1 - total
        total = total + halting
        last = ~(total < threshold) if n < max_ponder else torch.ones_like(total, dtype=torch.bool)
        weight = torch.where(last, remainder, halting).unsqueeze(-1)
        means = tuple(torch.addcmul(m, weight, s) for m, s in zip(means, state, strict=True))

        halted = int(last.sum())
        if halted == len(rows):
            done_rows.append(rows)
            done_means.append(means)
            done_remainders.append(remainder)
            done_steps.append(rows.new_full((halted,), n, dtype=torch.int32))
            break
        if halted:
            out, stay = last.nonzero().squeeze(-1), (~last).nonzero().squeeze(-1)
            done_rows.append(rows[out])
            done_means.append(tuple(m[out] for m in means))
            done_remainders.append(remainder[out])
            done_steps.append(rows.new_full((halted,), n, dtype=torch.int32))
            rows, total, projection = rows[stay], total[stay], projection[stay]
            state = tuple(s[stay] for s in state)
            means = tuple(m[stay] for m in means)
        inputs = projection

    if len(done_rows) == 1:
        return Pondered(done_means[0], done_steps[0], done_remainders[0])
    order = torch.cat(done_rows).argsort()
    return Pondered(
        tuple(torch.cat(parts)[order] for parts in zip(*done_means, strict=True)),
        torch.cat(done_steps)[order],
        torch.cat(done_remainders)[order],
    )

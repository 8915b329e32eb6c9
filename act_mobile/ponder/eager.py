"""The ponder loop in python: stops when every row has halted, and drops rows as they halt."""

from __future__ import annotations

import torch
from torch import Tensor

from act_mobile.ponder.step import Pondered, TimeStep, column


def ponder_eager(step: TimeStep) -> Pondered:
    """Ponder a time step; differentiable; a halted row is not computed again."""
    cell, projection, state, halting, unit, (threshold, max_ponder) = step
    means = step.means
    batch = len(projection)
    rows = torch.arange(batch, device=projection.device)
    carry = halting.start(projection.new_zeros(batch, 1))
    combined = tuple(
        torch.zeros_like(s) if mean else s for s, mean in zip(state, means, strict=True)
    )

    done_rows: list[Tensor] = []
    done_combined: list[tuple[Tensor, ...]] = []
    done_remainders: list[Tensor] = []
    done_steps: list[Tensor] = []

    inputs = projection + cell.flag
    for n in range(1, int(max_ponder) + 1):
        state = cell.update(inputs, state)
        carry, progress, weight = halting.advance(unit, carry, state[0], None)
        correction, remainder = halting.finish(carry)
        last = ~(progress < threshold) if n < max_ponder else torch.ones_like(progress).bool()
        if weight is not None and correction is not None:
            weight = torch.where(last, weight + correction, weight)
        combined = tuple(
            torch.addcmul(before, column(weight, s), s) if mean and weight is not None else s
            for before, s, mean in zip(combined, state, means, strict=True)
        )

        halted = int(last.sum())
        if halted == len(rows):
            done_rows.append(rows)
            done_combined.append(combined)
            done_remainders.append(remainder.squeeze(1))
            done_steps.append(rows.new_full((halted,), n, dtype=torch.int32))
            break
        if halted:
            last = last.squeeze(1)
            out, stay = last.nonzero().squeeze(-1), (~last).nonzero().squeeze(-1)
            done_rows.append(rows[out])
            done_combined.append(tuple(s[out] for s in combined))
            done_remainders.append(remainder[out].squeeze(1))
            done_steps.append(rows.new_full((halted,), n, dtype=torch.int32))
            rows, projection = rows[stay], projection[stay]
            carry = tuple(c[stay] for c in carry)
            state = tuple(s[stay] for s in state)
            combined = tuple(s[stay] for s in combined)
        inputs = projection

    if len(done_rows) == 1:
        return Pondered(done_combined[0], done_steps[0], done_remainders[0])
    order = torch.cat(done_rows).argsort()
    return Pondered(
        tuple(torch.cat(parts)[order] for parts in zip(*done_combined, strict=True)),
        torch.cat(done_steps)[order],
        torch.cat(done_remainders)[order],
    )

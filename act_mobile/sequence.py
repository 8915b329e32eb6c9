"""One ACT layer over time: a python loop over the time steps around the ponder loop."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from act_mobile.cells import SplitCell, State
from act_mobile.halting import FixedHalting, Halting
from act_mobile.ponder import Pondered, PonderKind, SigmoidUnit, TimeStep, ponder


def run_sequence(
    cell: SplitCell,
    unit: nn.Linear | None,
    policy: Halting,
    projections: Tensor,
    state: State,
    counts: list[int],
    kind: PonderKind,
) -> tuple[Tensor, Tensor, Tensor, State]:
    """Run one layer over time.

    Args:
        unit: the layer's halting unit, where its policy has one.
        projections: ``cell.project(x)``, time first: (T, B, G).
        state: each (B, H).
        counts: rows still running at each time step; they are the first ones of the batch.

    Returns:
        The outputs (T, B, H), N and R (T, B), each 0 past a row's end, and the final state.
    """
    outputs, steps, remainders, ended = [], [], [], []
    for projection, running in zip(projections.unbind(), counts, strict=True):
        if running < len(state[0]):
            ended.append(tuple(s[running:] for s in state))
            state = tuple(s[:running] for s in state)
        if isinstance(policy, FixedHalting):
            pondered = _repeat(cell, projection[:running], state, policy.max_ponder)
        else:
            assert unit is not None
            step = TimeStep(
                cell,
                projection[:running],
                state,
                SigmoidUnit(unit),
                policy.threshold,
                policy.max_ponder,
            )
            pondered = ponder(step, kind)
        state = pondered.state
        missing = len(projection) - running
        outputs.append(_pad_rows(state[0], missing))
        steps.append(_pad_rows(pondered.steps, missing))
        remainders.append(_pad_rows(pondered.remainder, missing))
    if ended:
        state = tuple(torch.cat(parts) for parts in zip(state, *reversed(ended), strict=True))
    return torch.stack(outputs), torch.stack(steps), torch.stack(remainders), state


def _repeat(cell: SplitCell, projection: Tensor, state: State, steps: int) -> Pondered:
    """Repeat-RNN: ``steps`` ponder steps, of which the last state counts."""
    inputs = projection + cell.flag
    for _ in range(steps):
        state = cell.update(inputs, state)
        inputs = projection
    ones = projection.new_ones(len(projection))
    return Pondered(state, (ones * steps).to(torch.int32), ones)


def _pad_rows(rows: Tensor, missing: int) -> Tensor:
    """Append ``missing`` rows of zeros."""
    if not missing:
        return rows
    return torch.cat([rows, rows.new_zeros(missing, *rows.shape[1:])])

"""One ACT layer over time: a loop over the time steps around the ponder loop."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch._higher_order_ops.while_loop import while_loop

from act_mobile.cells import SplitCell, State
from act_mobile.halting import Budget
from act_mobile.ponder import Pondered, PonderKind, SigmoidUnit, TimeStep, ponder


def run_sequence(
    cell: SplitCell,
    unit: nn.Linear | None,
    budget: Budget,
    projections: Tensor,
    state: State,
    counts: list[int],
    kind: PonderKind,
) -> tuple[Tensor, Tensor, Tensor, State]:
    """Run one layer over time, in a python loop.

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
        pondered = _time_step(cell, unit, budget, projection[:running], state, kind)
        state = pondered.state
        missing = len(projection) - running
        outputs.append(_pad_rows(state[0], missing))
        steps.append(_pad_rows(pondered.steps, missing))
        remainders.append(_pad_rows(pondered.remainder, missing))
    if ended:
        state = tuple(torch.cat(parts) for parts in zip(state, *reversed(ended), strict=True))
    return torch.stack(outputs), torch.stack(steps), torch.stack(remainders), state


def loop_over_time(
    cell: SplitCell,
    unit: nn.Linear | None,
    budget: Budget,
    projections: Tensor,
    state: State,
    kind: PonderKind,
) -> tuple[Tensor, Tensor, Tensor, State]:
    """The same with time itself a ``while_loop``, for rows of one length, which may be traced."""
    time, batch, _ = projections.shape

    def more(t: Tensor, *_: Tensor) -> Tensor:
        return t < time

    def body(
        t: Tensor, outputs: Tensor, steps: Tensor, remainders: Tensor, *state: Tensor
    ) -> tuple[Tensor, ...]:
        now = t.reshape(1)
        projection = projections.index_select(0, now).squeeze(0)
        pondered = _time_step(cell, unit, budget, projection, state, kind)
        return (
            t + 1,
            outputs.index_put((now,), pondered.state[0].unsqueeze(0)),
            steps.index_put((now,), pondered.steps.unsqueeze(0)),
            remainders.index_put((now,), pondered.remainder.unsqueeze(0)),
            *pondered.state,
        )

    _, outputs, steps, remainders, *final = while_loop(
        more,
        body,
        (
            torch.zeros((), dtype=torch.int64, device=projections.device),
            projections.new_zeros(time, batch, state[0].shape[1]),
            projections.new_zeros(time, batch, dtype=torch.int32),
            projections.new_zeros(time, batch),
            *(s.clone() for s in state),
        ),
    )
    return outputs, steps, remainders, tuple(final)


def _time_step(
    cell: SplitCell,
    unit: nn.Linear | None,
    budget: Budget,
    projection: Tensor,
    state: State,
    kind: PonderKind,
) -> Pondered:
    if unit is None:
        return _repeat(cell, projection, state, int(budget.max_ponder))
    return ponder(TimeStep(cell, projection, state, SigmoidUnit(unit), budget), kind)


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

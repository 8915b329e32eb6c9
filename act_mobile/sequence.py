"""One ACT layer over time: a loop over the time steps around the ponder loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch._higher_order_ops.while_loop import while_loop

from act_mobile.cells import SplitCell
from act_mobile.halting.policy import Budget, Halting
from act_mobile.ponder import Pondered, PonderKind, TimeStep, ponder
from act_mobile.state import State


@dataclass(frozen=True)
class Layer:
    """A layer that ponders."""

    cell: SplitCell
    halting: Halting
    module: nn.Linear | None
    """The halting unit's parameters, where the policy has any."""

    def ponder(
        self, projection: Tensor, state: State, budget: Budget, kind: PonderKind
    ) -> Pondered:
        """One time step: (B, G), the state -> the next state, N and the remainder."""
        if not self.halting.adaptive or self.module is None:
            return self._repeat(projection, state, int(budget.max_ponder))
        unit = self.halting.unit(self.module)
        return ponder(TimeStep(self.cell, projection, state, self.halting, unit, budget), kind)

    def _repeat(self, projection: Tensor, state: State, steps: int) -> Pondered:
        """A known number of ponder steps, of which the last state counts."""
        inputs = projection + self.cell.flag
        for _ in range(steps):
            state = self.cell.update(inputs, state)
            inputs = projection
        ones = projection.new_ones(len(projection))
        return Pondered(state, (ones * steps).to(torch.int32), ones)


Ran = tuple[Tensor, Tensor, Tensor, State]
"""Outputs (T, B, H), N and remainders (T, B), each 0 past a row's end, and the final state."""

RunLayer = Callable[[Layer, Budget, Tensor, State, list[int]], Ran]
"""(layer, budget, projections (T, B, G), state, rows running at each time step) -> its results."""


def run_sequence(
    layer: Layer,
    budget: Budget,
    projections: Tensor,
    state: State,
    counts: list[int],
    kind: PonderKind = "eager",
) -> Ran:
    """Run one layer over time, in a python loop.

    Args:
        projections: ``cell.project(x)``, time first: (T, B, G).
        counts: rows still running at each time step; they are the first ones of the batch.
    """
    outputs, steps, remainders, ended = [], [], [], []
    for projection, running in zip(projections.unbind(), counts, strict=True):
        if running < len(state[0]):
            ended.append(tuple(s[running:] for s in state))
            state = tuple(s[:running] for s in state)
        pondered = layer.ponder(projection[:running], state, budget, kind)
        state = pondered.state
        missing = len(projection) - running
        outputs.append(_pad_rows(state[0], missing))
        steps.append(_pad_rows(pondered.steps, missing))
        remainders.append(_pad_rows(pondered.remainder, missing))
    if ended:
        state = tuple(torch.cat(parts) for parts in zip(state, *reversed(ended), strict=True))
    return torch.stack(outputs), torch.stack(steps), torch.stack(remainders), state


def loop_over_time(
    layer: Layer, budget: Budget, projections: Tensor, state: State, kind: PonderKind
) -> Ran:
    """The same with time itself a ``while_loop``, for rows of one length, which may be traced."""
    time, batch, _ = projections.shape

    def more(t: Tensor, *_: Tensor) -> Tensor:
        return t < time

    def body(
        t: Tensor, outputs: Tensor, steps: Tensor, remainders: Tensor, *state: Tensor
    ) -> tuple[Tensor, ...]:
        now = t.reshape(1)
        projection = projections.index_select(0, now).squeeze(0)
        pondered = layer.ponder(projection, state, budget, kind)
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


def _pad_rows(rows: Tensor, missing: int) -> Tensor:
    """Append ``missing`` rows of zeros."""
    if not missing:
        return rows
    return torch.cat([rows, rows.new_zeros(missing, *rows.shape[1:])])

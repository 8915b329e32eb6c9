"""One ACT layer over time: a loop over the time steps around the ponder loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch._higher_order_ops.while_loop import while_loop

from act_mobile.cells import CellStep, SplitCell
from act_mobile.halting.policy import Budget, Halting
from act_mobile.ponder import Pondered, Pondering, PonderKind, ponder
from act_mobile.ponder.pondering import Observe, Trail
from act_mobile.state import State


@dataclass(frozen=True)
class Layer:
    """A recurrent layer that ponders: its state is the cell's, then the policy's."""

    cell: SplitCell
    halting: Halting
    module: nn.Module | None
    """The halting unit's parameters, where the policy has any."""
    observe: Observe | None = None

    def ponder(
        self, projection: Tensor, state: State, budget: Budget, kind: PonderKind
    ) -> Pondered:
        """One time step: (B, G), the state -> the next state, N and the remainder."""
        count = len(self.cell.state)
        start = Pondering(
            CellStep(self.cell),
            (projection,),
            state[:count],
            self.halting,
            self.halting.unit(self.module),
            budget,
            state[count:],
            self.observe,
        )
        return ponder(start, kind)


class Ran(NamedTuple):
    """A layer's results over time."""

    outputs: Tensor
    """(T, B, H), 0 past a row's end."""
    steps: Tensor
    """N: (T, B), 0 past a row's end."""
    remainders: Tensor
    """(T, B), 0 past a row's end."""
    state: State
    """After each row's last time step."""
    trail: Trail | None = None
    """All ponder steps, in training, where the policy's loss reads them: (M, T, B, ...)."""


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
    outputs, steps, remainders, trails, ended = [], [], [], [], []
    for projection, running in zip(projections.unbind(), counts, strict=True):
        if running < len(state[0]):
            ended.append(tuple(s[running:] for s in state))
            state = tuple(s[:running] for s in state)
        pondered = layer.ponder(projection[:running], state, budget, kind)
        state = pondered.state
        missing = len(projection) - running
        outputs.append(pad_rows(state[0], missing))
        steps.append(pad_rows(pondered.steps, missing))
        remainders.append(pad_rows(pondered.remainder, missing))
        if pondered.trail is not None:
            trails.append(Trail(*(pad_rows(each, missing, 1) for each in pondered.trail)))
    if ended:
        state = tuple(torch.cat(parts) for parts in zip(state, *reversed(ended), strict=True))
    trail = Trail(*(torch.stack(each, 1) for each in zip(*trails, strict=True))) if trails else None
    return Ran(torch.stack(outputs), torch.stack(steps), torch.stack(remainders), state, trail)


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
    return Ran(outputs, steps, remainders, tuple(final))


def pad_rows(rows: Tensor, missing: int, axis: int = 0) -> Tensor:
    """Append ``missing`` rows of zeros along an axis."""
    if not missing:
        return rows
    shape = [*rows.shape[:axis], missing, *rows.shape[axis + 1 :]]
    return torch.cat([rows, rows.new_zeros(shape)], axis)

"""The ponder loop as torch's ``while_loop`` operator, which becomes the runtime's own.

A runtime's loop pays for every operation, so the body is kept bare: the mean sums h_n s_n over all
N steps, and what the last step weighs more or less, R - h_N = 1 - (h_1 + ... + h_N), is added once,
after the loop. The limit joins the halting sum in one number,

    progress = max(h_1 + ... + h_n, n - (max_ponder - 1)),

which is below the threshold exactly as long as another step is due: thresholds are from 0 to 1, and
the second term reaches 1 at the limit. So the condition is one comparison.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch._higher_order_ops.while_loop import while_loop

from act_mobile.ponder.step import Pondered, TimeStep

Carried = tuple[Tensor, ...]


def ponder_loop(step: TimeStep) -> Pondered:
    """Ponder a time step in one ``while_loop``: runs until the last row halts.

    Halted rows of a batch stay as they are.
    """
    loop = _Loop(step)

    def more(_: Tensor, progress: Tensor, *__: Tensor) -> Tensor:
        return progress < step.budget.threshold

    def body(inputs: Tensor, *carried: Tensor) -> Carried:
        return step.projection.clone(), *loop.advance(inputs, carried)

    _, *carried = while_loop(more, body, (step.projection + step.cell.flag, *loop.start()))
    return loop.finish(tuple(carried))


def ponder_peeled(step: TimeStep) -> Pondered:
    """The same with the first ponder step before the loop, for runtimes where that is faster.

    The loop then carries no input, but the update is there twice.
    """
    loop = _Loop(step)

    def more(progress: Tensor, *_: Tensor) -> Tensor:
        return progress < step.budget.threshold

    def body(*carried: Tensor) -> Carried:
        return loop.advance(step.projection, carried)

    first = loop.advance(step.projection + step.cell.flag, loop.start())
    return loop.finish(while_loop(more, body, first))


@dataclass(frozen=True)
class _Loop:
    """What the loop carries from one ponder step to the next, in order:

    progress, of all rows together; n - (max_ponder - 1), the halting sum without and with the last
    step, and, unless there is one row alone, which rows are running, each (B, 1); s_n; the mean.
    """

    step: TimeStep

    @property
    def alone(self) -> bool:
        """With one row, the loop ends when it halts: nothing need be masked."""
        return isinstance(self.step.projection.shape[0], int) and len(self.step.projection) == 1

    def start(self) -> Carried:
        zero = self.step.projection.new_zeros(len(self.step.projection), 1)
        return (
            self.step.projection.new_full((), -1.0),  # below any threshold: one step is always due
            zero + (1 - self.step.budget.max_ponder),
            zero,
            zero.clone(),
            *(() if self.alone else (torch.ones_like(zero),)),
            *(s.clone() for s in self.step.state),
            *(torch.zeros_like(s) for s in self.step.state),
        )

    def advance(self, inputs: Tensor, carried: Carried) -> Carried:
        """One ponder step."""
        cell, _, _, halting_unit, budget = self.step
        _, count, before, total, alive, state, means = self._parts(carried)
        new = cell.update(inputs, state)
        if alive is None:
            halting = halting_unit(new[0])
            count, before, total = count + 1, total.clone(), total + halting
            progress = torch.maximum(total, count).reshape(())
        else:
            running = alive > 0
            new = tuple(torch.where(running, s, old) for s, old in zip(new, state, strict=True))
            halting = halting_unit(new[0]) * alive
            count, before = count + alive, torch.where(running, total, before)
            total = total + halting
            alive = alive * (torch.maximum(total, count) < budget.threshold).to(alive.dtype)
            progress = 1 - alive.max()
        means = tuple(m + halting * s for m, s in zip(means, new, strict=True))
        return progress, count, before, total, *(() if alive is None else (alive,)), *new, *means

    def finish(self, carried: Carried) -> Pondered:
        _, count, before, total, _, state, means = self._parts(carried)
        over = 1 - total
        return Pondered(
            tuple(m + over * s for m, s in zip(means, state, strict=True)),
            (count + (self.step.budget.max_ponder - 1)).to(torch.int32).squeeze(-1),
            (1 - before).squeeze(-1),
        )

    def _parts(
        self, carried: Carried
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor | None, Carried, Carried]:
        progress, count, before, total, *rest = carried
        alive = None if self.alone else rest.pop(0)
        size = len(self.step.state)
        return progress, count, before, total, alive, tuple(rest[:size]), tuple(rest[size:])

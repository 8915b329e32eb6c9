"""The ponder loop as torch's ``while_loop`` operator, which becomes the runtime's own.

A runtime's loop pays for every operation, so the body is kept bare: a mean sums what the policy
weighs each state by, and what the last step weighs more or less is added once, after the loop. The
limit joins the policy's progress in one number,

    progress_n = max(policy's progress, n - (max_ponder - 1)),

which is below the threshold exactly as long as another step is due: thresholds are from 0 to 1, and
the second term reaches 1 at the limit. So the condition is one comparison.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch._higher_order_ops.while_loop import while_loop

from act_mobile.halting.policy import Mask
from act_mobile.ponder.step import Pondered, TimeStep, column

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
class _Parts:
    """The values that the loop carries from one ponder step to the next."""

    progress: Tensor
    """Below the threshold while any row runs: ()."""
    count: Tensor
    """n - (max_ponder - 1): (B, 1)."""
    halting: Carried
    """The policy's carry."""
    alive: Tensor | None
    """Which rows are running: (B, 1). None where there is one row, which needs no mask."""
    state: Carried
    """s_n."""
    sums: Carried
    """Weighted sums of the state tensors that are combined by mean."""

    def flat(self) -> Carried:
        alive = () if self.alive is None else (self.alive,)
        return self.progress, self.count, *self.halting, *alive, *self.state, *self.sums


@dataclass(frozen=True)
class _Loop:
    """One time step's loop, whatever its policy and state."""

    step: TimeStep

    @property
    def alone(self) -> bool:
        """True if there is one row, with which the loop ends."""
        return isinstance(self.step.projection.shape[0], int) and len(self.step.projection) == 1

    def start(self) -> Carried:
        zero = self.step.projection.new_zeros(len(self.step.projection), 1)
        return _Parts(
            self.step.projection.new_full((), -1.0),  # below any threshold: one step is always due
            zero + (1 - self.step.budget.max_ponder),
            self.step.halting.start(zero),
            None if self.alone else torch.ones_like(zero),
            tuple(s.clone() for s in self.step.state),
            tuple(torch.zeros_like(s) for s in self._combined_by_mean(self.step.state)),
        ).flat()

    def advance(self, inputs: Tensor, carried: Carried) -> Carried:
        """One ponder step."""
        cell, _, _, halting, unit, budget = self.step
        before = self._parts(carried)
        count, alive, state = before.count, before.alive, before.state
        new = cell.update(inputs, state)
        mask = None if alive is None else Mask(alive, alive > 0)
        if mask is not None:
            new = tuple(
                torch.where(column(mask.running, s), s, old)
                for s, old in zip(new, state, strict=True)
            )
        carry, reached, weight = halting.advance(unit, before.halting, new[0], mask)
        if alive is None:
            count = count + 1
            progress = torch.maximum(reached, count).reshape(())
        else:
            count = count + alive
            alive = alive * (torch.maximum(reached, count) < budget.threshold).to(alive.dtype)
            progress = 1 - alive.max()
        sums = tuple(
            total if weight is None else total + column(weight, s) * s
            for total, s in zip(before.sums, self._combined_by_mean(new), strict=True)
        )
        return _Parts(progress, count, carry, alive, new, sums).flat()

    def finish(self, carried: Carried) -> Pondered:
        ended = self._parts(carried)
        correction, remainder = self.step.halting.finish(ended.halting)
        rest = iter(ended.sums)
        combined = tuple(
            s if not mean or correction is None else next(rest) + column(correction, s) * s
            for s, mean in zip(ended.state, self.step.means, strict=True)
        )
        steps = (ended.count + (self.step.budget.max_ponder - 1)).to(torch.int32)
        return Pondered(combined, steps.squeeze(-1), remainder.squeeze(-1))

    def _combined_by_mean(self, state: Carried) -> Carried:
        return tuple(s for s, mean in zip(state, self.step.means, strict=True) if mean)

    def _parts(self, carried: Carried) -> _Parts:
        progress, count, *rest = carried
        size = self.step.halting.carries
        carry, rest = tuple(rest[:size]), rest[size:]
        alive = None if self.alone else rest.pop(0)
        states = len(self.step.state)
        return _Parts(progress, count, carry, alive, tuple(rest[:states]), tuple(rest[states:]))

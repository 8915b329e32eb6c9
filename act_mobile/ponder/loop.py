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
from typing import Self

import torch
from torch import Tensor
from torch._higher_order_ops.while_loop import while_loop

from act_mobile.halting.policy import Mask
from act_mobile.ponder.pondering import Constants, Pondered, Pondering, column, ended

Carried = tuple[Tensor, ...]


def ponder_loop(start: Pondering) -> Pondered:
    """Ponder rows in one ``while_loop``: runs until the last row halts.

    Halted rows of a batch stay as they are.
    """
    loop, constants = _Loop.of(start), start.constants
    first = start.step.first(constants)
    count = 0 if first is None else len(first)

    def more(*carried: Tensor) -> Tensor:
        return carried[count] < start.budget.threshold

    def body(*carried: Tensor) -> Carried:
        inputs = constants if first is None else carried[:count]
        later = () if first is None else tuple(c.clone() for c in constants)
        return *later, *loop.advance(inputs, carried[count:])

    _, carried = _split(while_loop(more, body, (*(first or ()), *loop.start())), count)
    return loop.finish(carried)


def ponder_peeled(start: Pondering) -> Pondered:
    """The same with the first ponder step before the loop, for runtimes where that is faster.

    The loop then carries no input, but the update is there twice.
    """
    loop, constants = _Loop.of(start), start.constants

    def more(progress: Tensor, *_: Tensor) -> Tensor:
        return progress < start.budget.threshold

    def body(*carried: Tensor) -> Carried:
        return loop.advance(constants, carried)

    first = loop.advance(start.step.first(constants) or constants, loop.start())
    return loop.finish(while_loop(more, body, first))


def _split(carried: Carried, count: int) -> tuple[Carried, Carried]:
    return tuple(carried[:count]), tuple(carried[count:])


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
    """One ponder loop, whatever its policy and state."""

    given: Pondering
    alone: bool
    """True if there is one row, with which the loop ends."""

    @classmethod
    def of(cls, given: Pondering) -> Self:
        # Asked here once: asked in the body, the state would become one of the body's inputs.
        batch = given.state[0].shape[0]
        return cls(given, isinstance(batch, int) and batch == 1)

    def start(self) -> Carried:
        given = self.given
        like = given.state[0]
        zero = like.new_zeros(len(like), 1)
        carry, reached = given.halting.start(zero, given.own)
        alive = None if self.alone else torch.ones_like(zero)
        if reached is None:
            progress = like.new_full((), -1.0)  # below any threshold: one step is always due
        elif alive is None:
            progress = reached.reshape(())
        else:
            alive = (reached < given.budget.threshold).to(zero.dtype)
            progress = 1 - alive.max()
        return _Parts(
            progress,
            zero + (1 - given.budget.max_ponder),
            carry,
            alive,
            tuple(s.clone() for s in given.state),
            tuple(torch.zeros_like(s) for s in self._combined_by_mean(given.state)),
        ).flat()

    def advance(self, inputs: Constants, carried: Carried) -> Carried:
        """One ponder step."""
        given = self.given
        before = self._parts(carried)
        count, alive, state = before.count, before.alive, before.state
        new = given.step.update(inputs, state)
        mask = None if alive is None else Mask(alive, alive > 0)
        if mask is not None:
            new = tuple(
                torch.where(column(mask.running, s), s, old)
                for s, old in zip(new, state, strict=True)
            )
        read = given.step.features(inputs, new)
        carry, reached, weight = given.halting.advance(given.unit, before.halting, read, mask)
        if alive is None:
            count = count + 1
            progress = torch.maximum(reached, count).reshape(())
        else:
            count = count + alive
            going = torch.maximum(reached, count) < given.budget.threshold
            alive = alive * going.to(alive.dtype)
            progress = 1 - alive.max()
        sums = tuple(
            total if weight is None else total + column(weight, s) * s
            for total, s in zip(before.sums, self._combined_by_mean(new), strict=True)
        )
        return _Parts(progress, count, carry, alive, new, sums).flat()

    def finish(self, carried: Carried) -> Pondered:
        parts = self._parts(carried)
        correction, remainder = self.given.halting.finish(parts.halting)
        rest = iter(parts.sums)
        combined = tuple(
            s if not mean or correction is None else next(rest) + column(correction, s) * s
            for s, mean in zip(parts.state, self.given.means, strict=True)
        )
        steps = (parts.count + (self.given.budget.max_ponder - 1)).to(torch.int32)
        return ended(self.given, combined, steps.squeeze(-1), remainder.squeeze(-1))

    def _combined_by_mean(self, state: Carried) -> Carried:
        return tuple(s for s, mean in zip(state, self.given.means, strict=True) if mean)

    def _parts(self, carried: Carried) -> _Parts:
        progress, count, *rest = carried
        size = self.given.halting.carries
        carry, rest = tuple(rest[:size]), rest[size:]
        alive = None if self.alone else rest.pop(0)
        states = len(self.given.state)
        return _Parts(progress, count, carry, alive, tuple(rest[:states]), tuple(rest[states:]))

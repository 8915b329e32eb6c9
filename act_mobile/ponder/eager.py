"""The ponder loop in python: stops when every row has halted, and drops rows as they halt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Self

import torch
from torch import Tensor

from act_mobile.halting.policy import Carry
from act_mobile.ponder.pondering import Constants, Pondered, Pondering, column, ended
from act_mobile.state import State


class _Running(NamedTuple):
    """The rows that still run."""

    rows: Tensor
    """Their places in the batch."""
    constants: Constants
    carry: Carry
    state: State
    combined: State

    def pick(self, places: Tensor) -> Self:
        return self._replace(
            rows=self.rows[places],
            constants=tuple(c[places] for c in self.constants),
            carry=tuple(c[places] for c in self.carry),
            state=tuple(s[places] for s in self.state),
            combined=tuple(s[places] for s in self.combined),
        )


@dataclass
class _Halted:
    """Rows that have halted, in the order in which they did."""

    rows: list[Tensor] = field(default_factory=list)
    combined: list[State] = field(default_factory=list)
    remainders: list[Tensor] = field(default_factory=list)
    steps: list[Tensor] = field(default_factory=list)

    def add(self, rows: Tensor, combined: State, remainder: Tensor, n: int) -> None:
        self.rows.append(rows)
        self.combined.append(combined)
        self.remainders.append(remainder.squeeze(1))
        self.steps.append(rows.new_full((len(rows),), n, dtype=torch.int32))

    def joined(self) -> tuple[State, Tensor, Tensor]:
        """The combined state, N and the remainder, in the order of the batch."""
        if len(self.rows) == 1:
            return self.combined[0], self.steps[0], self.remainders[0]
        order = torch.cat(self.rows).argsort()
        return (
            tuple(torch.cat(parts)[order] for parts in zip(*self.combined, strict=True)),
            torch.cat(self.steps)[order],
            torch.cat(self.remainders)[order],
        )


def ponder_eager(start: Pondering) -> Pondered:
    """Ponder rows to their end; differentiable; a halted row is not computed again."""
    step, halting, unit, observe = start.step, start.halting, start.unit, start.observe
    threshold, max_ponder = start.budget
    means, like = start.means, start.state[0]
    carry, progress = halting.start(like.new_zeros(len(like), 1), start.own)
    combined = tuple(
        torch.zeros_like(s) if mean else s for s, mean in zip(start.state, means, strict=True)
    )
    rows = torch.arange(len(like), device=like.device)
    running = _Running(rows, start.constants, carry, start.state, combined)
    halted = _Halted()

    def leave(last: Tensor, remainder: Tensor, n: int) -> bool:
        """Let rows that have halted leave the loop, and tell if all have."""
        nonlocal running
        count = int(last.sum())
        if count == len(running.rows):
            halted.add(running.rows, running.combined, remainder, n)
            return True
        if count:
            last = last.squeeze(1)
            gone, stay = last.nonzero().squeeze(-1), (~last).nonzero().squeeze(-1)
            out = running.pick(gone)
            halted.add(out.rows, out.combined, remainder[gone], n)
            running = running.pick(stay)
        return False

    if progress is not None:
        if observe is not None:
            observe(progress)
        running = running._replace(combined=start.state)
        if leave(~(progress < threshold), halting.finish(carry).remainder, 0):
            return ended(start, *halted.joined())
    for n in range(1, int(max_ponder) + 1):
        inputs = (step.first(running.constants) if n == 1 else None) or running.constants
        state = step.update(inputs, running.state)
        read = step.features(inputs, state)
        carry, progress, weight = halting.advance(unit, running.carry, read, None)
        if observe is not None:
            observe(progress)
        correction, remainder = halting.finish(carry)
        last = ~(progress < threshold) if n < max_ponder else torch.ones_like(progress).bool()
        if weight is not None and correction is not None:
            weight = torch.where(last, weight + correction, weight)
        combined = tuple(
            torch.addcmul(before, column(weight, s), s) if mean and weight is not None else s
            for before, s, mean in zip(running.combined, state, means, strict=True)
        )
        running = running._replace(carry=carry, state=state, combined=combined)
        if leave(last, remainder, n):
            break
    return ended(start, *halted.joined())

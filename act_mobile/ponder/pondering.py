"""The arguments and results of a ponder loop, and the contract of a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

from torch import Tensor

from act_mobile.halting.policy import Budget, Halting, HaltingUnit
from act_mobile.state import Combined, State

PonderKind = Literal["eager", "unroll", "loop", "peeled"]

Constants = tuple[Tensor, ...]
"""Tensors that a step reads and does not change, each (B, ...): the projection of x, features."""

Observe = Callable[[Tensor], None]
"""A callback given the running rows' progress, (rows, 1), when it decides about another step."""


class Step(Protocol):
    """A ponder step: (constants, state) -> the next state."""

    @property
    def combined(self) -> tuple[Combined, ...]:
        """The way each tensor of its state makes a row's result; the first tensor is its output."""
        ...

    @property
    def bounded(self) -> bool:
        """True if no state can overflow, however many steps are taken."""
        ...

    def first(self, constants: Constants) -> Constants | None:
        """Make the constants of the first ponder step; None if they are the same."""
        ...

    def update(self, constants: Constants, state: State) -> State:
        """Take one ponder step."""
        ...

    def features(self, constants: Constants, state: State) -> Tensor:
        """Return the features that halting reads of a state: (B, F)."""
        ...


class Pondering(NamedTuple):
    """A batch of rows before their first ponder step."""

    step: Step
    constants: Constants
    state: State
    """Each (B, ...)."""
    halting: Halting
    """An adaptive policy."""
    unit: HaltingUnit
    budget: Budget
    own: State = ()
    """The policy's state."""
    observe: Observe | None = None
    """Used by the kind ``eager`` alone."""

    @property
    def means(self) -> tuple[bool, ...]:
        """For each state tensor, True if it is combined by mean; else its last value counts."""
        mean = self.halting.combined == "mean"
        return tuple(mean and each == "mean" for each in self.step.combined)


class Trail(NamedTuple):
    """Every ponder step of a batch of rows, for a loss that reads them all."""

    output: Tensor
    """The state's first tensor after each step: (M, B, ...)."""
    weights: Tensor
    """The halting probabilities p_n: (M, B)."""


class Pondered(NamedTuple):
    """A batch of rows after their last ponder step."""

    state: State
    """Combined, as the policy and the state's description say, then the policy's: each (B, ...)."""
    steps: Tensor
    """N: (B,), int32."""
    remainder: Tensor
    """The policy's figure beside N, (B,). For ``act``, R, through which N + R has a gradient."""
    trail: Trail | None = None
    """In training, where the policy's loss reads it."""


def column(rows: Tensor, like: Tensor) -> Tensor:
    """(B, 1) with as many axes as ``like``, (B, ...), so that each row is scaled by its number."""
    return rows if like.dim() == 2 else rows.view(-1, *[1] * (like.dim() - 1))


def ended(start: Pondering, combined: State, steps: Tensor, remainder: Tensor) -> Pondered:
    """Add the policy's next state to the result of rows that have halted.

    Args:
        steps, remainder: (B,).
    """
    own = start.own
    if start.halting.state:
        read = start.step.features(start.constants, combined)
        own = start.halting.keep(start.unit, own, read, steps.unsqueeze(1).to(read.dtype))
    return Pondered((*combined, *own), steps, remainder)

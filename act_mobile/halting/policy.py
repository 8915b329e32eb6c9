"""The contract of a halting policy: who decides how many ponder steps a time step gets.

A policy is plain data. The units that learn, where it has any, are the ACT layer's own modules, and
what a row has gathered so far is carried by the ponder loop, which knows a policy by this alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, Self

from torch import Tensor, nn

if TYPE_CHECKING:
    from act_mobile.sequence import RunLayer

HaltingUnit = Callable[[Tensor], Tensor]
"""The value that a policy reads of a state: h (B, H) -> (B, 1)."""

Carry = tuple[Tensor, ...]
"""What a row has gathered since its time step began, each (B, 1)."""


class Budget(NamedTuple):
    """When a time step must end, as numbers or, so that they stay inputs of a trace, tensors."""

    threshold: float | Tensor
    """What progress must reach, from 0 to 1."""
    max_ponder: int | Tensor
    """M, the most ponder steps, at least 1."""


class Mask(NamedTuple):
    """Which rows of a batch still run, twice: each (B, 1)."""

    alive: Tensor
    """1 or 0."""
    running: Tensor
    """bool."""


class Advance(NamedTuple):
    """What one ponder step adds, each (B, 1)."""

    carry: Carry
    progress: Tensor
    """Below the threshold as long as another step is due."""
    weight: Tensor | None
    """Of the state that the step made, in the mean; None where the last state counts."""


class Ending(NamedTuple):
    """What is known once a row has halted, each (B, 1)."""

    correction: Tensor | None
    """What the last state weighs more than ``Advance.weight`` said; None where it counts alone."""
    remainder: Tensor
    """The figure that a policy gives beside N; for ``act``, R."""


class Unrolled(NamedTuple):
    """What M ponder steps, all of them written out, are worth."""

    weights: Tensor
    """Of each state in the combined one, 0 past the last: (M, B)."""
    taken: Tensor
    """Whether the step is among the row's N: (M, B), bool."""
    remainder: Tensor
    """(B,)."""


@dataclass(frozen=True)
class Halting(ABC):
    """When a row ends, and what its time step's state is."""

    max_ponder: int
    """M, the most ponder steps."""
    epsilon: float | None = None
    """1 - the threshold, where the policy has one."""

    combined: ClassVar[Literal["mean", "last"]]
    """Whether the time step's state is the mean of its ponder steps' states, or the last one."""
    carries: ClassVar[int] = 0
    """How many tensors its carry has."""
    adaptive: ClassVar[bool] = True
    """Whether N depends on the input; else it is always the limit."""

    @property
    @abstractmethod
    def budget(self) -> Budget:
        """What a time step gets unless its caller says otherwise."""

    def limited(self, max_ponder: int) -> Self:
        """The same with at most so many ponder steps."""
        return replace(self, max_ponder=min(max_ponder, self.max_ponder))

    def module(self, hidden_size: int) -> nn.Linear | None:
        """Make the parameters of a layer's halting unit; None if the policy has none."""
        return None

    def unit(self, module: nn.Linear) -> HaltingUnit:
        """Make the halting unit of such parameters."""
        raise NotImplementedError

    def start(self, zeros: Tensor) -> Carry:
        """Make the carry of a time step that begins, of zeros (B, 1)."""
        return ()

    def advance(self, unit: HaltingUnit, carry: Carry, h: Tensor, mask: Mask | None) -> Advance:
        """Take in the state of a ponder step.

        Args:
            h: the first state tensor, (B, H).
            mask: the carry of halted rows stays, and their weight is 0; None if all rows run.
        """
        raise NotImplementedError

    def finish(self, carry: Carry) -> Ending:
        """Sum up rows that have halted."""
        raise NotImplementedError

    def unroll(self, unit: HaltingUnit, h: Tensor, budget: Budget) -> Unrolled:
        """Weigh all steps at once: what ``advance`` and ``finish`` would, step by step.

        Args:
            h: the first state tensor after each of M = budget.max_ponder steps, (M x B, H).
        """
        raise NotImplementedError

    def training_layer(self) -> RunLayer | None:
        """Find a faster way to run a layer eagerly with gradients; None if there is none."""
        return None

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
"""Values that a row has gathered since its time step began, each (B, 1)."""


class Budget(NamedTuple):
    """When a time step must end, as numbers or, so that they stay inputs of a trace, tensors."""

    threshold: float | Tensor
    """Progress ends a time step when it reaches this; from 0 to 1."""
    max_ponder: int | Tensor
    """M, the most ponder steps, at least 1."""


class Mask(NamedTuple):
    """Which rows of a batch still run, twice: each (B, 1)."""

    alive: Tensor
    """1 or 0."""
    running: Tensor
    """bool."""


class Advance(NamedTuple):
    """The result of one ponder step, each (B, 1)."""

    carry: Carry
    progress: Tensor
    """Below the threshold as long as another step is due."""
    weight: Tensor | None
    """The weight of the step's state in the mean; None where the last state counts."""


class Ending(NamedTuple):
    """The figures of a row that has halted, each (B, 1)."""

    correction: Tensor | None
    """Added to the last ``Advance.weight``; None where the last state counts alone."""
    remainder: Tensor
    """The figure that a policy gives beside N; for ``act``, R."""


class Unrolled(NamedTuple):
    """The weights of M ponder steps, all of them written out."""

    weights: Tensor
    """The weight of each state in the combined one, 0 past the last: (M, B)."""
    taken: Tensor
    """True where the step is among the row's N: (M, B), bool."""
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
    """The time step's state: the mean of its ponder steps' states, or the last one."""
    carries: ClassVar[int] = 0
    """The number of tensors in the carry."""
    adaptive: ClassVar[bool] = True
    """True if N depends on the input; else it is always the limit."""

    @property
    @abstractmethod
    def budget(self) -> Budget:
        """The budget of a time step unless its caller gives another."""

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

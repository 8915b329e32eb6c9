"""The contract of a halting policy: it decides how many ponder steps a row gets.

A policy is plain data. The unit that learns, where it has one, is a module of the layer's own, and
what a row has gathered so far is carried by the ponder loop, which knows a policy by this alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, Self

import torch
from torch import Tensor, nn

from act_mobile.state import State, StateTensor

if TYPE_CHECKING:
    from act_mobile.ponder.pondering import Pondered, Pondering, Trail
    from act_mobile.sequence import RunLayer

HaltingUnit = Callable[[Tensor], Tensor]
"""The value that a policy reads of a state's features: (B, F) -> (B, 1)."""

Carry = tuple[Tensor, ...]
"""Values that a row has gathered since its time step began, each (B, 1)."""

Errors = Callable[[Tensor], Tensor]


class Budget(NamedTuple):
    """When a row must end, as numbers or, so that they stay inputs of a trace, tensors."""

    threshold: float | Tensor
    """Progress ends a row when it reaches this; from 0 to 1."""
    max_ponder: int | Tensor
    """M, the most ponder steps, at least 1."""


class Mask(NamedTuple):
    """Which rows of a batch still run, twice: each (B, 1)."""

    alive: Tensor
    """1 or 0."""
    running: Tensor
    """bool."""


class Start(NamedTuple):
    """A row before its first ponder step."""

    carry: Carry
    progress: Tensor | None = None
    """Below the threshold if the first step is due, (B, 1); None if it always is."""


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

    weights: Tensor | None
    """The weight of each state in the mean, 0 past the last: (M, B); None where the last counts."""
    taken: Tensor
    """True where the step is among the row's N: (M, B), bool."""
    remainder: Tensor
    """(B,)."""


@dataclass(frozen=True)
class Halting(ABC):
    """A halting policy: it decides when a row ends and what its result is."""

    max_ponder: int
    """M, the most ponder steps."""
    epsilon: float | None = None
    """1 - the threshold, where the policy has one."""

    combined: ClassVar[Literal["mean", "last"]]
    """A row's result: the mean of its ponder steps' states, or the last one."""
    carries: ClassVar[int] = 0
    """The number of tensors in the carry."""
    adaptive: ClassVar[bool] = True
    """True if N depends on the input; else it is always the limit."""
    charges: ClassVar[bool] = True
    """True if the cost in training grows with N, so that a larger tau makes N smaller."""
    skips: ClassVar[bool] = False
    """True if a row may end before its first step, as ``Start.progress`` then says."""
    state: ClassVar[tuple[StateTensor, ...]] = ()
    """The policy's own state, kept from one time step to the next."""
    kinds: ClassVar[tuple[str, ...]] = ("eager", "unroll", "loop", "peeled", "host")
    """The kinds of ponder loop that can express it."""
    number: ClassVar[int | None] = None
    """The policy's number in the native engine's files; None if the engine lacks it."""

    @property
    @abstractmethod
    def budget(self) -> Budget:
        """The budget of a row unless its caller gives another."""

    def limited(self, max_ponder: int) -> Self:
        """The same with at most so many ponder steps."""
        return replace(self, max_ponder=min(max_ponder, self.max_ponder))

    def module(self, features: int) -> nn.Linear | None:
        """Make the parameters of a halting unit; None if the policy has none.

        Args:
            features: F, what it reads of a state.
        """
        return None

    def unit(self, module: nn.Module | None) -> HaltingUnit:
        """Make the halting unit of such parameters."""
        return torch.zeros_like

    def start(self, zeros: Tensor, own: State) -> Start:
        """Begin a time step.

        Args:
            zeros: (B, 1).
            own: the policy's state, as :attr:`state` describes it.
        """
        return Start(())

    @abstractmethod
    def advance(self, unit: HaltingUnit, carry: Carry, read: Tensor, mask: Mask | None) -> Advance:
        """Take in the state of a ponder step.

        Args:
            read: its features, (B, F).
            mask: the carry of halted rows stays, and their weight is 0; None if all rows run.
        """

    @abstractmethod
    def finish(self, carry: Carry) -> Ending:
        """Sum up rows that have halted."""

    @abstractmethod
    def unroll(self, unit: HaltingUnit, read: Tensor, budget: Budget, own: State) -> Unrolled:
        """Weigh all steps at once: what ``advance`` and ``finish`` would, step by step.

        Args:
            read: the features after each of M = budget.max_ponder steps, (M x B, F).
            own: the policy's state.
        """

    def keep(self, unit: HaltingUnit, own: State, read: Tensor, steps: Tensor) -> State:
        """Make the policy's next state at the end of a time step.

        Args:
            own: its state where the time step began.
            read: the features of the row's result, (B, F).
            steps: N, (B, 1), in floating point.
        """
        return own

    def train(self, pondering: Pondering) -> Pondered:
        """Ponder with gradients."""
        from act_mobile.ponder.eager import ponder_eager

        return ponder_eager(pondering)

    def training_layer(self) -> RunLayer | None:
        """Find a faster way to run a layer eagerly with gradients; None if there is none."""
        return None

    def errors(self, output: Tensor, trail: Trail | None, errors: Errors) -> Tensor:
        """Compute the task's part of the training loss.

        Args:
            output: the model's, (..., O).
            trail: the answers after each ponder step, (M, ..., O), where :meth:`train` left any.
        """
        return errors(output)

    def cost(self, steps: Tensor, remainder: Tensor, trail: Trail | None) -> Tensor:
        """Compute the policy's own part of the training loss, which tau weighs.

        Args:
            steps, remainder: of the time steps of all rows, (...).
        """
        return steps + remainder

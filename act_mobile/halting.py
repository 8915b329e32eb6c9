"""Halting policies: who decides how many ponder steps a time step gets.

A policy is plain data; the halting units that learn, where a policy has them, are the ACT layer's
own modules. ``act`` is Graves' adaptive rule; ``fixed:K`` (Repeat-RNN, Fojo 2018) takes K steps
whatever the input and is the baseline that adaptive models are compared with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from torch import Tensor

from act_artefact.errors import UserError


class Budget(NamedTuple):
    """When a time step must end, as numbers or, so that they stay inputs of a trace, tensors."""

    threshold: float | Tensor
    """What the running sum of halting units must reach: 1 - epsilon, from 0 to 1."""
    max_ponder: int | Tensor
    """M, the most ponder steps, at least 1."""


@dataclass(frozen=True)
class ACTHalting:
    """Stop at the first n where h_1 + ... + h_n >= 1 - epsilon, or at the limit (Graves eq. 6)."""

    max_ponder: int
    epsilon: float
    learned: ClassVar[bool] = True

    @property
    def threshold(self) -> float:
        """What the running sum of halting units must reach."""
        return 1.0 - self.epsilon

    @property
    def budget(self) -> Budget:
        """What a time step gets unless its caller says otherwise."""
        return Budget(self.threshold, self.max_ponder)

    def __str__(self) -> str:
        return "act"


@dataclass(frozen=True)
class FixedHalting:
    """Stop after ``max_ponder`` steps and keep the last state: p = (0, ..., 0, 1), R = 1."""

    max_ponder: int
    learned: ClassVar[bool] = False

    @property
    def budget(self) -> Budget:
        """No halting sum to reach: only the limit counts."""
        return Budget(1.0, self.max_ponder)

    def __str__(self) -> str:
        return f"fixed:{self.max_ponder}"


Halting = ACTHalting | FixedHalting


def parse_halting(text: str, *, max_ponder: int, epsilon: float) -> Halting:
    """The policy that ``act`` or ``fixed:K`` names."""
    name, _, argument = text.partition(":")
    if text == "act":
        return ACTHalting(max_ponder, epsilon)
    if name == "fixed" and argument.isdecimal() and 1 <= int(argument) <= max_ponder:
        return FixedHalting(int(argument))
    raise UserError(
        f"halting {text!r} is not known: use act, or fixed:K with K from 1 to {max_ponder}"
    )

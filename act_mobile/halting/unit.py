"""Halting units that learn: a logistic regression on what halting reads of a state."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from act_mobile.halting.policy import Budget, Halting, HaltingUnit


@dataclass(frozen=True)
class SigmoidUnit:
    """sigmoid(W s + b), with a layer's learned W and b."""

    linear: nn.Module

    def __call__(self, read: Tensor, /) -> Tensor:
        return torch.sigmoid(self.linear(read))


@dataclass(frozen=True)
class SigmoidHalting(Halting):
    """A policy with such a unit, and the threshold 1 - epsilon."""

    epsilon: float = 0.01

    @property
    def budget(self) -> Budget:
        return Budget(1.0 - self.epsilon, self.max_ponder)

    def module(self, features: int) -> nn.Linear:
        """Make W and b, which starts at +1 so that training begins with few ponder steps."""
        linear = nn.Linear(features, 1)
        nn.init.ones_(linear.bias)
        return linear

    def unit(self, module: nn.Module | None) -> HaltingUnit:
        assert module is not None
        return SigmoidUnit(module)

"""The steps of iterated nets by name: each in one file, registered here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from torch import Tensor

from act_mobile.ponder.pondering import Constants, Step
from act_mobile.state import State
from act_mobile.steps.conv_gru import ConvGRU

__all__ = ["STEPS", "ImageStep", "StepFactory"]


class ImageStep(Step, Protocol):
    """A step that reads features of an image, (B, F, height, width), at every ponder step."""

    summary: int
    """F, the numbers that ``features`` makes of a state for the halting policy."""

    def constants(self, features: Tensor, inside: Tensor) -> Constants:
        """Compute once what every ponder step reads.

        Args:
            inside: 1 within the image, 0 where it is filled up to a larger one: (B, 1, height,
                width).
        """
        ...

    def initial(self, constants: Constants) -> State:
        """Make the state before the first ponder step."""
        ...


StepFactory = Callable[[int, int], ImageStep]
"""Makes a step, an nn.Module, from (channels of the features, channels of its state)."""

STEPS: dict[str, StepFactory] = {"conv_gru": ConvGRU}
"""Steps by the name that configurations use."""

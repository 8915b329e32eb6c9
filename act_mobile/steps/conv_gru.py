"""``conv_gru``: a GRU whose products are convolutions, on a grid of any height and width."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from act_mobile.ponder.pondering import Constants
from act_mobile.state import Combined, State

KERNEL = 3


class ConvGRU(nn.Module):
    """A convolutional GRU step (Ballas 2016), gates r, z, n in torch's order:

        r, z = sigmoid(x_r + U_r * h), sigmoid(x_z + U_z * h)
        n    = tanh(x_n + r (U_n * h)),    h' = n + z (h - n)

    with 3 x 3 convolutions, ``*``. The features are projected to x once. Outside the image h stays
    0, as a convolution's padding is, so an image filled up with zeros is answered as the image is.

    Args:
        features: channels of the features.
        hidden: C, channels of h.
    """

    bounded = True
    combined: tuple[Combined, ...] = ("mean",)

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.hidden, self.summary = hidden, 2 * hidden
        self.input = nn.Conv2d(features, 3 * hidden, KERNEL, padding=KERNEL // 2)
        self.recurrent = nn.Conv2d(hidden, 3 * hidden, KERNEL, padding=KERNEL // 2)
        with torch.no_grad():
            # Training begins with a state that is kept for long.
            cast(Tensor, self.input.bias)[hidden : 2 * hidden] += 1

    def constants(self, features: Tensor, inside: Tensor) -> Constants:
        return self.input(features), inside

    def initial(self, constants: Constants) -> State:
        projection, _ = constants
        return (torch.zeros_like(projection[:, : self.hidden]),)

    def first(self, constants: Constants) -> None:
        """Every ponder step reads the same."""

    def update(self, constants: Constants, state: State) -> State:
        projection, inside = constants
        (h,) = state
        x_r, x_z, x_n = projection.chunk(3, 1)
        u_r, u_z, u_n = self.recurrent(h).chunk(3, 1)
        r, z = torch.sigmoid(x_r + u_r), torch.sigmoid(x_z + u_z)
        n = torch.tanh(x_n + r * u_n)
        return ((n + z * (h - n)) * inside,)

    def features(self, constants: Constants, state: State) -> Tensor:
        """Take the mean of h over the image, and the largest: (B, 2 C)."""
        _, inside = constants
        (h,) = state
        mean = h.sum((2, 3)) / inside.sum((2, 3)).clamp(min=1)
        # Outside the image -1, which no h is below.
        return torch.cat([mean, (h + inside - 1).amax((2, 3))], 1)

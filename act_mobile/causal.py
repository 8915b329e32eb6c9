"""CausalConv1d: a convolution over time that reads no later time step."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from act_mobile.state import StateTensor


class CausalConv1d(nn.Module):
    """A convolution over the time steps up to the present one; those before the first are zeros.

        y_t = bias + sum over k of W_k x_{t - (K - 1 - k) dilation}

    An exporter carries its window, the last (K - 1) dilation time steps, as state from call to
    call: it is the described state of the module.

    Args:
        in_channels: I.
        out_channels: O.
        kernel_size: K.
        dilation: time steps from one element of the kernel to the next.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, *, dilation: int = 1
    ) -> None:
        super().__init__()
        self.conv = nn.Conv1d(in_channels, out_channels, kernel_size, dilation=dilation)
        self.window = (kernel_size - 1) * dilation

    @property
    def state(self) -> tuple[StateTensor, ...]:
        """The window, (B, W, I); none where the kernel has one element."""
        shape = (self.window, self.conv.in_channels)
        return (StateTensor("window", shape, combined="kept"),) if self.window else ()

    def forward(self, x: Tensor, window: Tensor | None = None) -> Tensor:
        """x (B, T, I), and the window before it, (B, W, I), zeros by default -> (B, T, O)."""
        seen = self._seen(x, window)
        return self.conv(seen.transpose(1, 2)).transpose(1, 2)

    def following(self, x: Tensor, window: Tensor | None = None) -> Tensor:
        """Make the window after x: (B, W, I)."""
        seen = self._seen(x, window)
        return seen[:, seen.shape[1] - self.window :]

    def _seen(self, x: Tensor, window: Tensor | None) -> Tensor:
        if window is None:
            return F.pad(x, (0, 0, self.window, 0))
        return torch.cat([window, x], 1)

"""Batches: rows of a task's data, and what is asked about them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Batch(NamedTuple):
    """Sequences, or items without time, and what is asked about them."""

    inputs: Tensor
    """(B, T, I) float32, or tokens (B, T) int64; items are (B, ...) float32."""
    targets: Tensor
    """(B, T), or (B, T, K) where a time step has K questions; of items one for each place, such as
    (B, H, W), or (B, 1) for the whole; int64, or float32 for mse, which has an axis of K values;
    0 where nothing is asked."""
    lengths: Tensor | None = None
    """(B,) int64, time steps of each row; None if every row has T."""
    mask: Tensor | None = None
    """(B, T) bool, where something is asked; None if everywhere up to the row's length. Of items
    one for each place."""
    timed: bool = True
    """False if a row is an item without time steps."""
    difficulty: Tensor | None = None
    """That of each row, (B,), or of each time step, (B, T), int64, where the data say it."""

    @property
    def running(self) -> Tensor:
        """(B, T) bool: the time steps before each row's end; of items (B,), all True."""
        if not self.timed:
            return torch.ones(len(self.targets), dtype=torch.bool)
        batch, time = self.targets.shape[:2]
        if self.lengths is None:
            return torch.ones(batch, time, dtype=torch.bool)
        return torch.arange(time) < self.lengths[:, None]

    @property
    def asked(self) -> Tensor:
        """(B, T) bool: the time steps whose output counts; of items the places."""
        if self.mask is not None:
            return self.mask
        values = self.targets.is_floating_point()
        places = self.targets[..., 0] if values else self.targets
        return self.running if self.timed else torch.ones_like(places, dtype=torch.bool)

    def places(self, output: Tensor) -> tuple[Tensor, Tensor]:
        """Give output and targets as (B, T, O) and (B, T[, K]), with an item's places as T."""
        if self.timed:
            return output, self.targets
        rows, size = len(output), output.shape[-1]
        values = self.targets.is_floating_point()
        targets = self.targets.view(rows, -1, size) if values else self.targets.flatten(1)
        return output.reshape(rows, -1, size), targets

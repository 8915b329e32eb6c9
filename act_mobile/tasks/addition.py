"""Addition (Graves 2016, section 3.3): the running sum of numbers given digit by digit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from act_mobile.model import ACTConfig
from act_mobile.tasks.batch import Batch
from act_mobile.tasks.recipe import Recipe
from act_mobile.tasks.task import Task, size

END = 10
"""The class after a sum's last digit."""


@dataclass(frozen=True)
class Addition(Task):
    """2 to ``numbers`` numbers of 1 to ``digits`` digits, one number a time step.

    A time step is ``digits`` one-hot vectors over the ten digits, the first digit first, missing
    ones zero. From the second number on the target is the sum so far: its digits, the first digit
    first, then the end mark, each one question of 11 classes. The paper also draws sequences of a
    single number; nothing is asked about those, so they are left out.

    x: (B, T, 10 digits), targets: (B, T, W) with W the digits of the largest sum. The difficulty of
    a time step is the number of its digits.
    """

    name: ClassVar[str] = "addition"
    labels: ClassVar[tuple[str, ...] | None] = (*map(str, range(10)), "end")
    recipe: ClassVar[Recipe] = Recipe("lstm", 512, 32, 20, 1e-3, 1e-3, 200_000)
    difficulty_name: ClassVar[str] = "digits"

    digits: int = size(5, 1, 12, "most digits of a number")
    numbers: int = size(5, 2, 100, "most numbers")

    @property
    def width(self) -> int:
        """W, digits of the largest sum."""
        return len(str(self.numbers * (10**self.digits - 1)))

    def config(self, **model: Any) -> ACTConfig:
        return ACTConfig(input_size=10 * self.digits, output_size=11 * self.width, **model)

    def batch(self, size: int, generator: torch.Generator) -> Batch:
        lengths = torch.randint(2, self.numbers + 1, (size,), generator=generator)
        time = int(lengths.max())
        count = torch.randint(1, self.digits + 1, (size, time, 1), generator=generator)
        digits = torch.randint(10, (size, time, self.digits), generator=generator)
        running = torch.arange(time) < lengths[:, None]
        place = torch.arange(self.digits)
        used = (place < count) & running.unsqueeze(-1)

        x = (F.one_hot(digits, 10) * used.unsqueeze(-1)).flatten(2).float()
        values = (digits * 10 ** (count - 1 - place).clamp(min=0) * used).sum(-1)
        mask = running.clone()
        mask[:, 0] = False
        return Batch(x, self._written(values.cumsum(1)) * mask.unsqueeze(-1), lengths, mask)

    def _written(self, sums: Tensor) -> Tensor:
        """(B, T) -> the digits of each sum and end marks, (B, T, W)."""
        powers = 10 ** torch.arange(self.width)
        count = (sums.unsqueeze(-1) >= powers[1:]).sum(-1, keepdim=True) + 1
        place = count - 1 - torch.arange(self.width)
        digits = sums.unsqueeze(-1) // 10 ** place.clamp(min=0) % 10
        return torch.where(place >= 0, digits, END)

    def difficulty(self, batch: Batch) -> Tensor:
        return batch.inputs.sum(-1).long()


TASK = Addition

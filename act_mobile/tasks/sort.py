"""Sort (Graves 2016, section 3.4): in which order do random numbers come?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from act_mobile.model import ACTConfig
from act_mobile.tasks.batch import Batch
from act_mobile.tasks.recipe import Recipe
from act_mobile.tasks.task import Task, size


@dataclass(frozen=True)
class Sort(Task):
    """2 to ``numbers`` standard normal numbers, one a time step, then as many empty time steps.

    A time step is the number and a flag that is 1 on the last number. In the empty time steps the
    targets are the places of the numbers, in ascending order of the numbers. x: (B, T, 2),
    targets: (B, T), T at most 2 ``numbers``. The difficulty of a row is how many numbers it has.
    """

    name: ClassVar[str] = "sort"
    recipe: ClassVar[Recipe] = Recipe("lstm", 512, 16, 100, 1e-3, 1e-3, 200_000)
    difficulty_name: ClassVar[str] = "numbers"

    numbers: int = size(15, 2, 1000, "most numbers")

    def config(self, **model: Any) -> ACTConfig:
        return ACTConfig(input_size=2, output_size=self.numbers, **model)

    def batch(self, size: int, generator: torch.Generator) -> Batch:
        count = torch.randint(2, self.numbers + 1, (size, 1), generator=generator)
        most = int(count.max())
        values = torch.randn(size, most, generator=generator)
        time = torch.arange(2 * most)
        given = time[:most] < count

        x = torch.zeros(size, 2 * most, 2)
        x[:, :most, 0] = values * given
        x[..., 1] = (time == count - 1).float()
        order = values.masked_fill(~given, torch.inf).argsort(1)
        mask = (time >= count) & (time < 2 * count)
        targets = order.gather(1, (time - count).clamp(0, most - 1)) * mask
        return Batch(x, targets, 2 * count.squeeze(1), mask)

    def difficulty(self, batch: Batch) -> Tensor:
        return batch.asked.sum(1)


TASK = Sort

"""Parity (Graves 2016, section 3.1): one look at a vector, is its number of ones odd?"""

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
class Parity(Task):
    """A vector with 1 to ``bits`` entries, at random places, that are +1 or -1; the rest is 0.

    The target is 1 if the number of +1 is odd. x: (B, 1, bits), targets: (B, 1). The difficulty is
    the number of entries that are not 0.
    """

    name: ClassVar[str] = "parity"
    labels: ClassVar[tuple[str, ...] | None] = ("even", "odd")
    recipe: ClassVar[Recipe] = Recipe("rnn", 128, 128, 10, 1e-3, 1e-3, 100_000, 0.4)
    difficulty_name: ClassVar[str] = "bits"
    evaluation_rows: ClassVar[int] = 4096

    bits: int = size(64, 1, 4096, "entries of the vector")

    def config(self, **model: Any) -> ACTConfig:
        return ACTConfig(input_size=self.bits, output_size=1, **model)

    def batch(self, size: int, generator: torch.Generator) -> Batch:
        # With a share that is itself uniform, the number of entries below it is uniform too, from
        # 0 to all of them. One entry is always below, so it is uniform from 1.
        drawn = torch.empty(size, self.bits).uniform_(-1, 1, generator=generator)
        share = torch.rand(size, 1, generator=generator).repeat(1, self.bits)
        share.scatter_(1, torch.randint(self.bits, (size, 1), generator=generator), 1)
        x = torch.where(drawn.abs() <= share, torch.where(drawn < 0, -1.0, 1.0), 0.0)
        return Batch(x.unsqueeze(1), (x > 0).sum(1, keepdim=True) & 1)

    def difficulty(self, batch: Batch) -> Tensor:
        return (batch.inputs != 0).sum((1, 2))


TASK = Parity

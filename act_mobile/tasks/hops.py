"""Hops: follow a chain of pointers through a table, in one look."""

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


@dataclass(frozen=True)
class Hops(Task):
    """Chains of 1 to ``hops`` steps, each from a node to the one that it points to.

    The table of ``nodes`` pointers is a permutation, so that a chain never gets stuck. Few hops are
    frequent and many are rare: each count is drawn ``ratio`` percent as often as the one before.

    A time step is the table as ``nodes`` one-hot vectors, the first node and the count, both
    one-hot. x: (B, 1, nodes^2 + nodes + hops), targets: (B, 1), the last node. The difficulty is
    the number of hops.
    """

    name: ClassVar[str] = "hops"
    recipe: ClassVar[Recipe] = Recipe(
        "lstm", 256, 128, 6, 0.2, 2e-3, 15_000, 0.4, halting_bias=0.0, tau_warmup=0.3, tau_ramp=0.4
    )
    difficulty_name: ClassVar[str] = "hops"
    evaluation_rows: ClassVar[int] = 4096

    nodes: int = size(8, 2, 64, "nodes of the table")
    hops: int = size(8, 1, 64, "most hops")
    ratio: int = size(60, 1, 100, "percent of rows with one hop more, for each count")

    def config(self, **model: Any) -> ACTConfig:
        features = self.nodes * self.nodes + self.nodes + self.hops
        return ACTConfig(input_size=features, output_size=self.nodes, **model)

    def batch(self, size: int, generator: torch.Generator) -> Batch:
        table = torch.rand(size, self.nodes, generator=generator).argsort(1)
        first = torch.randint(self.nodes, (size,), generator=generator)
        often = (self.ratio / 100) ** torch.arange(self.hops, dtype=torch.float64)
        count = torch.multinomial(often, size, replacement=True, generator=generator) + 1
        node = first
        for hop in range(self.hops):
            node = torch.where(hop < count, table.gather(1, node[:, None])[:, 0], node)
        parts = [
            F.one_hot(table, self.nodes).flatten(1),
            F.one_hot(first, self.nodes),
            F.one_hot(count - 1, self.hops),
        ]
        return Batch(torch.cat(parts, 1).float()[:, None], node[:, None])

    def difficulty(self, batch: Batch) -> Tensor:
        return batch.inputs[:, 0, -self.hops :].argmax(1) + 1


TASK = Hops

"""Training data without end, each batch a function of the seed, the rank and the step alone."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from act_mobile.tasks.task import Batch, Task

RANKS = 1 << 12
STEPS = 1 << 32


class Stream:
    """The batches from step ``start`` on.

    No state has to be saved to go on where training stopped, and no two ranks see the same data.
    """

    def __init__(self, task: Task, batch_size: int, seed: int, *, rank: int, start: int) -> None:
        self.task, self.batch_size, self.start = task, batch_size, start
        self.offset = (seed * RANKS + rank) * STEPS

    def __iter__(self) -> Iterator[Batch]:
        generator = torch.Generator()
        step = self.start
        while True:
            generator.manual_seed((self.offset + step) % (1 << 63))
            yield self.task.batch(self.batch_size, generator)
            step += 1

"""Training data without end, each batch a function of the seed, the rank and the step alone."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import torch

from act_mobile.tasks.batch import Batch
from act_mobile.tasks.task import Task


class Stream:
    """The batches from step ``start`` on.

    No state has to be saved to go on where training stopped, and no two ranks see the same data.
    """

    def __init__(self, task: Task, batch_size: int, seed: int, *, rank: int, start: int) -> None:
        self.task, self.batch_size, self.start = task, batch_size, start
        self.seed, self.rank = seed, rank

    def __iter__(self) -> Iterator[Batch]:
        generator = torch.Generator()
        step = self.start
        while True:
            # torch's generator on the CPU takes 32 bits of a seed: all three must be in them.
            place = struct.pack("<QQQ", self.seed, self.rank, step)
            generator.manual_seed(zlib.crc32(place))
            yield self.task.batch(self.batch_size, generator)
            step += 1

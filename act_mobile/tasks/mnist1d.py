"""MNIST-1D (Greydanus 2020, arXiv 2011.14439): digits drawn as a line, read sample by sample."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor

from act_artefact.extras import require
from act_mobile.model import ACTConfig
from act_mobile.tasks.batch import Batch
from act_mobile.tasks.recipe import Recipe
from act_mobile.tasks.task import Metric, Task


@dataclass(frozen=True)
class MNIST1D(Task):
    """40 time steps of one sample; the class is asked for at the last.

    The data set is made here, as its authors' package makes it: 4000 rows for training, 1000 for
    evaluation. x: (B, 40, 1), targets: (B, 40). The difficulty of a row is its class.

    Raises:
        UserError: the package mnist1d is not installed.
    """

    name: ClassVar[str] = "mnist1d"
    metric: ClassVar[Metric] = "accuracy"
    labels: ClassVar[tuple[str, ...] | None] = tuple(map(str, range(10)))
    recipe: ClassVar[Recipe] = Recipe("gru", 64, 100, 10, 1e-3, 2e-3, 10_000)
    difficulty_name: ClassVar[str] = "class"
    difficulty_labels: ClassVar[tuple[str, ...] | None] = labels

    @cached_property
    def _data(self) -> dict[str, Tensor]:
        data = require("mnist1d.data", "train")
        numpy = require("numpy", "train")
        # The package seeds the process's own generators, which are not its to seed.
        states = random.getstate(), numpy.random.get_state()
        made = data.make_dataset()
        random.setstate(states[0])
        numpy.random.set_state(states[1])
        return {k: torch.from_numpy(made[k]) for k in ("x", "y", "x_test", "y_test")}

    def config(self, **model: Any) -> ACTConfig:
        return ACTConfig(input_size=1, output_size=10, **model)

    def batch(self, size: int, generator: torch.Generator) -> Batch:
        rows = torch.randint(len(self._data["x"]), (size,), generator=generator)
        return _sequences(self._data["x"][rows], self._data["y"][rows])

    @cached_property
    def evaluation(self) -> Batch:
        return _sequences(self._data["x_test"], self._data["y_test"])

    def difficulty(self, batch: Batch) -> Tensor:
        return batch.targets[:, -1]


def _sequences(x: Tensor, y: Tensor) -> Batch:
    """(B, T), (B,) -> the batch that asks for y at the last time step."""
    mask = torch.zeros(x.shape, dtype=torch.bool)
    mask[:, -1] = True
    return Batch(x.float().unsqueeze(-1), mask * y[:, None], None, mask)


TASK = MNIST1D

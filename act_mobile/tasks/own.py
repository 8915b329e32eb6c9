"""Own: learn from arrays of one's own, in the form of ``eval.npz``."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from act_artefact.errors import UserError
from act_mobile.iterated import IteratedConfig
from act_mobile.model import ACTConfig
from act_mobile.models import Config
from act_mobile.tasks.batch import Batch
from act_mobile.tasks.own_rows import Rows, read_rows
from act_mobile.tasks.recipe import Recipe
from act_mobile.tasks.task import Metric, Task, own_file

EMBEDDING = 64
"""Features of a token."""


@dataclass(frozen=True)
class Own(Task):
    """Sequences, vectors or images of your own, with classes or numbers to predict.

    Both files are ``.npz``, see :func:`act_mobile.tasks.own_rows.read_rows`. The difficulty of a
    row is what the file says; else its class where it has one answer, a class; else its time steps
    or places.
    """

    name: ClassVar[str] = "own"
    recipe: ClassVar[Recipe] = Recipe(
        None, 64, 32, 10, 1e-3, 2e-3, 10_000, 0.3,
        note="The cell is gru, or for images conv_gru.",
    )  # fmt: skip

    train: str | None = own_file("arrays to train on, a .npz")
    eval: str | None = own_file("arrays to judge by, a .npz")

    @classmethod
    def cells(cls) -> Collection[str]:
        return [*ACTConfig.cells, *IteratedConfig.cells]

    @cached_property
    def _rows(self) -> tuple[Rows, Rows]:
        """The rows for training and for evaluation.

        Raises:
            UserError: a file is missing, not as it should be, or not like the other.
        """
        if self.train is None or self.eval is None:
            raise UserError("own: give --train and --eval, arrays to train on and to judge by")
        train, judged = read_rows(Path(self.train)), read_rows(Path(self.eval))
        if train.kind != judged.kind:
            raise UserError(f"{self.eval}: has {judged.kind}; {self.train} has {train.kind}")
        if train.labels and judged.labels and train.labels != judged.labels:
            raise UserError(f"{self.eval}: 'labels' are not those of {self.train}")
        if train.every != judged.every:
            raise UserError(f"{self.eval}: 'every' is {judged.every}; {self.train}: {train.every}")
        return train, judged

    @property
    def every(self) -> int:  # type: ignore[override]
        return self._rows[0].every

    @property
    def labels(self) -> tuple[str, ...] | None:  # type: ignore[override]
        """Those of either file."""
        train, judged = self._rows
        return train.labels or judged.labels

    @property
    def metric(self) -> Metric:  # type: ignore[override]
        """That of the file for evaluation; else mse for numbers, accuracy for one class to a row,
        or sequence_error."""
        judged = self._rows[1]
        usual: Metric = "accuracy" if judged.one_answer else "sequence_error"
        found: Any = judged.metric or ("mse" if judged.values else usual)
        if (found == "mse") != judged.values:
            kind = "numbers" if judged.values else "classes"
            raise UserError(f"{self.eval}: metric {found} is not for targets that are {kind}")
        return found  # type: ignore[no-any-return]

    @property
    def difficulty_name(self) -> str:  # type: ignore[override]
        judged = self._rows[1]
        if judged.batch.difficulty is not None:
            return judged.difficulty_name
        return "class" if self._by_class else "time steps or places"

    @property
    def title(self) -> str:
        """That of either file, if one has it."""
        train, judged = self._rows
        return judged.title or train.title or self.name

    @property
    def _by_class(self) -> bool:
        judged = self._rows[1]
        return judged.one_answer and not judged.values

    def config(self, **model: Any) -> Config:
        cell, layers = model.pop("cell", None), model.pop("num_layers", 1)
        train, judged = self._rows
        features, outputs = train.batch.inputs.shape[1:], max(train.outputs, judged.outputs)
        if train.batch.timed:
            tokens = max(train.vocabulary, judged.vocabulary)
            return ACTConfig(
                input_size=EMBEDDING if tokens else features[1],
                output_size=outputs,
                cell=cell or "gru",
                num_layers=layers,
                vocab_size=tokens or None,
                **model,
            )
        if layers != 1:
            raise UserError(f"--layers {layers}: a model of images has one step: leave it out")
        channels, height, width = features
        return IteratedConfig(
            channels=channels,
            output_size=outputs,
            height=height,
            width=width,
            step=cell or "conv_gru",
            pooled=train.pooled,
            filled=train.filled and judged.filled,
            **model,
        )

    def batch(self, size: int, generator: torch.Generator) -> Batch:
        train = self._rows[0].batch
        return _taken(train, torch.randint(len(train.targets), (size,), generator=generator))

    @cached_property
    def evaluation(self) -> Batch:
        return self._rows[1].batch

    def difficulty(self, batch: Batch) -> Tensor:
        if batch.difficulty is not None:
            return batch.difficulty
        if self._by_class:
            return batch.targets.flatten(1).amax(1)
        return batch.running.sum(1) if batch.timed else batch.asked.flatten(1).sum(1)


def _taken(batch: Batch, rows: Tensor) -> Batch:
    """Take some rows, to the end of the longest of them."""
    inputs, targets, lengths, mask, timed, _ = batch
    taken = inputs[rows], targets[rows], None if mask is None else mask[rows]
    if lengths is None:
        return Batch(taken[0], taken[1], None, taken[2], timed)
    time = int(lengths[rows].max())
    cut = [None if each is None else each[:, :time] for each in taken]
    assert cut[0] is not None
    assert cut[1] is not None
    return Batch(cut[0], cut[1], lengths[rows], cut[2], timed)


TASK = Own

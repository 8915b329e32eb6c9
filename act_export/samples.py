"""Inputs to check an artefact on: from eval.npz, the model's task, or, with neither, noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from act_artefact.data import EvalFile
from act_artefact.errors import UserError
from act_artefact.feeds import Samples, cut
from act_artefact.interface import DataInput
from act_export.subject import Subject
from act_mobile.tasks import task_from_dict
from act_mobile.tasks.task import Task

SEED = 20160329
"""The day ACT was published. Inputs that are drawn must be the same at every export."""


OTHER_TIME_STEPS = 5
"""Time steps, or items, of each other size that an artefact is checked on."""


def samples_for(subject: Subject, file: EvalFile | None, time_steps: int) -> Samples:
    """Inputs to check a subject on: of its file, of its task, or, with neither, noise.

    Raises:
        UserError: the file or the task is for another kind of model.
    """
    if file is not None:
        return file.samples(subject.inputs)
    if subject.task:
        return _from_task(subject, task_from_dict(subject.task))
    return _noise(subject, time_steps)


def _from_task(subject: Subject, task: Task) -> Samples:
    batch = task.evaluation
    arrays = [each.numpy() for each in (batch.inputs, batch.targets, batch.asked)]
    if batch.timed:
        lengths = batch.running.sum(1).numpy()
    else:  # an item is a sequence of one time step
        arrays = [each[:, None] for each in arrays]
        lengths = np.ones(len(batch.inputs), int)
    inputs, targets, asked = arrays
    if inputs.shape[2:] != subject.features or (inputs.dtype.kind == "i") != subject.tokens:
        raise UserError(
            f"the model's task {task.name!r} has inputs {inputs.shape[2:]}, the model reads "
            f"{subject.features}: give --data"
        )
    return Samples(
        cut(inputs.astype(np.int32 if subject.tokens else np.float32), lengths),
        f"the {task.name} task's evaluation set",
        task.metric,
        cut(targets, lengths),
        cut(asked, lengths),
    )


def of_other_sizes(subject: Subject, axes: tuple[str, ...]) -> list[Samples]:
    """Noise with these axes of other sizes than the model's own, smaller ones and a larger one."""
    changes: list[Callable[[int], int]] = [
        lambda size: 1,
        lambda size: size // 2 + 1,
        lambda size: size + 3,
    ]
    return [
        _noise(subject.sized({name: change(subject.axes[name]) for name in axes}), OTHER_TIME_STEPS)
        for change in changes
    ] + [_noise(subject.sized({name: subject.axes[name] + 1}), OTHER_TIME_STEPS) for name in axes]


def _noise(subject: Subject, time_steps: int) -> Samples:
    """Standard normal features, tokens drawn evenly: sequences of 20 time steps, or items."""
    draw = np.random.default_rng(SEED)
    time = 20 if subject.timed else 1
    lead = (-(-time_steps // time), time)

    def drawn(given: DataInput) -> list[npt.NDArray[Any]]:
        if given.features:
            return list(draw.standard_normal((*lead, *given.features)).astype(np.float32))
        return list(draw.integers(0, given.vocab_size or 1, lead).astype(np.int32))

    source = "tokens drawn evenly" if subject.tokens else "standard normal inputs"
    first, *others = subject.inputs
    return Samples(
        drawn(first),
        f"{source} (the model has no task and no --data)",
        others={given.name: drawn(given) for given in others},
    )

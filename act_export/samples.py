"""Inputs to check an artefact on: from eval.npz, the model's task, or, with neither, noise."""

from __future__ import annotations

import numpy as np

from act_artefact.data import EvalFile
from act_artefact.errors import UserError
from act_artefact.feeds import Samples, cut
from act_export.subject import Subject
from act_mobile.tasks import task_from_dict
from act_mobile.tasks.task import Task

SEED = 20160329
"""The day ACT was published. Inputs that are drawn must be the same at every export."""


def samples_for(subject: Subject, file: EvalFile | None, time_steps: int) -> Samples:
    """Inputs to check a subject on: of its file, of its task, or, with neither, noise.

    Raises:
        UserError: the file or the task is for another kind of model.
    """
    if file is not None:
        return file.samples(subject.features, subject.vocab_size)
    if subject.task:
        return _from_task(subject, task_from_dict(subject.task))
    return _noise(subject, time_steps)


def _from_task(subject: Subject, task: Task) -> Samples:
    batch = task.evaluation
    inputs = batch.inputs.numpy()
    if inputs.shape[2:] != subject.features or (inputs.dtype.kind == "i") != subject.tokens:
        raise UserError(
            f"the model's task {task.name!r} has inputs {inputs.shape[2:]}, the model reads "
            f"{subject.features}: give --data"
        )
    lengths = batch.running.sum(1).numpy()
    return Samples(
        cut(inputs.astype(np.int32 if subject.tokens else np.float32), lengths),
        f"the {task.name} task's evaluation set",
        task.metric,
        cut(batch.targets.numpy(), lengths),
        cut(batch.asked.numpy(), lengths),
    )


def _noise(subject: Subject, time_steps: int) -> Samples:
    """Standard normal features, or tokens drawn evenly: sequences of 20 time steps."""
    draw = np.random.default_rng(SEED)
    count = -(-time_steps // 20)
    if subject.tokens:
        inputs = draw.integers(0, subject.vocab_size or 1, (count, 20)).astype(np.int32)
        source = "tokens drawn evenly (the model has no task and no --data)"
    else:
        inputs = draw.standard_normal((count, 20, *subject.features)).astype(np.float32)
        source = "standard normal inputs (the model has no task and no --data)"
    return Samples(list(inputs), source)

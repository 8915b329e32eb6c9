"""The training loss: the task's errors as the halting policy weighs them, and the policy's cost."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from act_mobile.act import ACTOutput
from act_mobile.halting.policy import Halting
from act_mobile.iterated import IteratedOutput
from act_mobile.ponder_model import PonderModel
from act_mobile.tasks.batch import Batch
from act_mobile.tasks.task import Task


class Loss(NamedTuple):
    """Both parts of the loss, ``errors + tau cost``."""

    errors: Tensor
    """Mean over the time steps that are asked: ()."""
    cost: Tensor
    """Summed over layers, mean over all time steps: (). For ``act`` rho = N + R (eq. 15)."""


def answers(model: PonderModel, batch: Batch) -> ACTOutput | IteratedOutput:
    """Run a model over a batch."""
    if not batch.timed:
        return model(batch.inputs)
    return model(batch.inputs, lengths=batch.lengths)


def training_loss(
    task: Task, policy: Halting, out: ACTOutput | IteratedOutput, batch: Batch
) -> Loss:
    """Compute the loss of a batch from the model's results in training.

    Args:
        policy: of all layers.
    """
    steps, remainder, trails = out.ponder
    weighed = policy.errors(out.output, trails[-1], lambda output: task.errors(output, batch))
    layers = zip(steps.unbind(-1), remainder.unbind(-1), trails, strict=True)
    first, *more = (policy.cost(*layer) for layer in layers)
    cost = sum(more, first)
    count = cost.numel() if batch.lengths is None else batch.lengths.sum()
    return Loss(task.mean(weighed, batch), cost.sum() / count)

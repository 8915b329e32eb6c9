"""Metrics of how well outputs answer a task, in numpy: for models and artefacts alike.

Every task is classification: a time step has K questions of C classes each, and the O = K C outputs
are their scores in that order; C = 1 is a yes-or-no question whose score is the logit of yes. The
one exception is ``mse``, where the outputs are to be the targets themselves.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from act_artefact.errors import UserError

Array = npt.NDArray[Any]

METRICS = ("sequence_error", "accuracy", "bits_per_char", "mse")
HIGHER_IS_BETTER = ("accuracy",)


def measure(metric: str, outputs: list[Array], targets: list[Array], asked: list[Array]) -> float:
    """A metric over whole sequences: sequence_error is the part of them with any mistake.

    Args:
        outputs: of each sequence, (T, O); where a time step has places of its own, (T, ..., O).
        targets: (T,) or (T, K) of classes, or (T, ...); for mse (T, O).
        asked: (T,) or (T, ...), the time steps, or their places, whose output counts.

    Raises:
        UserError: targets are not of this metric and these outputs, or nothing is asked.
    """
    scores = []
    for output, target, where in zip(outputs, targets, asked, strict=True):
        if output.size % where.size:
            raise UserError(f"'targets' has {where.size} places, an output {output.size} numbers")
        if where.any():
            places = output.reshape(where.size, -1)[where.ravel()]
            _check(metric, places, target[where])
            scores.append(_score(metric, places, target[where]))
    if not scores:
        raise UserError("'mask' is false in all sequences that are judged: take more of them")
    if metric == "sequence_error":
        return float(np.mean([score.max() for score in scores]))
    return float(np.concatenate(scores).mean())


def loss_of(metric: str, before: float, after: float) -> float:
    """By how much a metric got worse; negative if it got better."""
    return before - after if metric in HIGHER_IS_BETTER else after - before


def _score(metric: str, output: Array, target: Array) -> Array:
    """The metric of each time step by itself: (T,)."""
    if metric == "mse":
        return np.square(output - target.reshape(output.shape)).mean(-1)
    questions = 1 if target.ndim == 1 else target.shape[1]
    target = target.reshape(-1, questions)
    if output.shape[-1] == questions:  # one class: the logit of yes
        if metric == "bits_per_char":
            signed = np.where(target > 0, output, -output).astype(np.float64)
            return (np.logaddexp(0, -signed) / np.log(2)).sum(-1)
        right = ((output > 0) == (target > 0)).all(-1)
    else:
        scores = output.reshape(len(output), questions, -1).astype(np.float64)
        if metric == "bits_per_char":
            top = scores.max(-1, keepdims=True)
            logs = scores - top - np.log(np.exp(scores - top).sum(-1, keepdims=True))
            return (-np.take_along_axis(logs, target[..., None], -1)[..., 0] / np.log(2)).sum(-1)
        right = (scores.argmax(-1) == target).all(-1)
    return (right if metric == "accuracy" else ~right).astype(np.float64)


def _check(metric: str, output: Array, target: Array) -> None:
    """Refuse targets that these outputs cannot answer."""
    size, outputs = target[0].size, output.shape[-1]
    if metric == "mse":
        if size != outputs or target.dtype.kind not in "biuf":
            raise UserError(f"'targets' has {size} values a time step, the model {outputs} outputs")
        return
    if target.dtype.kind not in "biu":
        raise UserError(f"'targets' has type {target.dtype}, {metric} needs whole numbers")
    if target.ndim > 2 or outputs % size:
        raise UserError(f"'targets' asks {size} questions a time step of {outputs} outputs")
    classes = max(2, outputs // size)
    if not 0 <= target.min() <= target.max() < classes:
        raise UserError(
            f"'targets' has classes from {target.min()} to {target.max()}, the model knows 0 to "
            f"{classes - 1}"
        )

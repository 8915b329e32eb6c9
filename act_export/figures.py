"""The metric and N over whole sequences, each run on the states that the runner itself reaches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from act_artefact.errors import UserError
from act_artefact.feeds import Samples
from act_artefact.form import Form
from act_artefact.interface import Interface
from act_artefact.metrics import measure
from act_export.reference import Caller, stepped

METRIC_TIME_STEPS = 4000
"""Time steps, at most, over which the metric is taken."""

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class PonderSteps:
    """N of one layer over time steps."""

    mean: float
    min: int
    max: int


@dataclass(frozen=True)
class Figures:
    """The results of a model or an artefact on some sequences."""

    sequences: int
    time_steps: int
    ponder_steps: list[PonderSteps]
    """By layer."""
    metric: float | None
    """None if it was not measured."""
    not_measured: str = ""
    """Why not, where the sequences have targets."""


def figures(
    interface: Interface, form: Form, samples: Samples, call: Caller, time_steps: int
) -> Figures:
    """Take the figures of the first whole sequences.

    Args:
        samples: with a metric and targets, or the metric is left out.
        call: the model's or the artefact's.
        time_steps: of all sequences together, at most; but one sequence at least is run.

    Raises:
        UserError: the targets cannot be judged; see :func:`act_artefact.metrics.measure`.
    """
    whole = np.cumsum([len(s) for s in samples.sequences]) <= time_steps
    count = max(int(whole.sum()), 1)
    few = samples.first(count)
    answers: list[list[Array]] = [[] for _ in few.sequences]
    taken: list[Array] = []
    for step in stepped(interface, form, few, call):
        y, n = (_with_time(step.outputs[name], form) for name in ("y", "ponder_steps"))
        for row, place in enumerate(step.feed.places):
            if place.length:
                answers[place.sequence].append(y[row, : place.length])
                taken.append(n[row, : place.length])
    metric = None
    if samples.judged:
        assert samples.metric is not None
        assert few.targets is not None
        assert few.asked is not None
        outputs = [np.concatenate(parts) for parts in answers]
        metric = measure(samples.metric, outputs, few.targets, few.asked)
    return Figures(count, few.time_steps, _by_layer(np.concatenate(taken)), metric)


def figures_if_any(
    interface: Interface, form: Form, samples: Samples, call: Caller, time_steps: int
) -> Figures:
    """Take the figures where nothing hangs on the metric: what prevents it is said, not raised.

    A first sequence that is longer than ``time_steps`` is cut, and its metric left out.
    """
    unjudged = replace(samples, targets=None, asked=None)
    if len(samples.sequences[0]) > time_steps:
        cut = replace(
            unjudged,
            sequences=[samples.sequences[0][:time_steps]],
            others={name: [each[0][:time_steps]] for name, each in samples.others.items()},
        )
        reason = f"a sequence is longer than {time_steps} time steps" if samples.judged else ""
        return replace(figures(interface, form, cut, call, time_steps), not_measured=reason)
    try:
        return figures(interface, form, samples, call, time_steps)
    except UserError as error:
        found = figures(interface, form, unjudged, call, time_steps)
        return replace(found, not_measured=str(error))


def _with_time(output: Array, form: Form) -> Array:
    return output if form.time else output[:, None]


def _by_layer(n: Array) -> list[PonderSteps]:
    """Summarise N: (T, L)."""
    return [PonderSteps(float(k.mean()), int(k.min()), int(k.max())) for k in n.T]

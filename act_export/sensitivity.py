"""The model's exact answers, and how sensitive each is to rounding; see act_artefact.equality.

Rounding is sampled: the model is evaluated several times with every result of an operation moved by
up to a unit in the last place, at random (Monte Carlo arithmetic, Parker 1997). That is a sounder
measure than inputs moved by a unit: a token or a zero state cannot be moved, and an artefact rounds
at every operation, not at its inputs. An artefact rounds elsewhere than torch does, but not by
more; so where all evaluations stay close to the exact answer, it must too, and where they scatter,
nobody can say which of them is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from act_artefact.equality import FACTOR, FLOOR, Answer, Arrays
from act_artefact.feeds import Samples
from act_artefact.form import Form
from act_artefact.interface import Interface
from act_export.arithmetic import Rounding, float64, moved, one_thread
from act_export.evaluation import Evaluation, evaluate
from act_export.reference import Step, stepped
from act_export.subject import Subject

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Arithmetic:
    """The rounding of an artefact's numbers."""

    unit: float
    """The largest relative error of an operation's result."""
    weight_unit: float = 0.0
    """The largest relative error of a stored weight."""
    draws: int = 1
    """Models with other weights among the evaluations."""


ARITHMETIC = {
    "fp32": Arithmetic(2.0**-23),
    # Weights are stored in half precision, and computed with in float32.
    "fp16": Arithmetic(2.0**-23, 2.0**-11, 4),
}
"""By precision; others are judged by the metric."""

EVALUATIONS = 16
"""Evaluations of a call, side by side in batches. Errors in chaotic dynamics lie along one
direction, so a tensor's deviation is one number for each evaluation; that all of 16 are small is no
luck."""

GROUP = 16
"""Calls whose evaluations are computed together: small nets spend their time between operations."""

ROWS_AND_TIME = 1 << 14
"""Rows times time steps that are computed at once, at most: more would take memory, not time."""

SEED = 19970315
"""Rounding must fall the same at every export."""


class Reference:
    """A model in float64, and evaluations of it in an artefact's precision.

    Where the metric decides about the precision, every finite answer is within tolerance.
    """

    def __init__(self, subject: Subject, precision: str) -> None:
        self._subject, self._exact = subject, subject.copy()
        self._exact.module.double()
        self._floor, self._arithmetic = FLOOR[precision], ARITHMETIC.get(precision)
        self._generator = torch.Generator().manual_seed(SEED)
        self._models = [] if self._arithmetic is None else self._drawn(self._arithmetic)

    def _drawn(self, arithmetic: Arithmetic) -> list[Subject]:
        """The model with its weights rounded at random, each time anew."""
        if not arithmetic.weight_unit:
            return [self._subject]
        models = [self._subject.copy() for _ in range(arithmetic.draws)]
        for model in models:
            for value in model.module.state_dict().values():
                if value.is_floating_point():
                    value.copy_(moved(value, arithmetic.weight_unit, self._generator))
        return models

    def steps(
        self, interface: Interface, form: Form, samples: Samples, time_steps: int | None = None
    ) -> Iterator[tuple[Step, Answer]]:
        """The model's calls over the samples, in order, each with its answer.

        Args:
            time_steps: the calls end with the one that reaches so many.

        Raises:
            UserError: the module cannot be evaluated in float64.
        """
        exact: list[Evaluation] = []

        def call(inputs: Arrays) -> Arrays:
            wide = {
                n: v.astype(np.float64) if v.dtype.kind == "f" else v for n, v in inputs.items()
            }
            with one_thread(), float64(self._subject.name):
                exact.append(evaluate(self._exact, interface, form, wide))
            return {t.name: exact[-1].outputs[t.name].astype(t.dtype) for t in interface.outputs}

        steps = _up_to(time_steps, stepped(interface, form, samples, call))
        while group := list(islice(steps, GROUP)):
            yield from zip(group, self._answers(interface, form, group, exact), strict=True)
            exact.clear()

    def _answers(
        self, interface: Interface, form: Form, steps: list[Step], exact: list[Evaluation]
    ) -> Iterator[Answer]:
        if self._floor is None or self._arithmetic is None:
            for step in steps:
                yield _finite(interface, step.outputs)
            return
        states = {pair.output for pair in interface.states}
        names = [t.name for t in interface.outputs if t.dtype == "float32"]
        rounded = self._rounded(interface, form, steps, self._arithmetic)
        for step, right, others in zip(steps, exact, rounded, strict=True):
            differs = _from_then_on(_by_evaluation(others.steps) != right.steps)
            by_time = differs[..., -1]
            tolerance = {
                name: _tolerance(
                    right.outputs[name],
                    _by_evaluation(others.outputs[name]),
                    by_time if form.time and name not in states else by_time[..., -1],
                    self._floor,
                )
                for name in names
            }
            near = self._on_threshold(right, others, differs, step.inputs, self._floor)
            yield Answer(step.outputs, tolerance, near)

    def _rounded(
        self, interface: Interface, form: Form, steps: list[Step], arithmetic: Arithmetic
    ) -> list[Evaluation]:
        """The evaluations of each call, in its rows; calls of one length are computed together."""
        budget = {t.name for t in interface.budget}
        shapes = [step.inputs[interface.data.name].shape for step in steps]
        repeats = EVALUATIONS // len(self._models)
        found: dict[int, Evaluation] = {}
        for shape in dict.fromkeys(shapes):
            places = [place for place, each in enumerate(shapes) if each == shape]
            rows = {
                name: value
                if name in budget
                else np.concatenate([steps[p].inputs[name] for p in places for _ in range(repeats)])
                for name, value in steps[places[0]].inputs.items()
            }
            at_once = max(ROWS_AND_TIME // (shape[1] if form.time else 1), 1)
            with one_thread(), Rounding(arithmetic.unit, self._generator):
                parts = [
                    evaluate(model, interface, form, rows, at_once).split(len(places))
                    for model in self._models
                ]
            for place, calls in zip(places, zip(*parts, strict=True), strict=True):
                found[place] = Evaluation.joined(list(calls))
        return [found[place] for place in range(len(steps))]

    def _on_threshold(
        self,
        exact: Evaluation,
        rounded: Evaluation,
        differs: Array,
        inputs: Arrays,
        floor: float,
    ) -> npt.NDArray[np.bool_]:
        """By the definition, from the first such place on in later time steps and layers too."""
        differed = np.zeros_like(differs)  # in an earlier time step or layer
        differed[:, :, 1:] |= differs[:, :, :-1]
        differed[:, :, :, 1:] |= differs[:, :, :, :-1]
        near = np.zeros(exact.steps.shape, bool)
        given = inputs.get("halt_threshold")
        for layer, policy in enumerate(self._subject.policies):
            progress, others = exact.progress[layer], rounded.progress[layer]
            if progress is None or others is None:
                continue
            threshold = policy.budget.threshold if given is None else float(given[0])
            count = min(progress.shape[-1], others.shape[-1])
            deviation = np.abs(_by_evaluation(others)[..., :count] - progress[..., :count])
            deviation[differed[..., layer]] = np.nan
            margin = np.full(progress.shape, floor)
            margin[..., :count] = np.fmax(FACTOR * np.fmax.reduce(deviation), floor)
            # The progress at the limit decides nothing.
            decides = np.arange(progress.shape[-1]) + (not policy.skips) < policy.max_ponder
            near[..., layer] = ((np.abs(progress - threshold) <= margin) & decides).any(-1)
        return _from_then_on(near).reshape(exact.outputs["ponder_steps"].shape)


def _up_to(time_steps: int | None, steps: Iterator[Step]) -> Iterator[Step]:
    seen = 0
    for step in steps:
        yield step
        seen += step.feed.time_steps
        if time_steps is not None and seen >= time_steps:
            return


def _finite(interface: Interface, outputs: Arrays) -> Answer:
    """An answer within whose tolerance is all that is finite, with any N."""
    tolerance = {
        t.name: np.full_like(outputs[t.name], np.inf)
        for t in interface.outputs
        if t.dtype == "float32"
    }
    return Answer(outputs, tolerance, np.ones(outputs["ponder_steps"].shape, bool))


def _tolerance(value: Array, evaluated: Array, differs: Array, floor: float) -> Array:
    """The tolerance of a tensor, by the definition.

    Args:
        value: exact, (B, ...) or (B, T, ...).
        evaluated: (evaluations, *value.shape).
        differs: where an evaluation had another N by then, (evaluations, B) or (..., B, T).
    """
    size = 1 + np.abs(value)
    with np.errstate(invalid="ignore"):
        error = np.abs(evaluated - value) / size
    error = error.reshape(*differs.shape, -1).max(-1)
    # What overflows in this precision says nothing of what rounding does. Where most evaluations
    # took another N, those that did not are too few to tell, and N is a matter of rounding.
    few = (~differs).sum(0) < EVALUATIONS // 2
    counts = np.isfinite(error) & (~differs | few)
    largest = FACTOR * np.where(counts, error, 0).max(0)
    relative = np.maximum(largest, floor).reshape(
        *largest.shape, *[1] * (value.ndim - largest.ndim)
    )
    return (relative * size).astype(np.float32)


def _by_evaluation(rows: Array) -> Array:
    """(evaluations x B, ...) -> (evaluations, B, ...)."""
    return rows.reshape(EVALUATIONS, -1, *rows.shape[1:])


def _from_then_on(where: Array) -> Array:
    """Spread to later time steps and layers: (..., T, L)."""
    return np.logical_or.accumulate(np.logical_or.accumulate(where, axis=-2), axis=-1)

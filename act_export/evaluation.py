"""One evaluation of a model's calls, with the progress that decides N."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from act_artefact.equality import Arrays
from act_artefact.form import Form
from act_artefact.interface import Interface
from act_export.reference import call_model
from act_export.subject import Subject

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Evaluation:
    """Rows of calls, evaluated."""

    outputs: Arrays
    steps: Array
    """N: (B, T, L)."""
    progress: list[Array | None]
    """Each layer's progress where its policy decided about another ponder step, after n steps: (B,
    T, n), NaN past N; from n = 0 where a policy skips, else from 1. None where N is fixed."""

    def split(self, parts: int) -> list[Evaluation]:
        """Split the rows into equal parts."""
        split = partial(np.split, indices_or_sections=parts)
        outputs = {name: split(value) for name, value in self.outputs.items()}
        progress = [[None] * parts if each is None else split(each) for each in self.progress]
        return [
            Evaluation({name: v[k] for name, v in outputs.items()}, steps, [p[k] for p in progress])
            for k, steps in enumerate(split(self.steps))
        ]

    @classmethod
    def joined(cls, parts: list[Evaluation]) -> Evaluation:
        """Join the rows of all parts, in order."""
        return cls(
            {n: np.concatenate([part.outputs[n] for part in parts]) for n in parts[0].outputs},
            np.concatenate([part.steps for part in parts]),
            [_joined(list(each)) for each in zip(*(p.progress for p in parts), strict=True)],
        )


def _joined(parts: list[Array | None]) -> Array | None:
    known = [part for part in parts if part is not None]
    if not known:
        return None
    longest = max(part.shape[-1] for part in known)
    fill = [((0, 0), (0, 0), (0, longest - part.shape[-1])) for part in known]
    return np.concatenate(
        [np.pad(p, f, constant_values=np.nan) for p, f in zip(known, fill, strict=True)]
    )


def evaluate(
    subject: Subject,
    interface: Interface,
    form: Form,
    inputs: Arrays,
    rows_at_once: int | None = None,
) -> Evaluation:
    """Evaluate one call, of as many rows as its inputs have.

    Args:
        rows_at_once: the most that are computed together, which bounds the memory.
    """
    budget = {t.name for t in interface.budget}
    count = len(inputs[interface.data.name])
    rows = rows_at_once or count
    return Evaluation.joined(
        [
            _evaluate(
                subject,
                interface,
                form,
                {n: v if n in budget else v[start : start + rows] for n, v in inputs.items()},
            )
            for start in range(0, count, rows)
        ]
    )


def _evaluate(subject: Subject, interface: Interface, form: Form, inputs: Arrays) -> Evaluation:
    policies = subject.policies
    with _observed(subject) as observed:
        outputs = call_model(subject, interface, form, inputs)
    steps = outputs["ponder_steps"]
    steps = steps.reshape(len(steps), -1, steps.shape[-1])
    progress = [
        _by_step(seen, steps[..., layer], policy.skips) if policy.adaptive else None
        for layer, (policy, seen) in enumerate(zip(policies, observed, strict=True))
    ]
    return Evaluation(outputs, steps, progress)


def _by_step(observed: list[Tensor], steps: Array, skips: bool) -> Array:
    """Sort the progress of the rows that ran by row, time step and number of the decision."""
    decisions = steps + skips
    rest = iter(observed)
    values = np.full((*steps.shape, decisions.max()), np.nan)
    for t in range(steps.shape[1]):
        for n in range(decisions[:, t].max()):
            values[decisions[:, t] > n, t, n] = next(rest).numpy()
    return values


@contextmanager
def _observed(subject: Subject) -> Iterator[list[list[Tensor]]]:
    """In the block collect the progress of each pondering layer, in the order of its decisions."""
    observed: list[list[Tensor]] = []
    for part in subject.pondering:
        own: list[list[Tensor]] = [[] for _ in range(part.num_layers)]
        observed += own
        part.observe = lambda layer, progress, own=own: own[layer].append(progress.flatten())
    try:
        yield observed
    finally:
        for part in subject.pondering:
            part.observe = None

"""One evaluation of a model's calls, with the halting sums that decide N."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

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
    sums: list[Array | None]
    """h_1 + ... + h_n of each layer, (B, T, n), NaN past N; None where N is fixed."""

    def split(self, parts: int) -> list[Evaluation]:
        """Split the rows into equal parts."""
        split = partial(np.split, indices_or_sections=parts)
        outputs = {name: split(value) for name, value in self.outputs.items()}
        sums = [[None] * parts if each is None else split(each) for each in self.sums]
        return [
            Evaluation({name: v[k] for name, v in outputs.items()}, steps, [s[k] for s in sums])
            for k, steps in enumerate(split(self.steps))
        ]

    @classmethod
    def joined(cls, parts: list[Evaluation]) -> Evaluation:
        """Join the rows of all parts, in order."""
        return cls(
            {n: np.concatenate([part.outputs[n] for part in parts]) for n in parts[0].outputs},
            np.concatenate([part.steps for part in parts]),
            [_joined_sums(list(each)) for each in zip(*(p.sums for p in parts), strict=True)],
        )


def _joined_sums(parts: list[Array | None]) -> Array | None:
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
    units = [
        unit
        for act in subject.acts
        for unit in (act.halting if act.policy.adaptive else [None] * act.num_layers)
    ]
    with _recorded_logits(units) as recorded:
        outputs = call_model(subject, interface, form, inputs)
    steps = outputs["ponder_steps"]
    steps = steps.reshape(len(steps), -1, steps.shape[-1])
    sums = [
        None if unit is None else _halting_sums(logits, steps[..., layer])
        for layer, (unit, logits) in enumerate(zip(units, recorded, strict=True))
    ]
    return Evaluation(outputs, steps, sums)


def _halting_sums(logits: list[Tensor], steps: Array) -> Array:
    """Running sums of halting units, from logits of the rows still running at each ponder step."""
    rest = iter(logits)
    values = np.full((*steps.shape, steps.max()), np.nan)
    for t in range(steps.shape[1]):
        for n in range(steps[:, t].max()):
            values[steps[:, t] > n, t, n] = torch.sigmoid(next(rest)).numpy()
    return values.cumsum(-1)


@contextmanager
def _recorded_logits(units: list[nn.Module | None]) -> Iterator[list[list[Tensor]]]:
    """In the block collect what each halting unit returns, in the order of the ponder steps."""
    recorded: list[list[Tensor]] = [[] for _ in units]

    def recorder(layer: int) -> Callable[[nn.Module, Any, Tensor], None]:
        return lambda _, __, logits: recorded[layer].append(logits.flatten())

    hooks = [unit.register_forward_hook(recorder(i)) for i, unit in enumerate(units) if unit]
    try:
        yield recorded
    finally:
        for hook in hooks:
            hook.remove()

"""What the model itself answers, call by call: what artefacts are compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from act_export.feeds import Feed, Samples, feeds
from act_export.form import Form
from act_export.interface import Interface
from act_export.program import Call, describe
from act_export.subject import Subject

Arrays = dict[str, npt.NDArray[Any]]

Caller = Callable[[Arrays], Arrays]
"""One call of a model or an artefact: inputs by name to outputs by name."""


@dataclass(frozen=True)
class Step:
    """One call: what goes in and what comes out, by tensor name."""

    feed: Feed
    inputs: Arrays
    outputs: Arrays


def stepped(interface: Interface, form: Form, samples: Samples, call: Caller) -> Iterator[Step]:
    """Run over the samples, call by call, each from the state that the one before returned."""
    states = {pair.input for pair in interface.states}
    state = {t.name: np.zeros(t.at(0), t.dtype) for t in interface.inputs if t.name in states}
    budget = {t.name: np.full(t.at(0), t.default, t.dtype) for t in interface.budget}
    initial = {pair.input: pair.initial for pair in interface.states}
    for feed in feeds(samples, form):
        for name, value in state.items():
            value[feed.fresh] = initial[name]
        inputs = {
            interface.data.name: feed.inputs,
            **{name: value.copy() for name, value in state.items()},
            **budget,
        }
        outputs = call(inputs)
        yield Step(feed, inputs, outputs)
        state = {pair.input: outputs[pair.output].copy() for pair in interface.states}


def reference_steps(
    subject: Subject, interface: Interface, form: Form, samples: Samples
) -> Iterator[Step]:
    """What the model itself answers, eagerly."""
    return stepped(interface, form, samples, partial(call_model, subject, interface, form))


def call_model(subject: Subject, interface: Interface, form: Form, inputs: Arrays) -> Arrays:
    """The model's own answer to one call."""
    call = Call(subject, interface, form)
    with torch.no_grad():
        outputs = call(**{name: torch.from_numpy(value) for name, value in inputs.items()})
    return {name: value.numpy() for name, value in outputs.items()}


def streams(subject: Subject, samples: Samples) -> bool:
    """Whether a sequence fed step by step is answered as it is whole: only ACT mixes time steps."""
    time = min(len(samples.sequences[0]), 8)
    few = replace(samples, sequences=[samples.sequences[0][:time]])
    pieces, whole = (
        np.concatenate(
            [
                step.outputs["y"].reshape(step.feed.time_steps, -1)
                for step in reference_steps(subject, describe(subject, each), each, few)
            ]
        )
        for each in (Form(), Form(sequence=time))
    )
    return np.allclose(pieces, whole, atol=1e-4, rtol=1e-4, equal_nan=True)


def on_threshold(
    subject: Subject, interface: Interface, form: Form, step: Step, margin: float
) -> npt.NDArray[np.bool_]:
    """Where rounding may change N: where a running halting sum lies so close to the threshold.

    Returns:
        Shaped as ``ponder_steps``; True from such a place on, in later time steps and layers too,
        because a ponder step more or less changes what follows it.
    """
    steps = step.outputs["ponder_steps"]
    near = np.zeros((len(steps), steps[0].size // steps.shape[-1], steps.shape[-1]), bool)
    threshold = step.inputs.get("halt_threshold")
    units = [
        (unit, act.policy.budget.threshold if threshold is None else float(threshold[0]))
        if act.policy.learned
        else (None, 0.0)
        for act in subject.acts
        for unit in (act.halting if act.policy.learned else act.cells)
    ]
    shared = {t.name for t in interface.budget}
    for row in range(len(steps)):
        one = {k: v if k in shared else v[row : row + 1] for k, v in step.inputs.items()}
        with _recorded_logits([unit for unit, _ in units]) as recorded:
            call_model(subject, interface, form, one)
        for layer, ((unit, limit), logits) in enumerate(zip(units, recorded, strict=True)):
            if unit is None:
                continue
            values, start = torch.sigmoid(torch.cat(logits)).numpy(), 0
            for t, n in enumerate(steps[row].reshape(near.shape[1:])[:, layer]):
                sums = np.cumsum(values[start : start + n], dtype=np.float32)
                near[row, t, layer] = np.abs(sums - limit).min() <= margin
                start += n
    after = np.logical_or.accumulate(np.logical_or.accumulate(near, axis=1), axis=2)
    return after.reshape(steps.shape)


@contextmanager
def _recorded_logits(units: list[nn.Module | None]) -> Iterator[list[list[torch.Tensor]]]:
    """What each halting unit returns in the block, in the order of the ponder steps."""
    recorded: list[list[torch.Tensor]] = [[] for _ in units]

    def recorder(layer: int) -> Callable[[nn.Module, Any, torch.Tensor], None]:
        return lambda _, __, logits: recorded[layer].append(logits.flatten())

    hooks = [unit.register_forward_hook(recorder(i)) for i, unit in enumerate(units) if unit]
    try:
        yield recorded
    finally:
        for hook in hooks:
            hook.remove()

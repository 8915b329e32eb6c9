"""The model's own answers, call by call: what artefacts are compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch

from act_artefact.equality import Arrays
from act_artefact.feeds import Feed, Samples, feeds
from act_artefact.form import Form
from act_artefact.interface import Interface
from act_export.program import DeployedModel, describe
from act_export.subject import Subject

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
            **feed.others,
            **{name: value.copy() for name, value in state.items()},
            **budget,
        }
        outputs = call(inputs)
        yield Step(feed, inputs, outputs)
        state = {pair.input: outputs[pair.output].copy() for pair in interface.states}


def reference_steps(
    subject: Subject, interface: Interface, form: Form, samples: Samples
) -> Iterator[Step]:
    """Run the model itself over the samples, eagerly, in float32."""
    return stepped(interface, form, samples, partial(call_model, subject, interface, form))


def call_model(subject: Subject, interface: Interface, form: Form, inputs: Arrays) -> Arrays:
    """The model's own answer to one call, in the precision of its parameters' type."""
    model = DeployedModel(subject, interface, form)
    with torch.no_grad():
        outputs = model(**{name: torch.from_numpy(value) for name, value in inputs.items()})
    return {name: value.numpy() for name, value in outputs.items()}


def streams(subject: Subject, samples: Samples) -> bool:
    """Tell if all that mixes time steps is carried: steps one by one are answered as a whole is."""
    time = min(len(samples.sequences[0]), 8)
    few = replace(
        samples,
        sequences=[samples.sequences[0][:time]],
        others={name: [each[0][:time]] for name, each in samples.others.items()},
    )
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

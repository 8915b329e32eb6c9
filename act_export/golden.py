"""The calls of an artefact's golden bundle, and their answers."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np

from act_artefact.equality import Agreement, Answer
from act_artefact.feeds import Samples
from act_artefact.form import Form
from act_artefact.golden import GoldenCall
from act_artefact.interface import Interface
from act_export.runtimes import Runtime
from act_export.sensitivity import Reference
from act_export.verify import Verification

CALLS = 8
TIME_STEPS = 8
"""The time steps of a call that may have any number."""

ELSEWHERE = 2.0
"""An artefact that its metric, not a tolerance, has judged may differ on other machines, whose
kernels round otherwise, by so many times what it differed from the model."""


def model_calls(
    reference: Reference, interface: Interface, form: Form, samples: Samples
) -> list[GoldenCall]:
    """The first calls over the samples, with the model's answers."""
    if form.sequence == "dynamic":
        form = replace(form, sequence=TIME_STEPS)
    steps = islice(reference.steps(interface, form, samples), CALLS)
    return [GoldenCall(step.inputs, answer) for step, answer in steps]


def own_answers(calls: list[GoldenCall], runtime: Runtime, found: Verification) -> list[GoldenCall]:
    """The same calls with the artefact's own answers: what it computed where it was judged.

    Args:
        found: what the artefact's verification found.
    """
    return [GoldenCall(call.inputs, _own_answer(runtime, call, found)) for call in calls]


def _own_answer(runtime: Runtime, call: GoldenCall, found: Verification) -> Answer:
    answer = runtime.run(call.inputs)
    # Parts of a host form return what only the other parts read, too.
    outputs = {name: answer[name] for name in call.answer.outputs}
    tolerance = {
        name: (max(ELSEWHERE * error, 1e-5) * (1 + np.abs(outputs[name]))).astype(np.float32)
        for name, error in found.max_relative_error.items()
    }
    return Answer(outputs, tolerance, call.answer.on_threshold)


def agreement(runtime: Runtime, calls: list[GoldenCall]) -> Agreement:
    """Run the calls and compare."""
    found = Agreement()
    for call in calls:
        found.add(call.answer, runtime.run(call.inputs))
    return found

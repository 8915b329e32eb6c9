"""The check itself: it must catch what is wrong and excuse only what rounding can do."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from act_artefact.feeds import Samples
from act_artefact.form import Form
from act_export.figures import figures
from act_export.program import describe
from act_export.reference import call_model
from act_export.samples import samples_for
from act_export.sensitivity import Reference
from act_export.subject import Subject, model_subject
from act_export.verify import Verification, metric_change, verify
from act_mobile import ACTModel
from tests.export.conftest import pondering

Arrays = dict[str, npt.NDArray[Any]]


class Impostor:
    """A runtime that computes the model and then changes its answer."""

    def __init__(self, subject: Subject, form: Form, change: Any) -> None:
        self.subject, self.form, self.change = subject, form, change

    def run(self, inputs: Arrays) -> Arrays:
        interface = describe(self.subject, self.form)
        answer = call_model(self.subject, interface, self.form, inputs)
        return {name: value.copy() for name, value in answer.items()} | self.change(answer)


def check(
    change: Any, model: ACTModel | None = None, stream: bool = True, precision: str = "fp32"
) -> Verification:
    subject = model_subject("m", (model or pondering()).eval())
    form = Form(sequence="stream" if stream else 3)
    samples = judged(samples_for(subject, None, 40))
    runtime = Impostor(subject, form, change)
    interface = describe(subject, form)
    steps = Reference(subject, precision).steps(interface, form, samples, 40)
    found = verify(steps, interface, runtime, samples, precision)
    if precision != "fp32":
        found.figures = figures(interface, form, samples, runtime.run, 40)
        found.metric = metric_change(subject, interface, form, samples, found.figures, allowed=0.01)
    return found


def judged(samples: Samples) -> Samples:
    """With targets: class 0 at every time step."""
    targets = [np.zeros(len(s), np.int32) for s in samples.sequences]
    asked = [np.ones(len(s), bool) for s in samples.sequences]
    return replace(samples, metric="bits_per_char", targets=targets, asked=asked)


@pytest.mark.parametrize("stream", [True, False])
def test_the_model_itself_passes(stream: bool) -> None:
    found = check(lambda answer: {}, stream=stream)
    assert found.passed
    assert found.time_steps == 40
    assert found.ponder_steps_equal == (40 if stream else 42)  # the padding is compared too
    assert found.max_abs_error.keys() == {"y", "remainder", "h0_out", "c0_out"}
    assert max(found.max_tolerance_share.values()) < 0.2


@pytest.mark.parametrize("name", ["y", "remainder", "h0_out", "c0_out"])
def test_a_small_error_anywhere_fails(name: str) -> None:
    found = check(lambda answer: {name: answer[name] + np.float32(3e-5)})
    assert not found.passed
    assert found.reason().startswith(f"{name} is off by 3.0e-05")


def test_nan_fails() -> None:
    found = check(lambda answer: {"y": answer["y"] * np.float32("nan")})
    assert not found.passed
    assert np.isnan(found.max_abs_error["y"])


def test_another_n_fails() -> None:
    found = check(lambda answer: {"ponder_steps": answer["ponder_steps"] + 1})
    assert not found.passed
    assert found.ponder_steps_wrong == 40
    assert "N differs in 40 time steps" in found.reason()


def on_the_threshold() -> ACTModel:
    """h = 0.4950005 at every step: the sum just reaches 0.99 at the second."""
    model = pondering()
    with torch.no_grad():
        model.act.halting[0].weight.zero_()
        model.act.halting[0].bias.fill_(float(np.log(0.4950005 / 0.5049995)))
    return model


@pytest.mark.parametrize("stream", [True, False])
def test_another_n_is_excused_where_the_sum_lies_on_the_threshold(stream: bool) -> None:
    calls = itertools.count()

    def one_more(answer: Arrays) -> Arrays:
        """From the second call on."""
        if not next(calls):
            return {}
        return {"ponder_steps": answer["ponder_steps"] + 1, "y": answer["y"] + 9}

    found = check(one_more, on_the_threshold(), stream)
    assert found.passed
    assert found.ponder_steps_wrong == 0
    assert found.ponder_steps_differ == 39


def test_a_check_that_compares_nothing_fails() -> None:
    """Every row has another N where it may: no value is compared."""
    found = check(lambda answer: {"ponder_steps": answer["ponder_steps"] + 1}, on_the_threshold())
    assert not found.passed
    assert found.reason().startswith("nothing could be compared")


def test_wrong_shapes_are_a_fault_of_the_converter() -> None:
    with pytest.raises(AssertionError, match="y float32"):
        check(lambda answer: {"y": answer["y"][0]})


def test_fp16_is_held_to_its_own_tolerance() -> None:
    assert check(lambda answer: {"y": answer["y"] + np.float32(3e-3)}, precision="fp16").passed
    found = check(lambda answer: {"y": answer["y"] + np.float32(2e-2)}, precision="fp16")
    assert found.reason().startswith("y is off by 2.0e-02, ")


def test_int8_is_judged_by_the_metric() -> None:
    """Another N and other outputs are no fault in themselves: the metric decides."""
    found = check(
        lambda answer: {
            "ponder_steps": answer["ponder_steps"] + 1,
            "y": answer["y"] + np.float32([0.3, 0]),  # towards class 0, which is right
        },
        precision="int8",
    )
    assert found.passed
    assert found.ponder_steps_differ == 40
    assert found.metric is not None
    assert found.metric.loss < 0

    found = check(lambda answer: {"y": answer["y"] - np.float32([0.3, 0])}, precision="int8")
    assert found.metric is not None
    assert found.metric.loss > 0.05
    assert found.reason().startswith("bits_per_char goes from")


def test_int8_that_is_not_finite_fails() -> None:
    found = check(lambda answer: {"h0_out": answer["h0_out"] * np.nan}, precision="int8")
    assert not found.passed

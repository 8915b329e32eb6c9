"""The check itself: it must catch what is wrong and excuse only what rounding can do."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from act_export.program import describe
from act_export.reference import call_model
from act_export.samples import noise
from act_export.verify import Verification, verify
from act_mobile import ACTModel
from tests.export.conftest import pondering

Arrays = dict[str, npt.NDArray[Any]]


class Impostor:
    """A runtime that computes the model and then changes its answer."""

    def __init__(self, model: ACTModel, stream: bool, change: Any) -> None:
        self.model, self.stream, self.change = model, stream, change

    def run(self, inputs: Arrays) -> Arrays:
        interface = describe(self.model, "stream" if self.stream else 3, 1)
        answer = call_model(self.model, interface, inputs, stream=self.stream)
        return {name: value.copy() for name, value in answer.items()} | self.change(answer)


def check(change: Any, model: ACTModel | None = None, stream: bool = True) -> Verification:
    model = (model or pondering()).eval()
    interface = describe(model, "stream" if stream else 3, 1)
    samples = noise(np.empty((0, 3), np.float32), None, 40)
    runtime = Impostor(model, stream, change)
    sequence: Any = "stream" if stream else 3
    return verify(model, interface, runtime, samples, sequence, time_steps=40, tolerance=1e-5)


@pytest.mark.parametrize("stream", [True, False])
def test_the_model_itself_passes(stream: bool) -> None:
    found = check(lambda answer: {}, stream=stream)
    assert found.passed
    assert found.time_steps == 40
    assert found.ponder_steps_equal == (40 if stream else 42)  # the padding is compared too
    assert found.max_abs_error == {"y": 0, "remainder": 0, "h0_out": 0, "c0_out": 0}


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


@pytest.mark.parametrize("stream", [True, False])
def test_another_n_is_excused_where_the_sum_lies_on_the_threshold(stream: bool) -> None:
    """h = 0.495 at every step: the sum reaches 0.99 at the second step, or, rounded, does not."""
    model = pondering()
    with torch.no_grad():
        model.act.halting[0].weight.zero_()
        model.act.halting[0].bias.fill_(float(np.log(0.495 / 0.505)))

    def one_more(answer: Arrays) -> Arrays:
        return {"ponder_steps": answer["ponder_steps"] + 1, "y": answer["y"] + 9}

    found = check(one_more, model, stream)
    assert found.passed
    assert found.ponder_steps_wrong == 0
    assert found.ponder_steps_differ == (40 if stream else 42)


def test_wrong_shapes_are_a_fault_of_the_converter() -> None:
    with pytest.raises(AssertionError, match="y float32"):
        check(lambda answer: {"y": answer["y"][0]})

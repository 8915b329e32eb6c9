"""Core ML packages of whole sequences of any length, with optional inputs, with odd outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from act_artefact.form import Form
from act_artefact.interface import DataInput
from act_export.subject import module_subject
from act_export.targets.coreml import MAX_TIME_STEPS
from act_mil import MILError
from act_mobile import ACT
from tests.export.conftest import pondering
from tests.export.coreml_packages import Pair, largest_error


@pytest.fixture(scope="module")
def dynamic(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    form = Form(ponder="loop", sequence="dynamic", batch=2, budget_inputs=True)
    return Pair(pondering(num_layers=2), tmp_path_factory.mktemp("dynamic"), form)


@pytest.mark.parametrize("time", [1, 2, 3, 17])
def test_any_number_of_time_steps(dynamic: Pair, time: int) -> None:
    inputs = dynamic.inputs(time)
    budget = {t.name: np.full((1,), t.default, t.dtype) for t in dynamic.budget}
    expected = dynamic.model({**inputs, **budget})
    for actual in (dynamic.saved.run(inputs), dynamic.saved.run({**inputs, **budget})):
        assert actual["ponder_steps"].tolist() == expected["ponder_steps"].tolist()
        assert actual["y"].shape == (2, time, 2)
        assert largest_error(actual, expected) < 1e-5


@pytest.mark.parametrize("time", [0, MAX_TIME_STEPS + 1])
def test_other_numbers_of_time_steps_are_refused(dynamic: Pair, time: int) -> None:
    with pytest.raises(MILError, match=r"input 'x' has shape .*, allowed: \(2, 1\.\.4096, 3\)"):
        dynamic.saved.run(dynamic.inputs(time))


def test_only_time_varies(dynamic: Pair) -> None:
    varying = {v.name: v.shape for v in (*dynamic.saved.inputs, *dynamic.saved.outputs)}
    assert {name for name, shape in varying.items() if None in shape} == {
        "x", "y", "ponder_steps", "remainder"
    }  # fmt: skip


def test_a_lower_budget_counts(dynamic: Pair) -> None:
    inputs = dynamic.inputs(4)
    for threshold, limit in ((0.99, 2), (0.6, 4), (0.6, 2)):
        budget = {
            "halt_threshold": np.array([threshold], np.float32),
            "max_ponder": np.array([limit], np.int32),
        }
        actual, expected = (
            dynamic.saved.run({**inputs, **budget}),
            dynamic.model({**inputs, **budget}),
        )
        assert actual["ponder_steps"].tolist() == expected["ponder_steps"].tolist()
        assert largest_error(actual, expected) < 1e-5


def test_defaults(dynamic: Pair) -> None:
    defaults = {v.name: v.default for v in dynamic.saved.inputs if v.default is not None}
    assert defaults == {"halt_threshold": np.float32(0.99), "max_ponder": 4}


def test_fixed_forms_have_no_ranges(tmp_path: Path) -> None:
    pair = Pair(pondering(), tmp_path, Form(ponder="peeled", sequence=3))
    assert [value.ranges for value in pair.saved.inputs] == [()] * 3
    assert all(None not in value.shape for value in pair.saved.inputs)


class Watcher(nn.Module):
    """Returns its input as it came, or its ACT layer's output, which is also the layer's state."""

    def __init__(self, returns_input: bool) -> None:
        super().__init__()
        self.returns_input = returns_input
        self.act = ACT(3, 3, cell="rnn", max_ponder=3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        output = self.act(x).output
        return x if self.returns_input else output


@pytest.mark.parametrize("returns_input", [True, False])
def test_every_output_has_a_value_of_its_own(returns_input: bool, tmp_path: Path) -> None:
    subject = module_subject("watcher", Watcher(returns_input).eval(), (DataInput("x", (3,)),))
    pair = Pair(subject, tmp_path, Form(ponder="loop", sequence=1))
    assert [v.name for v in pair.saved.inputs] == ["x", "h0"]
    actual, expected = pair.answers()
    assert list(actual) == ["y", "ponder_steps", "remainder", "h0_out"]
    assert largest_error(actual, expected) < 1e-5

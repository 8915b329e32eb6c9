"""Weights in fewer bits, in every form, on ONNX Runtime: how far off, and how small."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from act_artefact.form import Form
from act_export.program import trace
from act_export.runtimes.onnx import OnnxRuntime
from act_export.subject import model_subject
from act_export.targets import onnx as target
from act_export.targets.onnx.precision import quantise
from tests.export.conftest import pondering

BOUNDS = {"fp16": 5e-4, "int8": 2e-2}
"""Bounds on |error| / (1 + |model|) in any output element whose N is the model's."""

SMALLER = {"fp16": 0.6, "int8": 0.4}
"""The file's size against float32's; what does not shrink is graph and metadata."""


@pytest.mark.parametrize(
    ("form", "cell"),
    [
        (Form(ponder="unroll"), "gru"),
        (Form(ponder="loop", sequence=3, batch=2), "lstm"),
        (Form(ponder="peeled"), "lstm"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.ponder}-{value.sequence}",
)
def test_lower_precision(form: Form, cell: str, tmp_path: Path) -> None:
    model = pondering(cell=cell, hidden_size=128).eval()
    subject = model_subject("model", model)
    program = trace(subject, form)
    runtimes = {}
    for precision in ("fp32", *BOUNDS):
        target.convert(program, tmp_path / f"{precision}.onnx", {}, precision)
        runtimes[precision] = OnnxRuntime(tmp_path / f"{precision}.onnx")
    calls = list(_calls(form, cell))
    expected = [runtimes["fp32"].run(call) for call in calls]
    for precision, bound in BOUNDS.items():
        same = 0
        for call, expect in zip(calls, expected, strict=True):
            got = runtimes[precision].run(call)
            if (got["ponder_steps"] == expect["ponder_steps"]).all():
                same += 1
                for name, value in expect.items():
                    assert (np.abs(got[name] - value) <= bound * (1 + np.abs(value))).all(), name
        assert same >= 0.9 * len(calls), precision
        sizes = [(tmp_path / f"{name}.onnx").stat().st_size for name in (precision, "fp32")]
        assert sizes[0] < SMALLER[precision] * sizes[1]


def test_halting_unit_stays_float32(tmp_path: Path) -> None:
    """It decides N: its weights are as in the model, whatever the precision."""
    model = pondering(hidden_size=64).eval()
    program = trace(model_subject("model", model), Form(ponder="loop"))
    weight = model.act.halting[0].weight.detach().numpy()
    for precision in BOUNDS:
        path = tmp_path / f"{precision}.onnx"
        target.convert(program, path, {}, precision)
        stored = [onnx.numpy_helper.to_array(i) for i in onnx.load(path).graph.initializer]
        assert any(i.dtype == np.float32 and np.array_equal(i, weight) for i in stored)


@pytest.mark.parametrize(("terms", "block"), [(33, 64), (128, 128), (129, 128)])
def test_quantised_weights_are_half_a_step_off_at_most(terms: int, block: int) -> None:
    matrix = np.random.default_rng(0).standard_normal((5, terms)).astype(np.float32)
    matrix[3] = 0
    codes, scales = quantise(matrix)
    assert codes.shape == (*scales.shape, block)
    back = ((codes.astype(np.float32) - 128) * scales[..., None]).reshape(5, -1)
    step = np.repeat(scales, block, axis=1)[:, :terms]
    assert (np.abs(back[:, :terms] - matrix) <= step * 0.501).all()
    assert not back[:, terms:].any()


def _calls(form: Form, cell: str) -> Any:
    draw = torch.Generator().manual_seed(0)
    for _ in range(20):
        lead = (form.batch, *form.time)
        state = {n: torch.rand(form.batch, 128, generator=draw) * 2 - 1 for n in ("h0", "c0")}
        names = ["h0", "c0"][: 1 + (cell == "lstm")]
        x = torch.randn(*lead, 3, generator=draw)
        yield {"x": x.numpy(), **{name: state[name].numpy() for name in names}}

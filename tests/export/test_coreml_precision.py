"""float16 and int8 packages of Core ML, evaluated: every float16 result is rounded to float16."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from act_artefact.form import Form
from tests.export.conftest import pondering
from tests.export.coreml_packages import Pair, largest_error

BOUNDS = {"fp32": 1e-5, "fp16": 5e-3, "int8": 3e-2}
BYTES = {"fp32": 4, "fp16": 2, "int8": 1}
Packages = dict[str, Pair]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    """By precision. The cell's update is there twice, in loops of different depth."""
    folder = tmp_path_factory.mktemp("precisions")
    form = Form(ponder="peeled", sequence=3, batch=2, budget_inputs=True)
    model = pondering(hidden_size=64, max_ponder=6)
    return {precision: Pair(model, folder, form, precision) for precision in BOUNDS}


@pytest.mark.parametrize("precision", BOUNDS)
def test_errors_are_small(packages: Packages, precision: str) -> None:
    pair = packages[precision]
    errors = []
    for _ in range(60):
        inputs = pair.inputs()
        budget = {t.name: np.full(t.at(1), t.default, t.dtype) for t in pair.budget}
        actual, expected = pair.saved.run(inputs), pair.model({**inputs, **budget})
        if (actual["ponder_steps"] == expected["ponder_steps"]).all():
            errors.append(largest_error(actual, expected))
    assert len(errors) >= 57  # N may differ where a halting sum is close to the threshold
    assert BOUNDS[precision] / 1000 < max(errors) < BOUNDS[precision]


@pytest.mark.parametrize("precision", BYTES)
def test_weights_are_stored_once(packages: Packages, precision: str) -> None:
    pair = packages[precision]
    size = BYTES[precision] * sum(p.numel() for p in pair.subject.module.parameters())
    # Biases, scales and the loops' buffers are small, and aligned to 64 bytes each.
    assert size < pair.weights_size < size + 8000


def test_inputs_and_outputs_are_the_same_in_every_precision(packages: Packages) -> None:
    described = [
        [(v.name, v.dtype, v.shape, v.default) for v in (*p.saved.inputs, *p.saved.outputs)]
        for p in packages.values()
    ]
    assert described[0] == described[1] == described[2]


@pytest.mark.parametrize("ponder", ["unroll", "loop"])
def test_float16_halting_is_computed_in_float32(ponder: Any, tmp_path: Path) -> None:
    """h = 0.49505: two reach 0.9901, above the threshold 0.99 but not above 0.990234.

    The latter is what float16 makes of 0.99.
    """
    model = pondering(hidden_size=8)
    with torch.no_grad():
        model.act.halting[0].weight.zero_()
        model.act.halting[0].bias.fill_(float(np.log(0.49505 / 0.50495)))
    actual, expected = Pair(model, tmp_path, Form(ponder=ponder, batch=2), "fp16").answers()
    assert actual["ponder_steps"].tolist() == [[2], [2]]
    np.testing.assert_allclose(actual["remainder"], 1 - 0.49505, rtol=1e-6)
    assert 1e-6 < largest_error(actual, expected) < BOUNDS["fp16"]


def test_tokens_are_whole_numbers_in_float16(tmp_path: Path) -> None:
    """float16 has no 2049 or 2051."""
    pair = Pair(pondering(cell="gru", vocab_size=2100), tmp_path, Form(ponder="loop"), "fp16")
    inputs = pair.inputs()
    for token in (2048, 2049, 2051, 2099):
        inputs["tokens"] = np.array([token], np.int32)
        assert largest_error(pair.saved.run(inputs), pair.model(inputs)) < BOUNDS["fp16"]

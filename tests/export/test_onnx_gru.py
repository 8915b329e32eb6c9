"""A GRU's written-out steps in ONNX: two operations, of which the second is left out if it can."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from act_export import export
from act_export.api import Options

ModelFile = Callable[..., Path]


def grus(path: Path) -> int:
    return Counter(node.op_type for node in onnx.load(path).graph.node)["GRU"]


@pytest.mark.parametrize(
    ("config", "options", "expected"),
    [
        ({}, {}, 2),
        ({"max_ponder": 2}, {}, 2),
        ({"max_ponder": 7, "num_layers": 2}, {}, 4),
        ({"vocab_size": 5}, {"sequence": 3}, 6),
        ({}, {"precision": "fp16"}, 2),
        ({}, {"budget_inputs": True}, 1),  # the threshold is not known
        ({"max_ponder": 1}, {}, 0),
        ({}, {"batch": 2}, 0),  # the projection is the bias, which all rows would share
        ({"cell": "lstm"}, {}, 0),
        ({"cell": "rnn"}, {}, 0),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_steps_become_one_operation(
    model_file: ModelFile,
    tmp_path: Path,
    config: dict[str, Any],
    options: dict[str, Any],
    expected: int,
) -> None:
    path = model_file(**{"cell": "gru", **config})
    options = {"ponder": "unroll", "samples": 40, **options}
    (done,) = export(path, "onnx", output=tmp_path / "out", options=Options(**options))
    assert done.verification.passed
    assert done.verification.ponder_steps_wrong == 0
    assert grus(done.path) == expected


def test_the_second_half_is_left_out_where_the_first_has_halted(
    model_file: ModelFile, tmp_path: Path
) -> None:
    path = model_file(cell="gru", hidden_size=5, max_ponder=6)
    options = Options(ponder="unroll", samples=1)
    (done,) = export(path, "onnx", output=tmp_path / "out", options=options)
    model = onnx.load(done.path)
    _, second = (node for node in model.graph.node if node.op_type == "GRU")
    shape = [3, 1, 1, 5]
    states = onnx.helper.make_tensor_value_info(second.output[0], onnx.TensorProto.FLOAT, shape)
    model.graph.output.append(states)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    draw = np.random.default_rng(0)
    seen = set()
    for _ in range(200):
        x, h0 = (draw.standard_normal((1, size)).astype(np.float32) for size in (3, 5))
        steps, computed = session.run(["ponder_steps", second.output[0]], {"x": x, "h0": h0})
        # A sum within the margin above the threshold has halted, and the rest is computed.
        if steps.item() > 3 or not computed.any():
            assert computed.all() == (steps.item() > 3)
            seen.add(steps.item())
    assert {2, 3, 4} <= seen


def test_nan_is_not_made_a_number(model_file: ModelFile, tmp_path: Path) -> None:
    """ONNX Runtime's GRU by itself does."""
    options = Options(ponder="unroll", samples=1)
    path = model_file(cell="gru")
    (done,) = export(path, "onnx", output=tmp_path / "out", options=options)
    assert grus(done.path) == 2
    session = onnxruntime.InferenceSession(done.path)
    for name in ("x", "h0"):
        given = {"x": np.zeros((1, 3), np.float32), "h0": np.zeros((1, 6), np.float32)}
        given[name][0, 1] = np.nan
        y, steps = session.run(["y", "ponder_steps"], given)
        assert np.isnan(y).all()
        assert steps.item() == 1

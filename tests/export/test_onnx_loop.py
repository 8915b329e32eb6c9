"""The loop forms in ONNX Runtime: the golden answers, and N steps computed where N are due."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from act_artefact.form import Form, Ponder
from act_export.program import trace
from act_export.runtimes.onnx import OnnxRuntime
from act_export.subject import model_subject
from act_export.targets import onnx as target
from act_mobile import ACTConfig, ACTModel
from tests.export.conftest import pondering
from tests.model.test_golden import GOLDEN, golden_weights

FORMS: list[tuple[Ponder, bool]] = [
    (ponder, stream) for ponder in ("loop", "peeled") for stream in (True, False)
]


def cases() -> Iterator[Any]:
    """Every model in every form; the first six in one of them by default."""
    for index, case in enumerate(GOLDEN["models"]):
        for place, (ponder, stream) in enumerate(FORMS):
            shape = "stream" if stream else "sequence"
            marks = () if index < 6 and index % len(FORMS) == place else (pytest.mark.property,)
            yield pytest.param(case, ponder, stream, id=f"{index}-{ponder}-{shape}", marks=marks)


def convert(model: ACTModel, form: Form, path: Path) -> Path:
    subject = model_subject("model", model.eval())
    target.convert(trace(subject, form), path, {}, "fp32")
    return path


@pytest.mark.parametrize(("case", "ponder", "stream"), cases())
def test_golden_models(case: dict[str, Any], ponder: Ponder, stream: bool, tmp_path: Path) -> None:
    sizes = ("cell", "input_size", "hidden_size", "output_size", "epsilon", "max_ponder")
    model = ACTModel(ACTConfig(**{k: case[k] for k in sizes}))
    model.load_state_dict(golden_weights(case, torch.float32))
    x, expect = np.array(case["x"], np.float32), case["expect"]
    form = Form(ponder=ponder, sequence="stream" if stream else len(x))
    runtime = OnnxRuntime(convert(model, form, tmp_path / "golden.onnx"))
    names = ["h0", "c0"][: 1 + (case["cell"] == "lstm")]
    state = {name: np.zeros((1, case["hidden_size"]), np.float32) for name in names}
    calls = x[:, None] if stream else x[None, None]
    outputs = []
    for call in calls:
        outputs.append(runtime.run({"x": call, **state}))
        state = {name: outputs[-1][f"{name}_out"] for name in names}

    def over_time(name: str) -> Any:
        return np.concatenate([out[name].reshape(len(x) // len(calls), -1) for out in outputs])

    assert over_time("ponder_steps")[:, 0].tolist() == expect["ponder_steps"]
    np.testing.assert_allclose(over_time("remainder")[:, 0], expect["remainder"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(over_time("y"), expect["y"], rtol=0, atol=1e-5)
    final = np.concatenate([state[name] for name in names])
    np.testing.assert_allclose(final, expect["state"], rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("ponder", "sequence", "before_the_loop"),
    [("loop", "stream", 0), ("peeled", "stream", 1), ("peeled", 3, 3)],
)
def test_computes_no_step_after_the_last(
    ponder: Ponder, sequence: Any, before_the_loop: int, tmp_path: Path
) -> None:
    """The turns that the loop took, counted by ONNX Runtime itself."""
    model = pondering(max_ponder=9)
    path = convert(model, Form(ponder=ponder, sequence=sequence), tmp_path / "model.onnx")
    seen = set()
    for inputs in _inputs(1 if sequence == "stream" else sequence):
        x = inputs["x"][:, 0] if sequence == "stream" else inputs["x"]
        ponder_steps, turns = _profiled(path, {**inputs, "x": x})
        assert turns == ponder_steps.sum() - before_the_loop
        seen.add(turns)
    assert len(seen) > 2, "inputs must differ in how long the model ponders"


def test_a_time_step_without_a_ponder_step_runs_no_cell(tmp_path: Path) -> None:
    """With Skip the body runs as often as N says, and N is 0 or 1."""
    path = convert(pondering(halting="skip"), Form(ponder="loop"), tmp_path / "model.onnx")
    seen = set()
    for inputs, u in zip(_inputs(1), np.linspace(0, 1, 8, dtype=np.float32), strict=True):
        ponder_steps, turns = _profiled(
            path, {**inputs, "x": inputs["x"][:, 0], "u0": u[None, None]}
        )
        assert turns == ponder_steps.sum() == (u > 0.5)
        seen.add(turns)
    assert seen == {0, 1}


def _inputs(time: int) -> Iterator[dict[str, Any]]:
    draw = np.random.default_rng(0)
    for _ in range(8):
        yield {
            "x": draw.normal(0, 4, (1, time, 3)).astype(np.float32),
            "h0": draw.uniform(-1, 1, (1, 6)).astype(np.float32),
            "c0": draw.uniform(-1, 1, (1, 6)).astype(np.float32),
        }


def _profiled(path: Path, inputs: dict[str, Any]) -> tuple[Any, int]:
    """N, and how often the innermost loop's body was computed."""
    options = onnxruntime.SessionOptions()
    options.enable_profiling = True
    options.profile_file_prefix = str(path.with_suffix(""))
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (ponder_steps,) = session.run(["ponder_steps"], inputs)
    events = json.loads(Path(session.end_profiling()).read_text())
    body = _innermost_body(onnx.load(path).graph).node
    counts = Counter(event["name"] for event in events)
    # The runtime computes what is constant beforehand, so not every node shows.
    return ponder_steps, max(counts[f"{node.name}_kernel_time"] for node in body)


def _innermost_body(graph: onnx.GraphProto) -> onnx.GraphProto:
    bodies = [a.g for node in graph.node for a in node.attribute if a.HasField("g")]
    return _innermost_body(bodies[0]) if bodies else graph

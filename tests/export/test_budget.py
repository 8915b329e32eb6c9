"""One artefact with budget inputs is as good as many, each exported with its own limit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from act_export import export
from act_export.api import Options
from act_export.runtimes import load
from act_export.targets import TARGETS
from act_mobile import load_model
from act_mobile.halting.policy import Budget

ModelFile = Callable[..., Path]
X = np.random.default_rng(5).standard_normal((12, 1, 3)).astype(np.float32)


def stream(target: str, path: Path, **budget: Any) -> list[dict[str, np.ndarray[Any, Any]]]:
    """Every answer of an artefact that is fed X step by step."""
    runtime = load(target, path)
    state = {name: np.zeros((1, 6), np.float32) for name in ("h0", "c0")}
    answers = []
    for x in X:
        answers.append(runtime.run({"x": x, **state, **budget}))
        state = {name: answers[-1][f"{name}_out"] for name in state}
    return answers


@pytest.mark.parametrize(
    "target",
    # Ten conversions each, which cost the engine alone next to nothing.
    [pytest.param(t, marks=[] if t == "native" else [pytest.mark.property]) for t in TARGETS],
)
def test_max_ponder_is_that_of_separate_exports(
    model_file: ModelFile, tmp_path: Path, target: str
) -> None:
    path = model_file(max_ponder=10)
    options = Options(ponder="loop", budget_inputs=True, samples=40)
    (one,) = export(path, target, output=tmp_path / "one", options=options)
    threshold = np.array([0.99], np.float32)
    for limit in range(1, 11):
        ponder = np.array([limit], np.int32)
        many = stream(target, one.path, halt_threshold=threshold, max_ponder=ponder)
        options = Options(ponder="loop", max_ponder=limit, samples=1)
        (own,) = export(path, target, output=tmp_path / str(limit), options=options)
        for answer, expected in zip(many, stream(target, own.path), strict=True):
            assert answer["ponder_steps"] == expected["ponder_steps"] <= limit
            for name in ("y", "remainder", "h0_out", "c0_out"):
                np.testing.assert_allclose(answer[name], expected[name], atol=1e-6)
    assert max(a["ponder_steps"].item() for a in many) > 3


@pytest.mark.parametrize(
    ("target", "ponder"),
    [(t.name, ponder) for t in TARGETS.values() for ponder in t.ponders if ponder != "host"],
)
def test_halt_threshold(model_file: ModelFile, tmp_path: Path, target: str, ponder: Any) -> None:
    path = model_file()
    options = Options(ponder=ponder, budget_inputs=True, samples=40)
    (one,) = export(path, target, output=tmp_path / "one", options=options)
    budget = {t.name: np.full(t.at(0), t.default, t.dtype) for t in one.manifest.interface.budget}
    assert set(budget) == {"halt_threshold", *(["max_ponder"] if ponder != "unroll" else [])}
    # More than 1 counts as 1: the limit still holds. At 0 and below it, one step is taken.
    for threshold in (0.2, 0.9, 7.0, 0.0, -3.0):
        budget["halt_threshold"] = np.array([threshold], np.float32)
        answers = stream(target, one.path, **budget)
        with torch.no_grad():
            expected = load_model(path)(
                torch.from_numpy(X).transpose(0, 1), budget=Budget(min(max(threshold, 0.0), 1.0), 4)
            )
        steps = [answer["ponder_steps"].item() for answer in answers]
        assert steps == expected.ponder.steps.flatten().tolist()
        ys = np.concatenate([answer["y"] for answer in answers])
        np.testing.assert_allclose(ys, expected.output[0], atol=1e-5)


def test_more_than_the_model_was_made_for_is_its_own_limit(
    model_file: ModelFile, tmp_path: Path
) -> None:
    options = Options(ponder="loop", budget_inputs=True, samples=1)
    (one,) = export(model_file(), "onnx", output=tmp_path / "out", options=options)
    budget = {"halt_threshold": np.array([1.0], np.float32)}
    for ponder, most in ((99, 4), (0, 1), (-5, 1)):
        answers = stream("onnx", one.path, **budget, max_ponder=np.array([ponder], np.int32))
        assert max(answer["ponder_steps"].item() for answer in answers) == most


def test_core_ml_has_defaults(model_file: ModelFile, tmp_path: Path) -> None:
    options = Options(ponder="loop", budget_inputs=True, samples=1)
    (one,) = export(model_file(), "coreml", output=tmp_path / "one", options=options)
    (own,) = export(
        model_file(), "coreml", output=tmp_path / "own", options=Options(ponder="loop", samples=1)
    )
    for answer, expected in zip(
        stream("coreml", one.path), stream("coreml", own.path), strict=True
    ):
        np.testing.assert_allclose(answer["y"], expected["y"], atol=1e-6)


def test_onnx_budgets_are_plain_inputs(model_file: ModelFile, tmp_path: Path) -> None:
    """An input with a default is one that several clients of ONNX Runtime cannot set."""
    options = Options(ponder="loop", budget_inputs=True, samples=1)
    (one,) = export(model_file(), "onnx", output=tmp_path / "one", options=options)
    graph = onnx.load(one.path).graph
    inputs = {value.name for value in graph.input}
    assert {"halt_threshold", "max_ponder"} <= inputs
    assert not inputs & {value.name for value in graph.initializer}
    defaults = {each.name: each.default for each in one.manifest.interface.budget}
    assert set(defaults) == {"halt_threshold", "max_ponder"}
    with pytest.raises(ValueError, match="halt_threshold"):
        stream("onnx", one.path)


def test_nan_ends(model_file: ModelFile, tmp_path: Path) -> None:
    """The limit holds whatever comes in: no endless loop. (The native engine refuses NaN.)"""
    for target in ("onnx", "tflite", "coreml"):
        options = Options(ponder="loop", budget_inputs=True, samples=1)
        (one,) = export(model_file(), target, output=tmp_path / target, options=options)
        runtime = load(target, one.path)
        nan = np.full((1, 3), np.nan, np.float32)
        state = {name: np.zeros((1, 6), np.float32) for name in ("h0", "c0")}
        for threshold in (0.99, np.nan):
            answer = runtime.run(
                {
                    "x": nan,
                    **state,
                    "halt_threshold": np.array([threshold], np.float32),
                    "max_ponder": np.array([3], np.int32),
                }
            )
            assert 1 <= answer["ponder_steps"].item() <= 3

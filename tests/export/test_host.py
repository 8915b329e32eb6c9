"""The host form: parts that an app drives, through the real runtimes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from act_artefact.driver import PartFacts, Repeat, drive
from act_artefact.errors import UserError
from act_export import export, read_manifest
from act_export.api import Options
from act_export.runtimes import load
from act_export.targets import TARGETS

ModelFile = Callable[..., Path]
HOST = Options(ponder="host", samples=60)


@pytest.mark.parametrize("target", [t.name for t in TARGETS.values() if "host" in t.ponders])
@pytest.mark.parametrize(
    "config",
    [
        pytest.param({"cell": "lstm"}, id="lstm"),
        pytest.param(
            {"cell": "gru", "num_layers": 2, "vocab_size": 11},
            id="two-layers",
            marks=pytest.mark.property,
        ),
    ],
)
def test_driven_from_here(
    model_file: ModelFile, tmp_path: Path, target: str, config: dict[str, Any]
) -> None:
    (done,) = export(model_file(**config), target, output=tmp_path / "out", options=HOST)
    assert done.verification.passed
    manifest = read_manifest(tmp_path / "out" / "model.manifest.json")
    names = [part.name for part in manifest.parts]
    two = "num_layers" in config
    assert names == (
        ["begin", "step0", "next1", "step1", "finish"] if two else ["begin", "step", "finish"]
    )

    # From the files alone, as a device would; the steps taken are those the model took.
    golden = np.load(tmp_path / "out" / "model.golden.npz")
    runtime = load(target, tmp_path / "out" / manifest.artefact, manifest.parts)
    inputs = {t.name: golden[t.name][3] for t in manifest.interface.inputs}
    answer = runtime.run(inputs)
    for tensor in manifest.interface.outputs:
        np.testing.assert_allclose(answer[tensor.name], golden[tensor.name][3], atol=1e-5)


def test_steps_called_are_the_steps_taken(model_file: ModelFile, tmp_path: Path) -> None:
    export(model_file(), "onnx", output=tmp_path / "out", options=HOST)
    manifest = read_manifest(tmp_path / "out" / "model.manifest.json")
    golden = np.load(tmp_path / "out" / "model.golden.npz")
    folder = tmp_path / "out" / manifest.artefact
    parts = {part.name: load("onnx", folder / f"{part.name}.onnx") for part in manifest.parts}
    taken = []
    for call in range(len(golden["x"])):
        called: list[str] = []

        def run(name: str, values: Any, called: list[str] = called) -> Any:
            called.append(name)
            return parts[name].run(values)

        inputs = {t.name: golden[t.name][call] for t in manifest.interface.inputs}
        drive(manifest.parts, inputs, run)
        assert called == ["begin", *["step"] * (len(called) - 2), "finish"]
        taken.append(len(called) - 2)
    assert taken == golden["ponder_steps"].flatten().tolist()
    assert len(set(taken)) > 1


def test_a_budget_is_an_input_of_begin(model_file: ModelFile, tmp_path: Path) -> None:
    options = Options(ponder="host", budget_inputs=True, samples=60)
    (done,) = export(model_file(), "onnx", output=tmp_path / "out", options=options)
    begin, step, _ = done.manifest.parts
    assert {"halt_threshold", "max_ponder"} <= set(begin.inputs)
    assert step.repeat is not None
    assert isinstance(step.repeat.threshold, str)  # a value that begin returns


def test_the_driver_keeps_values_by_name() -> None:
    """Two parts and a step, by hand: n counts up to the limit that begin returned."""
    parts = [
        PartFacts("begin", ("x",), ("n_out", "limit_out"), None),
        PartFacts("step", ("n", "x"), ("n_out",), Repeat("n", "limit")),
        PartFacts("finish", ("n",), ("y",), None),
    ]
    calls = {
        "begin": lambda v: {"n_out": np.zeros(1), "limit_out": v["x"] * 2},
        "step": lambda v: {"n_out": v["n"] + 1},
        "finish": lambda v: {"y": v["n"] * 10},
    }
    answer = drive(parts, {"x": np.ones(1) * 2}, lambda name, values: calls[name](values))
    assert answer["y"].tolist() == [40.0]


def test_fixed_halting_has_no_loop_to_drive(model_file: ModelFile, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="halting fixed:2 has no such form"):
        export(model_file(halting="fixed:2"), "onnx", output=tmp_path / "out", options=HOST)
